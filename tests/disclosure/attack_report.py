"""Attack many markets and say what came of it, and what the rules cost. Run from the top of the repository:

.venv/bin/python -m tests.disclosure.attack_report [--markets 1000] [--shops 90] [--rules "all,stricter policy"]
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from exchange.domain.lattice import unpack

from .attack_bounds import Array
from .attack_exchange import RULES, STRICTER
from .attack_game import Played, play
from .attack_market import GEOGRAPHY
from .attack_presence import Judgement
from .attack_questions import ANSWERED, answers, asked

ELSEWHERE: Final = 1_000_000  # markets from this seed on are for learning only
CERTAIN: Final = 0.75
Pairs = Sequence[tuple[Played, Played]]


@dataclass(frozen=True, slots=True)
class Presence:
    """How often the curious member was right about whether the target takes part, over markets with and without it."""

    right: float
    certain: float  # in how many it stated more than 75%
    right_when_certain: float


def presence(rule: str, learning: Pairs, judged: Pairs, knows_when: bool) -> Presence:
    """What it learns from markets without and with the target, and how it then fares in others.

    `knows_when`: it knows the quarters in which the target would have joined, corrected and left.
    """
    judgement = Judgement.learnt(*_seen(rule, learning, knows_when))
    moments, takes_part = _seen(rule, judged, knows_when)
    stated = judgement.certainty(moments)
    right = (stated > 0.5) == takes_part
    certain = np.maximum(stated, 1 - stated) > CERTAIN
    return Presence(float(right.mean()), float(certain.mean()), float(right[certain].mean()) if certain.any() else 0.0)


def _seen(rule: str, pairs: Pairs, knows_when: bool) -> tuple[Array, Array]:
    rows = [(played.moments if knows_when else played.throughout)[rule] for pair in pairs for played in pair]
    return np.array(rows), np.array([takes_part for _ in pairs for takes_part in (False, True)])


def both(seeds: Iterable[int], shops: int | None = None, rules: Sequence[str] = RULES) -> list[tuple[Played, Played]]:
    """Each market without the target, and with it."""
    return [(play(seed, rules, with_target=False, shops=shops), play(seed, rules, shops=shops)) for seed in seeds]


def costs(played: Iterable[Played], rule: str, questions: int = 50) -> dict[str, Counter[str]]:
    """How cells that hold an entry, those that have enough of them, and questions are answered after the last release."""
    found: dict[str, Counter[str]] = {"cells": Counter(), "qualifying cells": Counter(), "questions": Counter()}
    for number, one in enumerate(played):
        rng = random.Random(number)
        shown = one.shown[rule]
        found["cells"] += answers(shown, [unpack("pay", key, GEOGRAPHY) for key in one.held])
        found["qualifying cells"] += answers(shown, [unpack("pay", key, GEOGRAPHY) for key in one.qualified])
        found["questions"] += answers(shown, [asked(rng) for _ in range(questions)])
    return found


def told(played: Sequence[Played], rules: Sequence[str]) -> Iterable[str]:
    """The table of `costs`, by rules."""
    yield f"{'of':<18}{'rules':<18}" + "".join(f"{how:>13}" for how in ANSWERED)
    for rule in rules:
        for what, counted in costs(played, rule).items():
            total = counted.total()
            yield f"{what:<18}{rule:<18}" + "".join(f"{counted[how] / total:>13.1%}" for how in ANSWERED)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markets", type=int, default=1000)
    parser.add_argument(
        "--learning", type=int, default=300, help="markets to learn from about presence; 0: leave it out"
    )
    parser.add_argument(
        "--shops", type=int, default=None, help="shops of a market; by default 30 to 89, as its seed says"
    )
    parser.add_argument("--rules", default=",".join([*RULES, STRICTER]), help="sets of rules, with commas between")
    asked_for = parser.parse_args(arguments)
    rules = asked_for.rules.split(",")

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    seeds = range(asked_for.markets)
    learning = both(range(ELSEWHERE, ELSEWHERE + asked_for.learning), asked_for.shops, rules)
    if learning:
        pairs = both(seeds, asked_for.shops, rules)
        present = [with_target for _, with_target in pairs]
    else:
        pairs, present = [], [play(seed, rules, shops=asked_for.shops) for seed in seeds]
    for rule in rules:
        won = [seed for seed, one in zip(seeds, present, strict=True) if one.won(rule)]
        mistaken = sum(one.mistaken(rule) for one in present)
        apart = sum(bool(one.bounds[rule]) for one in present)
        say(f"{rule}: bounded within $1 in {len(won)} of {len(present)} markets {won[:5]}, wrong bounds in {mistaken}")
        say(f"  something to subtract in {apart}")
        for knows_when in (False, True) if learning else ():
            found = presence(rule, learning, pairs, knows_when)
            say(
                f"  presence, {'knowing when' if knows_when else 'not knowing when'}: right in {found.right:.1%} of "
                f"{2 * len(pairs)}; stated > {CERTAIN:.0%} in {found.certain:.1%}, of which right {found.right_when_certain:.1%}"
            )
    for line in told(present, rules):
        say(line)


if __name__ == "__main__":
    main()

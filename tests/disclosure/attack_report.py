"""Attack many markets and say what came of it, and what the rules cost. Run from the top of the repository:

.venv/bin/python -m tests.disclosure.attack_report [--markets 1000] [--shops 90] [--rules "all,stricter policy"]
"""

import argparse
import os
import random
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from exchange.domain.lattice import unpack

from .attack_exchange import RULES, STRICTER
from .attack_game import Played, play
from .attack_history import History, answered
from .attack_learning import ATTACKERS, CERTAIN, both, presence
from .attack_market import QUARTERS, TARGET
from .attack_questions import ANSWERED, answers, asked
from .attack_tables import GEOGRAPHY

STRANGERS: Final = 100  # markets played once more with a stranger in the target's place


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


def value(rule: str, present: Sequence[Played]) -> Iterable[str]:
    """How often something that the target said was bounded within $1, by what the attacker was told."""
    won = [seed for seed, one in enumerate(present) if one.won(rule)]
    where = [seed for seed, one in enumerate(present) if one.won_uncounted(rule)]
    strangers = range(min(STRANGERS, len(present)))
    same = sum(answered(History.of(n), rule) == answered(History.of(n).by_a_stranger(), rule) for n in strangers)
    yield f"{rule}: bounded within $1 in markets of {len(present)}, by one who is"
    yield f"  told where and how many: {len(won)} {won[:5]}; told where only: {len(where)} {where[:5]}"
    yield f"  by the letter: none, where a stranger may have said it with the same answers: {same} of {len(strangers)} played"
    yield f"  wrong bounds in {sum(one.mistaken(rule) for one in present)}; something to subtract in " + str(
        sum(bool(one.bounds[rule]) for one in present)
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markets", type=int, default=1000)
    parser.add_argument("--alone", action="store_true", help="only markets with the target: nothing about presence")
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
    pairs = [] if asked_for.alone else both(seeds, asked_for.shops, rules, os.cpu_count() or 1)
    present = [with_target for _, with_target in pairs] or [play(seed, rules, shops=asked_for.shops) for seed in seeds]
    for rule in rules:
        for line in value(rule, present):
            say(line)
        for attacker in ATTACKERS if pairs else ():
            found = presence(rule, pairs, attacker)
            say(
                f"  presence, {attacker}: right in {found.right:.1%} of {2 * len(pairs)} worlds; states > {CERTAIN:.0%} in "
                f"{found.certain:.1%}, then right in {found.right_when_certain:.1%}; states > {CERTAIN:.0%} that it is there in "
                f"{found.there:.1%}, then right in {found.right_when_there:.1%}: of {len(found.told_on)} of {len(pairs)} targets "
                f"that take part {list(found.told_on[:5])}"
            )
    alone = [History.of(seed, asked_for.shops).alone() for seed in seeds]
    say(
        f"one other shop alone said something in {sum(map(len, alone))} of {len(alone) * (QUARTERS - 1)} times between releases; "
        f"the target in {sum(TARGET in shops for shops in alone)} markets"
    )
    for line in told(present, rules):
        say(line)


if __name__ == "__main__":
    main()

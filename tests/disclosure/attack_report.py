"""Attack many markets and say what came of it, and what the rules cost. Run from the top of the repository:

.venv/bin/python -m tests.disclosure.attack_report [--markets 1000] [--shops 90] [--rules "all,stricter policy"] [--measure benefits]
"""

import argparse
import os
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from exchange.domain.lattice import unpack

from .attack_game import Played, play
from .attack_history import History, answered
from .attack_learning import ATTACKERS, CERTAIN, LETTER, TOGETHER, Moved, Pairs, beside, both, presence, told_on
from .attack_market import QUARTERS, TARGET
from .attack_measures import BENEFITS, MEASURES, RULES, STRICTER
from .attack_questions import ANSWERED, answers, asked
from .attack_tables import GEOGRAPHY

_KNOWN: Final = {
    "pay": "bounded within $1",
    "labor-rates": "bounded within $1",
    "benefits": "an answer, or an amount within $1, a day or a point, is known",
}
_EITHER: Final = "  told on by presence, by the letter, or by versions that differ by it alone: {} targets"
STRANGERS: Final = 100  # markets played once more with a stranger in the target's place


def costs(played: Iterable[Played], rule: str, questions: int = 50) -> dict[str, Counter[str]]:
    """How cells that hold an entry, those that have enough of them, and questions are answered after the last release."""
    found: dict[str, Counter[str]] = {"cells": Counter(), "qualifying cells": Counter(), "questions": Counter()}
    for number, one in enumerate(played):
        rng = random.Random(number)
        shown, measure = one.shown[rule], one.measure
        for what, keys in (("cells", one.held), ("qualifying cells", one.qualified)):
            found[what] += answers(shown, [unpack(measure, key, GEOGRAPHY) for key in keys], measure)
        found["questions"] += answers(shown, [asked(rng, measure) for _ in range(questions)], measure)
    return found


def told(played: Sequence[Played], rules: Sequence[str]) -> Iterable[str]:
    """The table of `costs`, by rules."""
    yield f"{'of':<18}{'rules':<18}" + "".join(f"{how:>13}" for how in ANSWERED)
    for rule in rules:
        for what, counted in costs(played, rule).items():
            total = counted.total()
            yield f"{what:<18}{rule:<18}" + "".join(f"{counted[how] / total:>13.1%}" for how in ANSWERED)


def value(rule: str, present: Sequence[Played]) -> Iterable[str]:
    """How often something that the target said was known, by what the attacker was told."""
    measure, of = present[0].measure, len(present)
    won = [seed for seed, one in enumerate(present) if one.subtracted(rule)]
    where = [seed for seed, one in enumerate(present) if one.subtracted(rule, counted=False)]
    strangers = range(min(STRANGERS, of))
    same = sum(by_a_stranger_the_same(seed, rule, measure) for seed in strangers)
    yield f"{measure}, {rule}: {_KNOWN[measure]} in markets of {of}, where versions differ by it alone, by one who is"
    yield f"  told where and how many: {len(won)} {won[:5]}; told where only: {len(where)} {where[:5]}"
    if measure == BENEFITS.name:
        unanimous = [seed for seed, one in enumerate(present) if one.unanimous(rule)]
        between = [seed for seed, one in enumerate(present) if one.between(rule)]
        yield (
            f"  by one version that counts it, where all offer or none: {len(unanimous)} {unanimous[:5]}; by what a finer cell "
            f"leaves of a wider one, all or none: {len(between)} {between[:5]}; by any of these: "
            f"{sum(one.won(rule) for one in present)}"
        )
    yield f"  by the letter: none, where a stranger may have said it with the same answers: {same} of {len(strangers)} played"
    yield f"  wrong in {sum(one.mistaken(rule) for one in present)}; something to subtract in " + str(
        sum(one.something_to_subtract(rule) for one in present)
    )


def by_a_stranger_the_same(seed: int, rule: str, measure: str) -> bool:
    """Whether a stranger in the target's place leaves every answer as it is."""
    history = History.of(seed, measure=measure)
    return answered(history.by_a_stranger(), rule, measure) == answered(history, rule, measure)


def of_presence(rule: str, pairs: Moved, measure: str) -> Iterable[str]:
    """How each attacker fares."""
    for attacker in ATTACKERS:
        found = presence(rule, pairs, attacker, measure)
        yield (
            f"  presence, {attacker}: right in {found.right:.1%} of {2 * len(pairs)} worlds; states > {CERTAIN:.0%} in "
            f"{found.certain:.1%}, then right in {found.right_when_certain:.1%}; states > {CERTAIN:.0%} that it is there in "
            f"{found.there:.1%}, then right in {found.right_when_there:.1%}: of {len(found.told_on)} of {len(pairs)} targets "
            f"that take part {list(found.told_on[:5])}"
        )


def report(played: Mapping[str, Pairs], rules: Sequence[str]) -> Iterator[str]:
    """All lines about markets without and with the target, by measure."""
    for measure, pairs in played.items():
        present = [with_target for _, with_target in pairs]
        for rule in rules:
            yield from value(rule, present)
            yield from of_presence(rule, pairs, measure)
            yield _EITHER.format(len(told_on(rule, pairs, measure)))
        yield from told(present, rules)
    for rule in rules if len(played) == len(MEASURES) else ():
        yield f"all measures together, {rule}:"
        yield from of_presence(rule, beside(played), TOGETHER)
        there = set(presence(rule, beside(played), LETTER, TOGETHER).told_on)
        known = {seed for pairs in played.values() for seed, (_, one) in enumerate(pairs) if one.subtracted(rule)}
        yield _EITHER.format(len(there | known))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markets", type=int, default=1000)
    parser.add_argument("--alone", action="store_true", help="only markets with the target: nothing about presence")
    parser.add_argument(
        "--shops", type=int, default=None, help="shops of a market; by default 30 to 89, as its seed says"
    )
    parser.add_argument("--rules", default=",".join([*RULES, STRICTER]), help="sets of rules, with commas between")
    parser.add_argument(
        "--measure", default=",".join(MEASURES), help="measures, with commas between; all: also together"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked_for = parser.parse_args(arguments)
    rules, measures, seeds = asked_for.rules.split(","), asked_for.measure.split(","), range(asked_for.markets)

    def say(lines: Iterable[str]) -> None:
        for line in lines:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    if asked_for.alone:
        for measure in measures:
            present = [play(seed, rules, shops=asked_for.shops, measure=measure) for seed in seeds]
            for rule in rules:
                say(value(rule, present))
            say(told(present, rules))
    else:
        shops, processes = asked_for.shops, asked_for.processes
        say(report({measure: both(seeds, shops, rules, processes, measure) for measure in measures}, rules))
    alone = [History.of(seed, asked_for.shops).alone() for seed in seeds]
    spoke = f"one other shop alone said something about pay in {sum(map(len, alone))} of {len(alone) * (QUARTERS - 1)} times"
    say([f"{spoke} between releases; the target in {sum(TARGET in shops for shops in alone)} markets"])


if __name__ == "__main__":
    main()

"""What curious members have learnt about presence from markets of their own; kept in a file, which running this renews:

.venv/bin/python -m tests.disclosure.attack_learning
"""

import argparse
import json
import os
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from .attack_bounds import Array
from .attack_game import Played, play
from .attack_measures import GUARDED_RULES, MEASURES, PAY, RULES, STRICTER
from .attack_presence import Judgement
from .attack_tables import imagined
from .attack_talk import imagined_talk

# By what they know. The first is the issue's: it imagines markets of all kinds, and does not know what the target would
# have done when. The others know the markets' chances to the last figure, and the last one also the target's quarters.
LETTER: Final = "by the letter"
CHANCES: Final = "told the chances"
WHEN: Final = "told the chances and when"
ATTACKERS: Final = (LETTER, CHANCES, WHEN)
CERTAIN: Final = 0.75
TOGETHER: Final = "together"
# Markets to learn from: how many whose chances are told, and how many imagined ones.
LEARN_FROM: Final = (300, 2000)
_ELSEWHERE: Final = 1_000_000  # markets from this seed on are for learning only ...
_IMAGINED: Final = 2_000_000  # ... and from this one on imagined


class Moving(Protocol):
    """What moved in a market, by set of rules."""

    @property
    def moments(self) -> Mapping[str, Array]:
        """When the target would have joined, corrected and left."""

    @property
    def throughout(self) -> Mapping[str, Array]:
        """On the whole."""


Pairs = Sequence[tuple[Played, Played]]
Moved = Sequence[tuple[Moving, Moving]]


@dataclass(frozen=True, slots=True)
class Moves:
    """Of several measures."""

    moments: dict[str, Array]
    throughout: dict[str, Array]


@dataclass(frozen=True, slots=True)
class Presence:
    """How often it was right about whether the target takes part, over markets with and without it, half and half."""

    right: float
    certain: float  # in how many it stated more than 75%
    right_when_certain: float
    there: float  # in how many it stated more than 75% that the target takes part
    right_when_there: float
    told_on: tuple[int, ...]  # the markets in which it so stated of a target that does


def both(
    seeds: Iterable[int],
    shops: int | None = None,
    rules: Sequence[str] = RULES,
    processes: int = 1,
    measure: str = PAY.name,
) -> list[tuple[Played, Played]]:
    """Each market without the target, and with it."""
    return _all(partial(_pair, shops=shops, rules=tuple(rules), measure=measure), seeds, processes)


def _all(
    one: Callable[[int], tuple[Played, Played]], seeds: Iterable[int], processes: int
) -> list[tuple[Played, Played]]:
    if processes == 1:
        return [one(seed) for seed in seeds]
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(one, seeds, chunksize=4))


def _pair(
    seed: int, shops: int | None, rules: Sequence[str], measure: str, values: bool = True
) -> tuple[Played, Played]:
    without, with_it = (
        play(seed, rules, with_target, shops, measure=measure, values=values) for with_target in (False, True)
    )
    return without, with_it


def beside(pairs: Mapping[str, Pairs]) -> Moved:
    """What moves in all measures of each market, side by side: who takes part in one takes part in all."""

    def one(played: Sequence[Played]) -> Moves:
        return Moves(
            {rule: np.concatenate([of.moments[rule] for of in played]) for rule in played[0].moments},
            {rule: np.concatenate([of.throughout[rule] for of in played]) for rule in played[0].throughout},
        )

    markets = zip(*(pairs[measure] for measure in MEASURES), strict=True)
    return [(one([without for without, _ in market]), one([with_it for _, with_it in market])) for market in markets]


def presence(rule: str, pairs: Moved, attacker: str, measure: str = PAY.name) -> Presence:
    """How one of the ATTACKERS fares in these markets; `measure` is one of them or TOGETHER."""
    moments, takes_part = _seen(rule, pairs, attacker)
    held = json.loads(learnt(measure).read_text())[rule][attacker]
    stated = Judgement(*(np.array(held[name]) for name in ("middle", "spread", "weights"))).certainty(moments)
    right = (stated > 0.5) == takes_part
    certain = np.maximum(stated, 1 - stated) > CERTAIN
    there = stated > CERTAIN
    told_on = tuple((np.flatnonzero(there & takes_part) // 2).tolist())
    return Presence(
        _share(right), _share(certain), _share(right[certain]), _share(there), _share(takes_part[there]), told_on
    )


def told_on(rule: str, pairs: Pairs, measure: str = PAY.name) -> set[int]:
    """The seeds of markets in which something that the target said is known by subtraction, to one who is told where versions
    differ and how many they count, or the letter's attacker says, more than 75% certain, that it takes part, and it does."""
    known = {seed for seed, (_, with_target) in enumerate(pairs) if with_target.subtracted(rule)}
    return known | set(presence(rule, pairs, LETTER, measure).told_on)


def _share(which: Array) -> float:
    return float(which.mean()) if len(which) else 0.0


def _seen(rule: str, pairs: Moved, attacker: str) -> tuple[Array, Array]:
    rows = [(one.moments if attacker == WHEN else one.throughout)[rule] for pair in pairs for one in pair]
    return np.array(rows), np.array([takes_part for _ in pairs for takes_part in (False, True)])


def _imagined(seed: int, rules: Sequence[str], measure: str) -> tuple[Played, Played]:
    tables, shops = imagined(random.Random(7 * seed + 1))
    talk = None if measure == PAY.name else imagined_talk(random.Random(f"{measure} imagined {seed}"), measure)
    without, with_it = (
        play(seed, rules, with_target, shops, tables, measure, talk, values=False) for with_target in (False, True)
    )
    return without, with_it


def to_learn_from(measure: str, rules: Sequence[str], processes: int) -> dict[str, list[tuple[Played, Played]]]:
    """By LETTER and CHANCES the markets of their own."""
    told, dreamt = LEARN_FROM
    own = partial(_pair, shops=None, rules=rules, measure=measure, values=False)
    imagine = partial(_imagined, rules=rules, measure=measure)
    return {
        CHANCES: _all(own, range(_ELSEWHERE, _ELSEWHERE + told), processes),
        LETTER: _all(imagine, range(_IMAGINED, _IMAGINED + dreamt), processes),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Play the markets to learn from, and learn: of each measure, and of all together, under every set of rules."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", choices=("guarded", "usual"), help="under these sets of rules; the rest stays as it is"
    )
    asked_for, processes = parser.parse_args(arguments), os.cpu_count() or 1
    several = {"guarded": GUARDED_RULES, "usual": (*RULES, STRICTER)}
    for rules in (several[asked_for.only],) if asked_for.only else several.values():
        played = {measure: to_learn_from(measure, rules, processes) for measure in MEASURES}
        for measure, of_their_own in played.items():
            write_down(of_their_own, rules, measure)
        write_down(together(played), rules, TOGETHER)


def together(played: Mapping[str, Mapping[str, Pairs]]) -> dict[str, Moved]:
    """By attacker the markets of all measures side by side, as many as there are of each."""
    found: dict[str, Moved] = {}
    for attacker in (LETTER, CHANCES):
        many = min(len(played[measure][attacker]) for measure in MEASURES)
        found[attacker] = beside({measure: played[measure][attacker][:many] for measure in MEASURES})
    return found


def write_down(of_their_own: Mapping[str, Moved], rules: Sequence[str], measure: str) -> None:
    """Learn from these markets by attacker; what was learnt under other sets of rules stays."""
    held = learnt(measure)
    found: dict[str, dict[str, dict[str, list[float]]]] = json.loads(held.read_text()) if held.exists() else {}
    for rule in rules:
        found[rule] = {}
        for attacker in ATTACKERS:
            markets = of_their_own[CHANCES if attacker == WHEN else attacker]
            judgement = Judgement.learnt(*_seen(rule, markets, attacker))
            found[rule][attacker] = {
                name: [round(value, 6) for value in getattr(judgement, name).tolist()]
                for name in ("middle", "spread", "weights")
            }
    lines = [f'"{rule}": {json.dumps(of_rule)}' for rule, of_rule in found.items()]
    held.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def learnt(measure: str) -> Path:
    """The file of what is learnt from the answers of a measure, or of all TOGETHER."""
    return Path(__file__).with_name("attack_learnt.json" if measure == PAY.name else f"attack_learnt_{measure}.json")


if __name__ == "__main__":
    main()

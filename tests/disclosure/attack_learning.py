"""What curious members have learnt about presence from markets of their own; kept in a file, which running this renews:

.venv/bin/python -m tests.disclosure.attack_learning
"""

import json
import os
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from .attack_bounds import Array
from .attack_exchange import RULES, STRICTER
from .attack_game import Played, play
from .attack_presence import Judgement
from .attack_tables import imagined

# By what they know. The first is the issue's: it imagines markets of all kinds, and does not know what the target would
# have done when. The others know the markets' chances to the last figure, and the last one also the target's quarters.
LETTER: Final = "by the letter"
CHANCES: Final = "told the chances"
WHEN: Final = "told the chances and when"
ATTACKERS: Final = (LETTER, CHANCES, WHEN)
CERTAIN: Final = 0.75
LEARNT: Final = Path(__file__).with_name("attack_learnt.json")
_ELSEWHERE: Final = 1_000_000  # markets from this seed on are for learning only ...
_IMAGINED: Final = 2_000_000  # ... and from this one on imagined
Pairs = Sequence[tuple[Played, Played]]


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
    seeds: Iterable[int], shops: int | None = None, rules: Sequence[str] = RULES, processes: int = 1
) -> list[tuple[Played, Played]]:
    """Each market without the target, and with it."""
    return _all(partial(_pair, shops=shops, rules=tuple(rules)), seeds, processes)


def _all(
    one: Callable[[int], tuple[Played, Played]], seeds: Iterable[int], processes: int
) -> list[tuple[Played, Played]]:
    if processes == 1:
        return [one(seed) for seed in seeds]
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(one, seeds, chunksize=4))


def _pair(seed: int, shops: int | None, rules: Sequence[str]) -> tuple[Played, Played]:
    return play(seed, rules, with_target=False, shops=shops), play(seed, rules, shops=shops)


def presence(rule: str, pairs: Pairs, attacker: str) -> Presence:
    """How one of the ATTACKERS fares in these markets."""
    moments, takes_part = _seen(rule, pairs, attacker)
    held = json.loads(LEARNT.read_text())[rule][attacker]
    stated = Judgement(*(np.array(held[name]) for name in ("middle", "spread", "weights"))).certainty(moments)
    right = (stated > 0.5) == takes_part
    certain = np.maximum(stated, 1 - stated) > CERTAIN
    there = stated > CERTAIN
    told_on = tuple((np.flatnonzero(there & takes_part) // 2).tolist())
    return Presence(
        _share(right), _share(certain), _share(right[certain]), _share(there), _share(takes_part[there]), told_on
    )


def _share(which: Array) -> float:
    return float(which.mean()) if len(which) else 0.0


def _seen(rule: str, pairs: Pairs, attacker: str) -> tuple[Array, Array]:
    rows = [(one.moments if attacker == WHEN else one.throughout)[rule] for pair in pairs for one in pair]
    return np.array(rows), np.array([takes_part for _ in pairs for takes_part in (False, True)])


def _imagined(seed: int, rules: Sequence[str]) -> tuple[Played, Played]:
    tables, shops = imagined(random.Random(7 * seed + 1))
    return play(seed, rules, False, shops, tables), play(seed, rules, True, shops, tables)


def main() -> None:
    """Play the markets to learn from, and learn."""
    rules = (*RULES, STRICTER)
    processes = os.cpu_count() or 1
    of_their_own = {
        CHANCES: both(range(_ELSEWHERE, _ELSEWHERE + 300), rules=rules, processes=processes),
        LETTER: _all(partial(_imagined, rules=rules), range(_IMAGINED, _IMAGINED + 500), processes),
    }
    write_down(of_their_own | {WHEN: of_their_own[CHANCES]}, rules)


def write_down(of_their_own: Mapping[str, Pairs], rules: Sequence[str]) -> None:
    """Learn from these markets by attacker."""
    learnt: dict[str, dict[str, dict[str, list[float]]]] = {rule: {} for rule in rules}
    for rule in rules:
        for attacker in ATTACKERS:
            judgement = Judgement.learnt(*_seen(rule, of_their_own[attacker], attacker))
            learnt[rule][attacker] = {
                name: [round(value, 6) for value in getattr(judgement, name).tolist()]
                for name in ("middle", "spread", "weights")
            }
    lines = [f'"{rule}": {json.dumps(of_rule)}' for rule, of_rule in learnt.items()]
    LEARNT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()

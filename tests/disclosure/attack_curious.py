"""The curious member: remembers every answer of every cell, and bounds what one shop said by subtraction.

It knows the rules, the lattice and its own entries. On top of that it is told what no member is: how many entries a version
counts and which versions differ by nothing but the target's one entry (and its own, which it knows). Whoever finds that
out by other means, by asking around in the town, does no better. What the others said it is never told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from attack_bounds import HIGHEST, LOWEST, Array, narrow
from attack_exchange import Answers, Version
from attack_market import CURIOUS, GEOGRAPHY, TARGET, Entry
from exchange.domain.lattice import (
    EXPERIENCE_SHIFT,
    FACET_SHIFT,
    GEO_SHIFT,
    ROLE_SHIFT,
    SHOP_SHIFT,
)
from exchange.domain.policy import POLICIES
from exchange.domain.quantiles import ranks

STEP: Final = POLICIES["pay-2026"].rounding
_CODES: Final = ("zip", "role", "shop_type", "experience", "plan", "size", "credential_level")


def cells_of(entries: list[Entry]) -> Array:
    """The packed keys of the 56 cells of each entry, one row an entry."""
    codes = np.array([[getattr(entry, code) for code in _CODES] for entry in entries], np.int64).reshape(-1, 7)
    places = GEOGRAPHY.chains[codes[:, 0]].astype(np.int64) << GEO_SHIFT
    role, shop, experience = ((codes[:, n] + 1) << shift for n, shift in ((1, ROLE_SHIFT), (2, SHOP_SHIFT), (3, EXPERIENCE_SHIFT)))
    facets = [(kind + 1) << FACET_SHIFT | (codes[:, 4 + kind] + 1) for kind in range(3)]
    none = np.zeros_like(role)
    filters = [s | e for s in (none, shop) for e in (none, experience)] + facets
    below = np.stack([r | f for r in (none, role) for f in filters], axis=1)
    keys: Array = (places[:, :, None] | below[:, None, :]).reshape(len(codes), -1)
    return keys


@dataclass(frozen=True, slots=True)
class Counted:
    """What a version counts: the others' entries by a mark of their own, how many, and who is in it besides."""

    others: int
    unknown: int
    independent: int
    own: tuple[int, ...]
    target: tuple[int, ...]


class Contents:
    """What every cell held at a release, for the one who tells the curious member what differs."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries
        keys = cells_of(entries)
        self._order = np.argsort(keys, axis=None, kind="stable")
        self._keys = keys.ravel()[self._order]
        self._of = self._order // keys.shape[1]

    def counted(self, key: int) -> Counted:
        """What the cell held."""
        first, last = np.searchsorted(self._keys, [key, key + 1])
        held = [self._entries[n] for n in self._of[first:last].tolist()]
        others = [entry for entry in held if entry.shop not in (TARGET, CURIOUS)]
        by_shop: dict[int, int] = {}
        for entry in held:
            by_shop[entry.shop] = by_shop.get(entry.shop, 0) + 1
        return Counted(
            hash(frozenset((entry.number, entry.cents) for entry in others)),
            len(others),
            len(held) ** 2 // sum(n * n for n in by_shop.values()),
            tuple(sorted(entry.cents for entry in held if entry.shop == CURIOUS)),
            tuple(entry.cents for entry in held if entry.shop == TARGET),
        )


@dataclass(slots=True)
class Curious:
    """What it saw under one set of rules, sorted by what was the same among the others."""

    seen: dict[tuple[int, int], tuple[Version, Counted]] = field(default_factory=dict)

    def look(self, answers: Answers, contents: Mapping[int, Contents]) -> None:
        """Remember every version that is new."""
        for version in answers.new:
            name = (version.key, version.release)
            if name not in self.seen:
                self.seen[name] = (version, contents[version.release].counted(version.key))

    def bounds(self) -> dict[int, tuple[float, float]]:
        """By what the target said at one time or another: the bounds of it, in cents."""
        alike: dict[tuple[int, int], list[tuple[Version, Counted]]] = {}
        for version, counted in self.seen.values():
            alike.setdefault((counted.others, counted.unknown), []).append((version, counted))
        found: dict[int, tuple[float, float]] = {}
        for versions in alike.values():
            without = [one for one in versions if not one[1].target]
            for said in {counted.target for _, counted in versions if len(counted.target) == 1}:
                having = [one for one in versions if one[1].target == said]
                if without:
                    between = found.get(said[0], (LOWEST, HIGHEST))
                    found[said[0]] = _narrowed(without + having, between)
        return found


def _narrowed(versions: Iterable[tuple[Version, Counted]], between: tuple[float, float]) -> tuple[float, float]:
    """The bounds of the target's value by versions that hold the same of the others."""
    held: list[int] = []
    held_ends, with_x, told = [], [], []
    unknown = 0
    for number, (version, counted) in enumerate(_distinct(versions)):
        unknown = counted.unknown
        held += counted.own
        held_ends.append(len(held))
        with_x.append(bool(counted.target))
        last = unknown + len(counted.own) + len(counted.target) - 1
        half = STEP / 2
        for name, cents in version.figures.percentiles.items():
            told.append((number, int(name[1:]) * last / 100, cents - half, cents + half))
        for name, (low, high) in version.figures.intervals.items():
            first_rank, last_rank = ranks(counted.independent, int(name[1:]))
            between_ranks = counted.independent - 1
            told.append((number, (first_rank - 1) * last / between_ranks, low, low + STEP))
            told.append((number, (last_rank - 1) * last / between_ranks, high - STEP, high))
    of, place, low_ends, high_ends = np.array(told, np.float64).T.copy()
    return narrow(
        unknown, np.array(held, np.float64), np.array(held_ends, np.int64), np.array(with_x), of.astype(np.int64),
        np.round(place, 9), low_ends, high_ends, *between,
    )  # fmt: skip


def _distinct(versions: Iterable[tuple[Version, Counted]]) -> list[tuple[Version, Counted]]:
    """Versions that hold the same and say the same say it once."""
    return list({(repr(v.figures), c.own, c.target): (v, c) for v, c in versions}.values())

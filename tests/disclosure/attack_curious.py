"""The curious member: remembers every answer of every cell, and bounds what one shop said by subtraction.

It knows the rules, the lattice and its own entries. On top of that it is told what no member is: how many entries a
version counts, and where versions differ by nothing but the target's one entry (and its own). Whoever finds that out by
other means, by asking around in the town, does no better. What the others said it is never told.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from exchange.domain.lattice import FACET_SHIFT, GEO_SHIFT, GRADE_SHIFT, SHOP_SHIFT, SUBJECT_SHIFT
from exchange.domain.nesting import families
from exchange.domain.quantiles import ranks

from .attack_bounds import HIGHEST, LOWEST, Array, Told
from .attack_exchange import POLICY, Answers, Version
from .attack_market import CURIOUS, TARGET, Entry
from .attack_tables import GEOGRAPHY

Bounds = tuple[float, float]
_CODES: Final = ("zip", "role", "shop_type", "experience", "plan", "size", "credential_level")
_MARKS: Final = 2**64


def cells_of(entries: list[Entry]) -> Array:
    """The packed keys of the cells of each entry, one row an entry; negative where a place has no such geography."""
    codes = np.array([[getattr(entry, code) for code in _CODES] for entry in entries], np.int64).reshape(-1, 7)
    places = GEOGRAPHY.chains[codes[:, 0]].astype(np.int64)
    shifts = (SUBJECT_SHIFT, SHOP_SHIFT, GRADE_SHIFT)
    role, shop, experience = ((codes[:, 1 + n] + 1) << shift for n, shift in enumerate(shifts))
    none = np.zeros_like(role)
    filters = [s | e for s in (none, shop) for e in (none, experience)]
    filters += [(kind + 1) << FACET_SHIFT | (codes[:, 4 + kind] + 1) for kind in range(3)]
    below = np.stack([r | f for r in (none, role) for f in filters], axis=1)
    keys: Array = np.where(places[:, :, None] < 0, -1, places[:, :, None] << GEO_SHIFT | below[:, None, :])
    return keys.reshape(len(codes), -1)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a version counts: the others' entries (a mark that adds up, and how many), the curious shop's and the
    target's, in cents, and as how many independent ones they pass for."""

    others: int
    unknown: int
    independent: int
    own: tuple[int, ...]
    target: tuple[int, ...]


class Contents:
    """What every cell held at a release: for the one who tells the curious member where versions differ."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries
        self._counted: dict[int, Counted] = {}
        keys = cells_of(entries)
        order = np.argsort(keys, axis=None, kind="stable")
        self._keys, self._of = keys.ravel()[order], order // keys.shape[1]

    def counted(self, key: int) -> Counted:
        """What the cell held."""
        if (known := self._counted.get(key)) is None:
            known = self._counted[key] = self._count(key)
        return known

    def _count(self, key: int) -> Counted:
        first, last = np.searchsorted(self._keys, [key, key + 1])
        held = [self._entries[n] for n in self._of[first:last].tolist()]
        others = [entry for entry in held if entry.shop not in (TARGET, CURIOUS)]
        squares = sum(n * n for n in Counter(entry.shop for entry in held).values())
        return Counted(
            sum(hash((entry.number, entry.cents)) for entry in others) % _MARKS,
            len(others),
            len(held) ** 2 // squares,
            tuple(sorted(entry.cents for entry in held if entry.shop == CURIOUS)),
            tuple(entry.cents for entry in held if entry.shop == TARGET),
        )


Seen = tuple[Version, Counted]


@dataclass(slots=True)
class Curious:
    """What it saw under one set of rules: versions by what they hold of the others, and how these make up each other."""

    by_others: dict[int, dict[tuple[int, int], Seen]] = field(default_factory=dict)
    parts: set[tuple[int, tuple[int, ...]]] = field(default_factory=set)

    def look(self, answers: Answers, contents: Mapping[int, Contents]) -> None:
        """Remember every version that is shown, and which of them are together as much as a wider one."""
        counted = {}
        for key, version in answers.shown.items():
            known = counted[key] = contents[version.release].counted(key)
            self.by_others.setdefault(known.others, {})[key, version.release] = (version, known)
        keys = np.array(sorted(answers.shown), np.int64)
        kin = families(keys, GEOGRAPHY.parents)
        names, first = keys.tolist(), 0
        for parent, last in zip(kin.parents.tolist(), kin.ends.tolist(), strict=True):
            wide = counted[names[parent]]
            finer = [counted[names[n]] for n in kin.finer[first:last].tolist()]
            first = last
            told_apart = len(wide.target) != sum(len(one.target) for one in finer)
            if len(finer) > 1 and told_apart and wide.others == sum(one.others for one in finer) % _MARKS:
                self.parts.add((wide.others, tuple(sorted(one.others for one in finer))))

    def bounds(self) -> dict[int, Bounds]:
        """By what the target said at one time or another, as far as anything tells on it: its bounds in cents."""
        found: dict[int, Bounds] = {}
        for whole, groups in [(mark, (mark,)) for mark in self.by_others] + sorted(self.parts):
            versions = [(seen, np.array([True] * len(groups))) for seen in self.by_others[whole].values()]
            for number, group in enumerate(groups if len(groups) > 1 else ()):
                covered = np.arange(len(groups)) == number
                versions += [(seen, covered) for seen in self.by_others[group].values()]
            without = [one for one in versions if not one[0][1].target]
            for said in {seen[1].target for seen, _ in versions if len(seen[1].target) == 1} if without else ():
                having = [one for one in versions if one[0][1].target == said]
                sizes = [next(iter(self.by_others[group].values()))[1].unknown for group in groups]
                known = found.get(said[0], (LOWEST, HIGHEST))
                found[said[0]] = told(sizes, without + having).narrowed(known)
        return found


def told(sizes: list[int], versions: Iterable[tuple[Seen, Array]]) -> Told:
    """What versions say that differ by one entry: the others' in groups of these sizes, each version with those it covers."""
    held: list[int] = []
    held_ends, with_x, covers = [], [], []
    says = []
    half = POLICY.rounding / 2
    # Versions that hold the same and say the same say it once.
    distinct = {(repr(v.figures), c.own, c.target, g.tobytes()): (v, c, g) for (v, c), g in versions}
    for number, (version, counted, covered) in enumerate(distinct.values()):
        held += counted.own
        held_ends.append(len(held))
        with_x.append(bool(counted.target))
        covers.append(covered)
        last = counted.unknown + len(counted.own) + len(counted.target) - 1
        for name, cents in version.figures.percentiles.items():
            says.append((number, int(name[1:]) * last / 100, cents - half, cents + half))
        for name, (low, high) in version.figures.intervals.items():
            lower, upper = ranks(counted.independent, int(name[1:]))
            steps = counted.independent - 1
            says.append((number, (lower - 1) * last / steps, low, low + POLICY.rounding))
            says.append((number, (upper - 1) * last / steps, high - POLICY.rounding, high))
    of, place, lows, highs = np.array(says, np.float64).T.copy()
    return Told(
        np.array(sizes, np.int64), np.array(covers), np.array(held, np.float64), np.array(held_ends, np.int64),
        np.array(with_x), of.astype(np.int64), np.round(place, 9), lows, highs,
    )  # fmt: skip

"""The curious member: remembers every answer of every cell, and bounds what one shop said by subtraction.

It knows the rules, the lattice and its own entries. On top of that it is told what no member is: how many entries a
version counts, and where versions differ by nothing but the target's one entry (and its own). Whoever finds that out by
other means, by asking around in the town, does no better. What the others said it is never told.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np
from exchange.domain.nesting import families, nested
from exchange.domain.quantiles import ranks

from .attack_bounds import Array, Told
from .attack_exchange import Version
from .attack_market import CURIOUS, TARGET, Entry
from .attack_measures import BENEFITS, PAY, Measure, Scale
from .attack_tables import GEOGRAPHY

Bounds = tuple[float, float]
_MARKS: Final = 2**64
_ALL: Final = np.array([True])


class Statement(NamedTuple):
    """What the target said at one time or another in one of its submissions."""

    number: int
    subject: int
    value: int


@cache
def mark(number: int, value: int) -> int:
    """What an entry adds to the mark of those that a cell holds.

    Not Python's hash of the two: that is nearly a sum of one of each, so that two shops which swap their answers would leave
    the sum of all as it is, and the attacker would be told that nobody changed.
    """
    return int.from_bytes(blake2b(b"%d %d" % (number, value), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Counted:
    """What a version counts: the others' entries (a mark that adds up, and how many), the curious shop's and the
    target's, and as how many independent ones they pass for."""

    others: int
    unknown: int
    independent: int
    own: tuple[int, ...]
    target: tuple[Statement, ...]


class Contents:
    """What every cell held at a release: for the one who tells the curious member where versions differ."""

    def __init__(self, entries: list[Entry], measure: Measure = PAY) -> None:
        self._entries = entries
        self._counted: dict[int, Counted] = {}
        keys = measure.cells_of(entries)
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
            sum(mark(entry.number, entry.value) for entry in others) % _MARKS,
            len(others),
            len(held) ** 2 // squares,
            tuple(sorted(entry.value for entry in held if entry.shop == CURIOUS)),
            tuple(Statement(entry.number, entry.subject, entry.value) for entry in held if entry.shop == TARGET),
        )


Seen = tuple[Version, Counted]


@dataclass(slots=True)
class Curious:
    """What it saw under one set of rules: versions by what they hold of the others, and how these make up each other."""

    measure: Measure = PAY
    nested: set[tuple[int, int, int]] = field(
        default_factory=set
    )  # release, wider and finer key: the target is between
    by_others: dict[int, dict[tuple[int, int], Seen]] = field(default_factory=dict)
    parts: set[tuple[int, tuple[int, ...]]] = field(default_factory=set)

    def look(self, shown: Mapping[int, Version], contents: Mapping[int, Contents]) -> None:
        """Remember every version that is shown, and which of them are together as much as a wider one."""
        counted = {}
        for key, version in shown.items():
            known = counted[key] = contents[version.release].counted(key)
            self.by_others.setdefault(known.others, {})[key, version.release] = (version, known)
        keys = np.array(sorted(shown), np.int64)
        if self.measure is BENEFITS:
            self._look_between(keys, shown, counted)
        kin = families(keys, GEOGRAPHY.parents)
        names, first = keys.tolist(), 0
        for parent, last in zip(kin.parents.tolist(), kin.ends.tolist(), strict=True):
            wide = counted[names[parent]]
            finer = [counted[names[n]] for n in kin.finer[first:last].tolist()]
            first = last
            told_apart = len(wide.target) != sum(len(one.target) for one in finer)
            if len(finer) > 1 and told_apart and wide.others == sum(one.others for one in finer) % _MARKS:
                self.parts.add((wide.others, tuple(sorted(one.others for one in finer))))

    def _look_between(self, keys: Array, shown: Mapping[int, Version], counted: Mapping[int, Counted]) -> None:
        """Which versions of one release count the target while a finer one beside it does not."""
        targets = np.array([bool(counted[key].target) for key in keys.tolist()])
        releases = np.array([shown[key].release for key in keys.tolist()], np.int64)
        for wide, fine in nested(keys, GEOGRAPHY.parents) if targets.any() else ():
            between = targets[wide] & ~targets[fine] & (releases[wide] == releases[fine])
            two = keys[wide[between]].tolist(), keys[fine[between]].tolist()
            self.nested.update(zip(releases[wide[between]].tolist(), *two, strict=True))

    def together(self) -> Iterator[tuple[tuple[int, ...], list[tuple[Seen, Array]]]]:
        """Groups that are together as much as a wider cell: their versions and its, each with the groups it covers."""
        for whole, groups in sorted(self.parts):
            versions = [(seen, np.array([True] * len(groups))) for seen in self.by_others[whole].values()]
            for number, group in enumerate(groups):
                covered = np.arange(len(groups)) == number
                versions += [(seen, covered) for seen in self.by_others[group].values()]
            yield groups, versions

    def bounds(self) -> dict[Statement, Bounds]:
        """By what the target said at one time or another, as far as anything tells on it: its bounds in cents."""
        found: dict[Statement, Bounds] = {}
        alone = [((mark,), [(one, _ALL) for one in seen.values()]) for mark, seen in self.by_others.items()]
        for groups, versions in [*alone, *self.together()]:
            without = [one for one in versions if not one[0][1].target]
            for said in {seen[1].target for seen, _ in versions if len(seen[1].target) == 1} if without else ():
                having = [one for one in versions if one[0][1].target == said]
                sizes = [next(iter(self.by_others[group].values()))[1].unknown for group in groups]
                scale = self.measure.scale_of(said[0].subject)
                known = found.get(said[0], (scale.lowest, scale.highest))
                found[said[0]] = told(sizes, without + having, scale).narrowed(known)
        return found


def told(sizes: list[int], versions: Iterable[tuple[Seen, Array]], scale: Scale) -> Told:
    """What versions say that differ by one entry: the others' in groups of these sizes, each version with those it covers."""
    held: list[int] = []
    held_ends, with_x, covers = [], [], []
    says = []
    half = scale.step / 2
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
            says.append((number, (lower - 1) * last / steps, low, low + scale.step))
            says.append((number, (upper - 1) * last / steps, high - scale.step, high))
    of, place, lows, highs = np.array(says, np.float64).T.copy()
    return Told(
        np.array(sizes, np.int64), np.array(covers), np.array(held, np.float64), np.array(held_ends, np.int64),
        np.array(with_x), of.astype(np.int64), np.round(place, 9), lows, highs, (scale.lowest, scale.highest),
    )  # fmt: skip

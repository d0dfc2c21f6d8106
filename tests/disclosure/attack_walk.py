"""Whether a member who knew the whole roster, and asked of all released numbers at once, would be near what was said.

.venv/bin/python -m tests.disclosure.attack_walk [--markets 20]

A random walk from what was said, among other values that leave every released number as it is. As far as the target's
value gets it is unknown even to whoever knows everything else of who takes part; that it gets no farther bounds nothing.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, arg-type"

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final

import numba
import numpy as np
from exchange.domain.quantiles import at_fraction, ranks

from .attack_bounds import HIGHEST, LOWEST, Array
from .attack_exchange import Exchange, Version
from .attack_market import CURIOUS, QUARTERS, TARGET, Entry, Market
from .attack_measures import CLOSE, PAY

_MOVES: Final = 100_000
_LOWEST, _HIGHEST = LOWEST, HIGHEST


@dataclass(slots=True)
class Numbers:
    """Every released number: of the entries `members[ends[v - 1]:ends[v]]` of version v the value at numerator /
    denominator of the way lies in [least, most] (times denominator)."""

    entries: list[Entry]
    ends: Array
    members: Array
    rows: Array  # version, numerator, denominator, least, most

    def reached(self, sought: int, up: bool) -> int:
        """How far the value of one entry gets, in cents."""
        cents = np.array([entry.value for entry in self.entries], np.int64)
        free = np.array([entry.shop != CURIOUS for entry in self.entries])
        versions = np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=0))
        order = np.argsort(self.members, kind="stable")
        of_entry = np.searchsorted(self.members[order], np.arange(len(cents) + 1))
        of_version = np.searchsorted(self.rows[0], np.arange(len(self.ends) + 1))
        return int(
            _walk(cents, free, sought, up, self.ends, self.members, of_entry, versions[order], of_version, self.rows)
        )


def numbers(seed: int, rules: str = "all") -> Numbers:
    """Play a market, and note all that it releases."""
    market, exchange = Market(seed), Exchange(rules=(rules,))
    entries: dict[Entry, int] = {}
    held: dict[tuple[int, ...], int] = {}
    rows: set[tuple[int, ...]] = set()
    for _ in range(QUARTERS):
        exchange.collect(market.quarter())
        exchange.release(market.day)
        stand = market.entries()
        keys = PAY.cells_of(stand)
        for version in exchange.answers[rules].new:
            of = [stand[n] for n in np.flatnonzero((keys == version.key).any(axis=1)).tolist()]
            name = tuple(sorted(entries.setdefault(entry, len(entries)) for entry in of))
            rows |= {(held.setdefault(name, len(held)), *row) for row in _rows(version, of)}
        exchange.collect(market.day_after())
        exchange.sweep()
    members = np.array([n for name in held for n in name], np.int64)
    table = np.array(sorted(rows), np.int64).T.copy()
    return Numbers(list(entries), np.cumsum([len(name) for name in held]), members, table)


def _rows(version: Version, entries: list[Entry]) -> Iterator[tuple[int, int, int, int]]:
    squares = sum(n * n for n in Counter(entry.shop for entry in entries).values())
    independent, step = len(entries) ** 2 // squares, PAY.policy.rounding
    for name, cents in version.figures.percentiles.items():
        yield int(name[1:]), 100, (2 * cents - step) * 50, (2 * cents + step) * 50 - 1
    for name, (low, high) in version.figures.intervals.items():
        lower, upper = ranks(independent, int(name[1:]))
        n = independent - 1
        yield lower - 1, n, low * n, (low + step) * n - 1
        yield upper - 1, n, (high - step) * n + 1, high * n


@numba.njit(nogil=True)
def _holds(e: int, cents: Array, ends: Array, members: Array, of_entry: Array, versions: Array, of_version: Array, rows: Array) -> bool:  # fmt: skip
    """Whether the versions that count entry e still say what they said."""
    for i in range(of_entry[e], of_entry[e + 1]):
        v = versions[i]
        first = ends[v - 1] if v else 0
        values = cents[members[first : ends[v]]]
        values.sort()
        for row in range(of_version[v], of_version[v + 1]):
            if not rows[3, row] <= at_fraction(values, rows[1, row], rows[2, row]) <= rows[4, row]:
                return False
    return True


@numba.njit(nogil=True)
def _walk(
    cents: Array, free: Array, sought: int, up: bool, ends: Array, members: Array, of_entry: Array, versions: Array,
    of_version: Array, rows: Array,
) -> int:  # fmt: skip
    np.random.seed(1)
    far = cents[sought]
    for _ in range(_MOVES):
        e = sought if np.random.random() < 0.2 else np.random.randint(cents.shape[0])
        f = np.random.randint(cents.shape[0])
        if not free[e] or not free[f]:
            continue
        was, other, how = cents[e], cents[f], np.random.random()
        by = int(np.random.normal(0, 10 ** (0.3 + 2.5 * np.random.random())))
        if how < 0.5:  # one alone; the one that is sought mostly outward
            f = e
            if e == sought and (by > 0) != up and np.random.random() < 0.7:
                continue
            cents[e] = was + by
        elif how < 0.75:  # two change places
            cents[e], cents[f] = other, was
        elif e != f:  # two move apart, or together
            cents[e], cents[f] = was + by, other - by
        inside = min(cents[e], cents[f]) >= _LOWEST and max(cents[e], cents[f]) <= _HIGHEST
        if not (
            inside
            and _holds(e, cents, ends, members, of_entry, versions, of_version, rows)
            and _holds(f, cents, ends, members, of_entry, versions, of_version, rows)
        ):
            cents[f] = other
            cents[e] = was
        far = max(far, cents[sought]) if up else min(far, cents[sought])
    return far


def main() -> None:
    """Print how far the target's values get."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markets", type=int, default=20)
    markets = parser.parse_args().markets
    apart = []
    for seed in range(markets):
        released = numbers(seed)
        for at, entry in enumerate(released.entries):
            if entry.shop == TARGET:
                apart.append(released.reached(at, True) - released.reached(at, False))
    sys.stdout.write(
        f"{len(apart)} values said by the targets of {markets} markets: {sum(a <= CLOSE for a in apart)} got no more than "
        f"$1 about, half of them no more than {median(apart):.0f} cents\n"
    )


if __name__ == "__main__":
    main()

"""Rules 2 and 6 over the joined shards: which cells qualify, and what is shown of a cell."""
# Numba infers and checks the kernel's types when it compiles it.
# mypy: disable-error-code="no-any-return, return-value, arg-type, assignment"

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numba
import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.cell_book import Census, Contents
from exchange.domain.lattice import GEO_SHIFT, LEVELS, Geography, subjects_of
from exchange.domain.offering import Offering, Offers, offered
from exchange.domain.policy import Policy
from exchange.domain.quantiles import (
    BANDS,
    FEWEST_BEYOND,
    GIVEN,
    INTERVALS,
    PERCENTILES,
    at_fraction,
    band,
    floored,
    gathered,
    raised,
    ranks,
    rounded,
)

_NOT_GIVEN: Final = -1
NAMES: Final = tuple(f"p{percent}" for percent in PERCENTILES)
_PERCENTS: Final = np.array(PERCENTILES, np.int64)
_FEWEST_BEYOND: Final = FEWEST_BEYOND
# By band: which of PERCENTILES are given, and of which the intervals.
_GIVEN: Final = np.array([[percent in given for percent in PERCENTILES] for given in GIVEN])
_INTERVALS: Final = np.array([[percent in given for percent in PERCENTILES] for given in INTERVALS])


@dataclass(frozen=True, slots=True)
class Figures:
    """What is shown of a cell: cents by percentile, intervals in cents, and the band of contributors."""

    percentiles: dict[str, int]
    intervals: dict[str, tuple[int, int]]
    contributors: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Rule 6 of many cells, a row each: cents by PERCENTILES, the ends of their intervals, the number in BANDS; -1 is
    not given."""

    percentiles: Array
    intervals: Array
    bands: Array

    def of(self, cells: slice) -> "Summary":
        """Some of the rows."""
        return Summary(self.percentiles[cells], self.intervals[cells], self.bands[cells])


def join(censuses: Sequence[Census]) -> Census:
    """The counts of all shards together. A contributor is in one shard only, so contributors add up."""
    keys = np.concatenate([c.keys for c in censuses])
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    if not len(first):
        return Census(keys, *(np.zeros(0, np.int64) for _ in range(3)))

    def together(how: np.ufunc, counts: Sequence[Array]) -> Array:
        found: Array = how.reduceat(np.concatenate(counts).astype(np.int64)[order], first)
        return found

    return Census(
        keys[first],
        together(np.add, [c.contributors for c in censuses]),
        together(np.add, [c.entries for c in censuses]),
        together(np.maximum, [c.largest for c in censuses]),
    )


def qualifying(census: Census, policy: Policy, geography: Geography) -> Census:
    """Rule 2: the cells with at least k contributors and no share of the entries above the cap, as coarse as they must be."""
    enough = census.contributors >= policy.fewest
    spread = census.largest * 100 <= census.entries * policy.largest_share
    coarse = geography.levels[census.keys >> GEO_SHIFT] <= LEVELS.index(policy.finest)
    kept = enough & spread & coarse
    return Census(census.keys[kept], census.contributors[kept], census.entries[kept], census.largest[kept])


def numbers(contents: Sequence[Contents] | Sequence[Offers], keys: Array, policy: Policy) -> Summary | Offering:
    """Rule 6 of the cells with these keys, by what each shard holds of them."""
    offers = [shard for shard in contents if isinstance(shard, Offers)]
    if offers:
        return offered(offers, subjects_of(keys), policy)
    return summarised([shard for shard in contents if isinstance(shard, Contents)], policy)


def figures(contents: Sequence[Contents], policy: Policy) -> Iterator[Figures]:
    """Rule 6 for every cell that these contents (one for each shard, of the same cells) are of, in their order."""
    found = summarised(contents, policy)
    rows = zip(found.percentiles.tolist(), found.intervals.tolist(), found.bands.tolist(), strict=True)
    for shown, between, which in rows:
        yield Figures(
            {name: cents for name, cents in zip(NAMES, shown, strict=True) if cents != _NOT_GIVEN},
            {name: (low, high) for name, (low, high) in zip(NAMES, between, strict=True) if low != _NOT_GIVEN},
            BANDS[which],
        )


def summarised(contents: Sequence[Contents], policy: Policy) -> Summary:
    """`figures` of all cells at once."""
    n = len(contents[0].ends)
    ends = np.array([shard.ends for shard in contents], np.int64).reshape(len(contents), n)
    starts = np.concatenate([np.zeros((len(contents), 1), np.int64), ends[:, :-1]], axis=1)
    before = np.concatenate([[0], np.cumsum([len(shard.cents) for shard in contents])])[:-1].reshape(-1, 1)
    contributors = np.sum([shard.contributors for shard in contents], axis=0, dtype=np.int64)
    squares = np.sum([shard.squares for shard in contents], axis=0, dtype=np.int64)
    percentiles = np.full((n, len(PERCENTILES)), _NOT_GIVEN, np.int64)
    intervals = np.full((n, len(PERCENTILES), 2), _NOT_GIVEN, np.int64)
    bands = np.zeros(n, np.int64)
    _summarise(
        np.concatenate([shard.cents for shard in contents]), starts + before, ends + before, contributors, squares,
        np.stack([shard.lows for shard in contents]), np.stack([shard.highs for shard in contents]),
        _PERCENTS, _GIVEN, _INTERVALS, policy.rounding, percentiles, intervals, bands,
    )  # fmt: skip
    return Summary(percentiles, intervals, bands)


@numba.njit(cache=True, nogil=True)
def _reach(told: Array, cell: int, exact: int, below: bool) -> int:
    """How many contributors have a value at or below (or above) `exact` hundredths of a cent, of those told."""
    count = 0
    for shard in range(told.shape[0]):
        for k in range(told.shape[2]):
            value = np.int64(told[shard, cell, k]) * 100
            count += value <= exact if below else value >= exact
    return count


@numba.njit(cache=True, nogil=True)
def _summarise(
    cents: Array, starts: Array, ends: Array, contributors: Array, squares: Array, lows: Array, highs: Array,
    percents: Array, given: Array, with_interval: Array, step: int, percentiles: Array, intervals: Array, bands: Array,
) -> None:  # fmt: skip
    """Rule 6 for each cell: write percentiles and intervals in cents where they are given, and its band."""
    for cell in range(contributors.shape[0]):
        values = gathered(cents, starts, ends, cell)
        total = np.int64(values.shape[0])
        which = bands[cell] = band(contributors[cell])
        independent = total * total // squares[cell]
        for p in range(percents.shape[0]):
            if not given[which, p]:
                continue
            percent = percents[p]
            exact = at_fraction(values, percent, 100)
            # A shard's absent contributors are told as the greatest low and the least high: they reach nothing.
            if percent == 10 and _reach(lows, cell, exact, True) < _FEWEST_BEYOND:
                continue
            if percent == 90 and _reach(highs, cell, exact, False) < _FEWEST_BEYOND:
                continue
            percentiles[cell, p] = rounded(exact, 100, step)
            if with_interval[which, p]:
                low, high = ranks(independent, percent)
                if low:
                    n = independent - 1
                    intervals[cell, p, 0] = floored(at_fraction(values, low - 1, n), n, step)
                    intervals[cell, p, 1] = raised(at_fraction(values, high - 1, n), n, step)

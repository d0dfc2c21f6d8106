"""Rules 2 and 6 over the joined shards: which cells may be shown, and what is shown of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.cell_book import Census, Contents
from exchange.domain.policy import Policy
from exchange.domain.quantiles import (
    BANDS,
    FEWEST_BEYOND,
    GIVEN,
    INTERVALS,
    at_fraction,
    band,
    floored,
    order_statistics,
    raised,
    rounded,
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is shown of a cell: cents by percentile, intervals in cents, and the band of contributors."""

    percentiles: dict[str, int]
    intervals: dict[str, tuple[int, int]]
    contributors: str


def join(censuses: Sequence[Census]) -> Census:
    """The counts of all shards together. A contributor is in one shard only, so contributors add up."""
    keys = np.concatenate([c.keys for c in censuses])
    unique, inverse = np.unique(keys, return_inverse=True)
    contributors = np.zeros(len(unique), np.int64)
    entries = np.zeros(len(unique), np.int64)
    largest = np.zeros(len(unique), np.int64)
    np.add.at(contributors, inverse, np.concatenate([c.contributors for c in censuses]))
    np.add.at(entries, inverse, np.concatenate([c.entries for c in censuses]))
    np.maximum.at(largest, inverse, np.concatenate([c.largest for c in censuses]))
    return Census(unique, contributors, entries, largest)


def qualifying(census: Census, policy: Policy) -> Array:
    """Rule 2: keys of the cells with at least k contributors and no share of the entries above the cap."""
    enough = census.contributors >= policy.fewest
    spread = census.largest * 100 <= census.entries * policy.largest_share
    kept: Array = census.keys[enough & spread]
    return kept


def figures(contents: Sequence[Contents], index: int, policy: Policy) -> Figures:
    """Rule 6 for the `index`-th wanted cell, from every shard's entries of it."""
    parts = [part for part in (_slice(shard, index) for shard in contents) if len(part[1])]
    values = np.concatenate([cents for _, cents in parts]).astype(np.int64)
    values.sort()
    counts, lowest, highest = [], [], []
    for contributors, cents in parts:
        # Entries lie by contributor, then cents: a contributor's first is its lowest, its last its highest.
        starts = np.flatnonzero(np.diff(contributors, prepend=-1))
        ends = np.append(starts[1:], len(contributors))
        counts.append(ends - starts)
        lowest.append(cents[starts])
        highest.append(cents[ends - 1])
    entries_by = np.concatenate(counts)
    which = band(len(entries_by))
    percentiles: dict[str, int] = {}
    for percent in GIVEN[which]:
        exact = int(at_fraction(values, percent, 100))
        if percent == 10 and int((np.concatenate(lowest) * 100 <= exact).sum()) < FEWEST_BEYOND:
            continue
        if percent == 90 and int((np.concatenate(highest) * 100 >= exact).sum()) < FEWEST_BEYOND:
            continue
        percentiles[f"p{percent}"] = rounded(exact, 100, policy.rounding)
    n = int(entries_by.sum()) ** 2 // int((entries_by**2).sum())
    intervals = {
        f"p{percent}": span
        for percent in INTERVALS[which]
        if f"p{percent}" in percentiles and (span := _interval(values, n, percent, policy.rounding)) is not None
    }
    return Figures(percentiles, intervals, BANDS[which])


def _slice(shard: Contents, index: int) -> tuple[Array, Array]:
    start = int(shard.ends[index - 1]) if index else 0
    end = int(shard.ends[index])
    return shard.contributors[start:end], shard.cents[start:end].astype(np.int64)


def _interval(values: Array, n: int, percent: int, step: int) -> tuple[int, int] | None:
    """The ends, rounded outward, of the interval for `n` independent entries."""
    ranks = order_statistics(n, percent)
    if ranks is None:
        return None
    low, high = ranks
    below, above = int(at_fraction(values, low - 1, n - 1)), int(at_fraction(values, high - 1, n - 1))
    return floored(below, n - 1, step), raised(above, n - 1, step)

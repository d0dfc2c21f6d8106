"""Rules of domain.md said plainly, in fractions, for tests to hold the fast ones to."""

from collections import Counter
from fractions import Fraction
from math import comb

import numpy as np
from exchange.domain.cell_book import Contents
from exchange.domain.tallies import BEYOND, NO_LOW

Entry = tuple[int, int]  # contributor, cents


def contents(*cells: list[Entry]) -> Contents:
    """The entries of some cells in one shard, as a cell book tells them."""
    values = [sorted(cents for _, cents in cell) for cell in cells]
    counts = [Counter(who for who, _ in cell) for cell in cells]
    by = [[[cents for w, cents in cell if w == who] for who in {w for w, _ in cell}] for cell in cells]
    return Contents(
        np.cumsum([len(cell) for cell in cells]),
        np.array([cents for cell in values for cents in cell], np.uint16),
        np.array([len(count) for count in counts], np.int32),
        np.array([sum(n * n for n in count.values()) for count in counts], np.int64),
        np.array([(sorted(map(min, all_)) + [NO_LOW] * BEYOND)[:BEYOND] for all_ in by], np.uint16),
        np.array([(sorted(map(max, all_), reverse=True) + [0] * BEYOND)[:BEYOND] for all_ in by], np.uint16),
    )


def exact(values: list[int], numerator: int, denominator: int) -> Fraction:
    """`percentile_cont` of values at numerator/denominator, in cents, said plainly."""
    ordered = sorted(values)
    position = Fraction(numerator, denominator) * (len(ordered) - 1)
    low = position.numerator // position.denominator
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


def plain_ranks(n: int, percent: int) -> tuple[int, int] | None:
    """The definition in whole numbers: P(X <= x) times 100^n."""
    total, low, high = 0, None, None
    for x in range(n + 1):
        total += comb(n, x) * percent**x * (100 - percent) ** (n - x)
        if low is None and total * 1000 >= 25 * 100**n:
            low = x
        if total * 1000 >= 975 * 100**n:
            high = x + 1
            break
    assert low is not None
    assert high is not None
    return (low, high) if low >= 2 and high <= n - 1 else None

"""Rule 6: percentiles and their intervals in exact whole-number arithmetic, and the bands of contributors.

A percentile is PostgreSQL's `percentile_cont`: at position q*(n-1) of the sorted entries, interpolated. A result here
is a fraction: `numerator / (cents * denominator)`, so that nothing is rounded before the policy's rounding.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value"

import math
from typing import Final

import numba
import numpy as np

from exchange.domain.addresses import Array

PERCENTILES: Final = (10, 25, 50, 75, 90)
BANDS: Final = ("5_9", "10_19", "20_49", "50_plus")
_BAND_FROM: Final = (5, 10, 20, 50)
# Which percentiles, and which intervals, are given in each band.
GIVEN: Final = ((50,), (25, 50, 75), PERCENTILES, PERCENTILES)
INTERVALS: Final = ((), (50,), (25, 50, 75), PERCENTILES)
FEWEST_BEYOND: Final = 3  # contributors at or beyond p10 and p90, or they would tell on one or two


@numba.njit(cache=True, nogil=True)
def band(contributors: int) -> int:
    """The index in BANDS; contributors is at least 5."""
    which = 0
    for i in range(1, len(_BAND_FROM)):
        if contributors >= _BAND_FROM[i]:
            which = i
    return which


@numba.njit(cache=True, nogil=True)
def gathered(told: Array, starts: Array, ends: Array, cell: int) -> Array:
    """The values of a cell out of all shards', sorted: shard s has told[starts[s, cell]:ends[s, cell]] of it."""
    total = np.int64(0)
    for shard in range(starts.shape[0]):
        total += ends[shard, cell] - starts[shard, cell]
    values = np.empty(total, np.int64)
    at = 0
    for shard in range(starts.shape[0]):
        for n in range(starts[shard, cell], ends[shard, cell]):
            values[at] = told[n]
            at += 1
    values.sort()
    return values


@numba.njit(cache=True, nogil=True)
def at_fraction(values: Array, numerator: int, denominator: int) -> int:
    """`denominator` times the value of sorted `values` at (numerator/denominator) of the way from first to last.

    Whole cents in, whole cents times `denominator` out: exact.
    """
    position = numerator * (values.shape[0] - 1)
    low = position // denominator
    rest = position % denominator
    below = values[low]
    above = values[low + 1] if rest else below
    return int(below * denominator + rest * (above - below))


@numba.njit(cache=True, nogil=True)
def rounded(scaled: int, denominator: int, step: int) -> int:
    """The nearest multiple of `step` cents, halves up, of scaled/denominator cents."""
    return (2 * scaled + step * denominator) // (2 * step * denominator) * step


@numba.njit(cache=True, nogil=True)
def floored(scaled: int, denominator: int, step: int) -> int:
    """The multiple of `step` cents at or below."""
    return scaled // (step * denominator) * step


@numba.njit(cache=True, nogil=True)
def raised(scaled: int, denominator: int, step: int) -> int:
    """The multiple of `step` cents at or above."""
    return -(-scaled // (step * denominator)) * step


@numba.njit(cache=True, nogil=True)
def ranks(n: int, percent: int) -> tuple[int, int]:
    """`order_statistics` with (0, 0) for none."""
    q = percent / 100
    spread = 12 * math.sqrt(n * q * (1 - q)) + 12
    first, last = max(0, int(n * q - spread)), min(n, int(n * q + spread))
    log_q, log_p = math.log(q), math.log1p(-q)
    constant = math.lgamma(n + 1)
    low = -1
    high = -1
    total = 0.0
    for x in range(first, last + 1):
        total += math.exp(constant - math.lgamma(x + 1) - math.lgamma(n - x + 1) + x * log_q + (n - x) * log_p)
        if low < 0 and total >= 0.025:
            low = x
        if total >= 0.975:
            high = x + 1
            break
    if low < 2 or high < 0 or high > n - 1:
        return 0, 0
    return low, high


def order_statistics(n: int, percent: int) -> tuple[int, int] | None:
    """The 1-based ranks (l, u) that hold percentile `percent` with 95%, for n independent entries; None if beyond them.

    With X ~ Binomial(n, q): l is the smallest x with P(X <= x) >= 0.025, u the smallest with P(X <= x) >= 0.975, plus
    1; given only if l >= 2 and u <= n - 1.
    """
    low, high = ranks(n, percent)
    return (int(low), int(high)) if low else None

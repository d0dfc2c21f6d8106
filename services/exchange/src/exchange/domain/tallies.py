"""Compiled kernels over the cells of one shard at a cut: what rules 3 and 6 need to know of them, added up by a release.

They are given the entries of the cells concerned, as `spread` writes them: a contributor's lie side by side.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type, attr-defined, assignment"

from typing import Final

import numba
import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.layout import CENTS_MASK, CENTS_SHIFT, CONTRIBUTOR_SHIFT

BEYOND: Final = 3  # as many contributors' lowest and highest values are told: `quantiles.FEWEST_BEYOND` need be known
NO_LOW: Final = 65535
_BEYOND, _NO_LOW = BEYOND, NO_LOW


@numba.njit(cache=True, nogil=True)
def _run_end(pool: Array, at: int, end: int) -> int:
    """Where the entries of the contributor that begin at `at` end."""
    contributor = pool[at] >> CONTRIBUTOR_SHIFT
    at += 1
    while at < end and pool[at] >> CONTRIBUTOR_SHIFT == contributor:
        at += 1
    return at


@numba.njit(cache=True, nogil=True)
def count_same(starts: Array, lengths: Array, pool: Array, wide: Array, fine: Array, held: Array, out: Array) -> None:
    """For each pair of cells: how many contributors have as many entries in the finer cell as in the wider one.

    Pairs with the same wider cell lie side by side; -1 is a cell without entries. `held` has room for each contributor.
    """
    loaded = np.int64(-1)
    for p in range(wide.shape[0]):
        out[p] = 0
        if wide[p] < 0 or fine[p] < 0:
            continue
        if wide[p] != loaded:
            loaded = wide[p]
            at = np.int64(starts[loaded])
            end = at + lengths[loaded]
            while at < end:
                after = _run_end(pool, at, end)
                held[pool[at] >> CONTRIBUTOR_SHIFT] = after - at
                at = after
        # Whoever is in the finer cell is in the wider one too, so what is left in `held` of others is never looked at.
        at = np.int64(starts[fine[p]])
        end = at + lengths[fine[p]]
        while at < end:
            after = _run_end(pool, at, end)
            out[p] += held[pool[at] >> CONTRIBUTOR_SHIFT] == after - at
            at = after


@numba.njit(cache=True, nogil=True)
def count_beyond(
    starts: Array, lengths: Array, pool: Array, parents: Array, ends: Array, finer: Array, held: Array, out: Array
) -> None:  # fmt: skip
    """For each parent: how many contributors have more entries in it than in its finer cells together.

    Those of parent i are finer[ends[i - 1]:ends[i]], disjoint; -1 is a cell without entries. `held` is all zero.
    """
    first = np.int64(0)
    for p in range(parents.shape[0]):
        out[p] = 0
        if parents[p] >= 0:
            for c in range(first, ends[p]):
                if finer[c] >= 0:
                    start = np.int64(starts[finer[c]])
                    for at in range(start, start + lengths[finer[c]]):
                        held[pool[at] >> CONTRIBUTOR_SHIFT] += 1
            at = np.int64(starts[parents[p]])
            end = at + lengths[parents[p]]
            while at < end:
                after = _run_end(pool, at, end)
                contributor = pool[at] >> CONTRIBUTOR_SHIFT
                out[p] += after - at > held[contributor]
                held[contributor] = 0
                at = after
        first = ends[p]


@numba.njit(cache=True, nogil=True)
def _into_least(least: Array, value: int) -> None:
    """Keep the least of those seen, sorted."""
    if value < least[least.shape[0] - 1]:
        at = least.shape[0] - 1
        while at > 0 and least[at - 1] > value:
            least[at] = least[at - 1]
            at -= 1
        least[at] = value


@numba.njit(cache=True, nogil=True)
def _into_greatest(greatest: Array, value: int) -> None:
    """Keep the greatest of those seen, greatest first."""
    if value > greatest[greatest.shape[0] - 1]:
        at = greatest.shape[0] - 1
        while at > 0 and greatest[at - 1] < value:
            greatest[at] = greatest[at - 1]
            at -= 1
        greatest[at] = value


@numba.njit(cache=True, nogil=True)
def tell(
    starts: Array, lengths: Array, pool: Array, cells: Array, cents: Array, ends: Array, contributors: Array,
    squares: Array, lows: Array, highs: Array,
) -> None:  # fmt: skip
    """Write the values of each cell, sorted, one cell after the other, and what rule 6 asks of its contributors."""
    used = 0
    for i in range(cells.shape[0]):
        lows[i, :] = _NO_LOW
        highs[i, :] = 0
        contributors[i] = 0
        squares[i] = 0
        if cells[i] >= 0:
            first = used
            at = np.int64(starts[cells[i]])
            end = at + lengths[cells[i]]
            while at < end:
                after = _run_end(pool, at, end)
                contributors[i] += 1
                squares[i] += (after - at) * (after - at)
                # Entries lie by contributor, then cents: the first is the lowest, the last the highest.
                _into_least(lows[i], pool[at] >> CENTS_SHIFT & CENTS_MASK)
                _into_greatest(highs[i], pool[after - 1] >> CENTS_SHIFT & CENTS_MASK)
                for n in range(at, after):
                    cents[used] = pool[n] >> CENTS_SHIFT & CENTS_MASK
                    used += 1
                at = after
            cents[first:used].sort()
        ends[i] = used

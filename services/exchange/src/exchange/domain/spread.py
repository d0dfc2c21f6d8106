"""Compiled kernels that make cells of a block's entries: each entry is in seven of the block's cells, or fewer.

Cells hold nothing of their own between events: what they count, and which entries they have at a cut, follows from the
logs of their blocks in one pass. A settled log is sorted by contributor, so that each cell's part of it is too.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type, attr-defined, assignment"

import numba
import numpy as np

from exchange.domain.addresses import BLOCK, Array, Shape, places_of
from exchange.domain.layout import (
    CONTRIBUTOR_SHIFT,
    GRADE_SHIFT,
    LEVEL_SHIFT,
    PLAN_SHIFT,
    SHOP_TYPE_SHIFT,
    SIZE_SHIFT,
    WIDE_GRADE_SHIFT,
    WIDE_SHOP_TYPE_SHIFT,
)
from exchange.domain.logs import settle


@numba.njit(cache=True, nogil=True, inline="always")
def places_in(record: int, wide: bool) -> tuple[int, int, int, int, int, int, int]:
    """The places of a record's cells in its block (`places_of`)."""
    if wide:
        return places_of(record >> WIDE_SHOP_TYPE_SHIFT & 15, record >> WIDE_GRADE_SHIFT & 7, 0, 0, 0)
    return places_of(
        record >> SHOP_TYPE_SHIFT & 15, record >> GRADE_SHIFT & 7, record >> PLAN_SHIFT & 15,
        record >> SIZE_SHIFT & 7, record >> LEVEL_SHIFT & 3,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def tally(records: Array, shape: Shape, counts: Array, last: Array, run: Array) -> None:
    """Count the cells of one block, COUNT by place, from its settled log; `last` and `run` are room for each place."""
    for place in range(BLOCK):
        counts[place].contributors = 0
        counts[place].entries = 0
        counts[place].largest = 0
        last[place] = -1
    cells, wide = shape.cells, shape.wide
    for i in range(records.shape[0]):
        contributor = records[i] >> CONTRIBUTOR_SHIFT
        left = cells
        for place in places_in(records[i], wide):
            if left == 0:
                break
            left -= 1
            if last[place] != contributor:
                last[place] = contributor
                run[place] = 0
                counts[place].contributors += 1
            run[place] += 1
            counts[place].entries += 1
            counts[place].largest = max(counts[place].largest, run[place])


@numba.njit(cache=True, nogil=True)
def count_dirty(logs: Array, counts: Array, count: int, pool: Array, shape: Shape) -> int:
    """Settle every block touched since its last count, and count its cells; how many there were."""
    counted = 0
    last, run = np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int32)
    for block in range(count):
        log = logs[block]
        if log.dirty == 0:
            continue
        settle(logs, block, pool)
        records = pool[log.start : log.start + log.length]
        tally(records, shape, counts[block * BLOCK : (block + 1) * BLOCK], last, run)
        log.dirty = 0
        counted += 1
    return counted


@numba.njit(cache=True, nogil=True, inline="always")
def _put(record: int, places: tuple[int, ...], spot: Array, out: Array) -> None:
    """Write a record into the cells that want it; where a measure has no cells, none does."""
    for place in places:
        if spot[place] >= 0:
            out[spot[place]] = record
            spot[place] += 1


@numba.njit(cache=True, nogil=True)
def spread(
    wanted: Array, ends: Array, starts: Array, lengths: Array, pool: Array, wide: bool, out: Array
) -> None:  # fmt: skip
    """Write the entries of the cells at the addresses `wanted`, sorted, one cell after the other: i ends at `ends[i]`.

    `starts` and `lengths` say by block where the settled logs lay at the cut.
    """
    spot = np.full(BLOCK, -1, np.int64)  # by place: where the cell's next entry goes
    first = 0
    while first < wanted.shape[0]:
        block = wanted[first] // BLOCK
        after = first
        while after < wanted.shape[0] and wanted[after] // BLOCK == block:
            spot[wanted[after] % BLOCK] = ends[after - 1] if after else 0
            after += 1
        start = np.int64(starts[block])
        if wide:
            for i in range(start, start + lengths[block]):
                _put(pool[i], places_in(pool[i], True), spot, out)
        else:
            for i in range(start, start + lengths[block]):
                _put(pool[i], places_in(pool[i], False), spot, out)
        for n in range(first, after):
            spot[wanted[n] % BLOCK] = -1
        first = after

"""Compiled kernels that make cells of a block's entries: each entry is in seven of the block's cells.

Cells hold nothing of their own between events: what they count, and which entries they have at a cut, follows from the
logs of their blocks in one pass. A settled log is sorted by contributor, so that each cell's part of it is too.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type, attr-defined, assignment"

import numba
import numpy as np

from exchange.domain.addresses import BLOCK, Array, places_of
from exchange.domain.layout import (
    CONTRIBUTOR_SHIFT,
    GRADE_SHIFT,
    LEVEL_SHIFT,
    PLAN_SHIFT,
    SHOP_TYPE_SHIFT,
    SIZE_SHIFT,
)
from exchange.domain.logs import settle


@numba.njit(cache=True, nogil=True, inline="always")
def places_in(record: int) -> tuple[int, int, int, int, int, int, int]:
    """The places of a record's cells in its block."""
    return places_of(
        record >> SHOP_TYPE_SHIFT & 15, record >> GRADE_SHIFT & 7, record >> PLAN_SHIFT & 15,
        record >> SIZE_SHIFT & 7, record >> LEVEL_SHIFT & 3,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def tally(records: Array, counts: Array, last: Array, run: Array) -> None:
    """Count the cells of one block, COUNT by place, from its settled log; `last` and `run` are room for each place."""
    for place in range(BLOCK):
        counts[place].contributors = 0
        counts[place].entries = 0
        counts[place].largest = 0
        last[place] = -1
    for i in range(records.shape[0]):
        contributor = records[i] >> CONTRIBUTOR_SHIFT
        for place in places_in(records[i]):
            if last[place] != contributor:
                last[place] = contributor
                run[place] = 0
                counts[place].contributors += 1
            run[place] += 1
            counts[place].entries += 1
            counts[place].largest = max(counts[place].largest, run[place])


@numba.njit(cache=True, nogil=True)
def count_dirty(logs: Array, counts: Array, count: int, pool: Array) -> int:
    """Settle every block touched since its last count, and count its cells; how many there were."""
    counted = 0
    last, run = np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int32)
    for block in range(count):
        log = logs[block]
        if log.dirty == 0:
            continue
        settle(logs, block, pool)
        tally(pool[log.start : log.start + log.length], counts[block * BLOCK : (block + 1) * BLOCK], last, run)
        log.dirty = 0
        counted += 1
    return counted


@numba.njit(cache=True, nogil=True)
def spread(wanted: Array, ends: Array, starts: Array, lengths: Array, pool: Array, out: Array) -> None:
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
        for i in range(start, start + lengths[block]):
            for place in places_in(pool[i]):
                if spot[place] >= 0:
                    out[spot[place]] = pool[i]
                    spot[place] += 1
        for n in range(first, after):
            spot[wanted[n] % BLOCK] = -1
        first = after

"""Compiled kernels that hold the live cells to the contributions: what a slice of cells must hold, summed up anew.

Sums do not depend on the order of what is added, so neither side is sorted: each entry is mixed to 64 bits, and a
removal takes off what its entry added. An entry that is missing, doubled or altered leaves a difference.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type, assignment, attr-defined"

from typing import Final

import numba
import numpy as np

from exchange.domain.addresses import BLOCK, GROUPS_PER_GEOGRAPHY, Array, places_of
from exchange.domain.layout import CONTRIBUTOR_SHIFT, NONE
from exchange.domain.standing import NOW, stands
from exchange.domain.versions import chosen

_MOST_RECORDS: Final = 1 << 18  # of a slice's logs, so that a slice takes some milliseconds
_MOST_CELLS: Final = 1 << 17


@numba.njit(cache=True, nogil=True, inline="always")
def _mixed(entry: int) -> int:
    """The finalizer of SplitMix64 over a log's record without its removal bit."""
    z = np.uint64(entry) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def slice_end(first: int, blocks: Array, cells: Array) -> int:
    """Where the slice that begins at `first` ends: at most so many cells, with at most so many records in their logs.

    A slice counts cells by group (`addresses`) and place, whether the group has a block or not, so that it holds few
    geographies and most contributions can be passed over.
    """
    records = np.int64(0)
    end = first
    last = np.int64(blocks.shape[0]) * BLOCK
    while end < last and end - first < _MOST_CELLS:
        block = np.int64(blocks[end // BLOCK])
        if block < 0:
            end = min((end // BLOCK + 1) * BLOCK, last, first + _MOST_CELLS)
            continue
        records += cells[block * BLOCK + end % BLOCK].length
        if records > _MOST_RECORDS and end > first:
            break
        end += 1
    return end


@numba.njit(cache=True, nogil=True)
def first_wrong(
    first: int, end: int, submissions: Array, versions: Array, count: int, members: Array, kind: int, cutoff: int,
    window: int, chains: Array, blocks: Array, cells: Array, counts: Array, pool: Array,
) -> int:  # fmt: skip
    """The first cell of a slice that is not what the contributions make it, by its log or by its count; -1: none."""
    sums = np.zeros(end - first, np.uint64)
    entries = np.zeros(end - first, np.int32)
    first_geography = first // BLOCK // GROUPS_PER_GEOGRAPHY
    last_geography = (end - 1) // BLOCK // GROUPS_PER_GEOGRAPHY
    for target in range(count):
        submission = submissions[target]
        best = chosen(versions, submission.head, NOW, cutoff)
        if best == NONE:
            continue
        v = versions[best]
        if v.zip < 0 or v.zip >= chains.shape[0]:
            return first
        here = False
        for step in range(chains.shape[1]):
            here |= first_geography <= chains[v.zip, step] <= last_geography
        if not here or not stands(v, members[submission.member], submission.withdrawn, kind, cutoff, window):
            continue
        places = places_of(v.shop_type, v.experience, v.plan, v.size, v.credential_level)
        mixed = _mixed(np.int64(submission.member) << CONTRIBUTOR_SHIFT | np.int64(v.cents) << 1)
        for step in range(chains.shape[1]):
            geography = np.int64(chains[v.zip, step])
            if geography < first_geography or geography > last_geography:
                continue
            for role in (np.int64(0), np.int64(v.role) + 1):
                begin = (geography * GROUPS_PER_GEOGRAPHY + role) * BLOCK - first
                for place in places:
                    if 0 <= begin + place < end - first:
                        sums[begin + place] += mixed
                        entries[begin + place] += 1
    for at in range(first, end):
        block = np.int64(blocks[at // BLOCK])
        if block < 0:
            if entries[at - first]:
                return at
            continue
        address = block * BLOCK + at % BLOCK
        if not _is_right(cells[address], counts[address], sums[at - first], entries[at - first], pool):
            return at
    return -1


@numba.njit(cache=True, nogil=True)
def _is_right(cell: Array, counted: Array, wanted: int, entries: int, pool: Array) -> bool:
    """Whether a cell's log nets to these entries, and, where nothing came since it was counted, its count is theirs."""
    if cell.start < 0 or cell.length < 0 or cell.start + cell.length > pool.shape[0]:
        return False
    total = np.uint64(0)
    removed = 0
    contributors = 0
    run = 0
    largest = 0
    last = np.int64(-1)
    for i in range(cell.start, cell.start + cell.length):
        record = pool[i]
        if record & 1:
            removed += 1
            total -= _mixed(record & ~np.int64(1))
            continue
        total += _mixed(record)
        if record >> CONTRIBUTOR_SHIFT != last:
            last = record >> CONTRIBUTOR_SHIFT
            contributors += 1
            run = 0
        run += 1
        largest = max(largest, run)
    if total != wanted or cell.length - 2 * removed != entries or cell.removed != removed:
        return False
    if cell.dirty:
        return True
    # Not touched since it was counted, so its log is sorted.
    return counted.entries == entries and counted.contributors == contributors and counted.largest == largest

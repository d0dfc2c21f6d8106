"""Compiled kernels that hold the live cells to the contributions: what a slice of cells must hold, summed up anew.

Sums do not depend on the order of what is added, so neither side is sorted: each entry is mixed to 64 bits, and a
removal takes off what its entry added. An entry that is missing, doubled or altered leaves a difference.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type, assignment, attr-defined"

from typing import Final

import numba
import numpy as np

from exchange.domain.addresses import BLOCK, GROUPS_PER_GEOGRAPHY, Array, Shape
from exchange.domain.layout import COUNT, NONE
from exchange.domain.logs import entry_of
from exchange.domain.spread import tally
from exchange.domain.standing import NOW, stands
from exchange.domain.versions import chosen

_MOST_RECORDS: Final = 1 << 18  # of a slice's logs, so that a slice takes some milliseconds
_COUNT: Final = COUNT  # as a global of this module, for the kernels


@numba.njit(cache=True, nogil=True, inline="always")
def mixed(entry: int) -> int:
    """The finalizer of SplitMix64 over a log's record without its removal bit."""
    z = np.uint64(entry) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def slice_end(first: int, blocks: Array, logs: Array) -> int:
    """Where the slice of groups (`addresses`) that begins at `first` ends: with so many records in their logs at most.

    Groups without a block are in it too, so that a slice holds few geographies and most contributions are passed over.
    """
    records = np.int64(0)
    end = first
    while end < blocks.shape[0]:
        if blocks[end] >= 0:
            records += logs[blocks[end]].length
            if records > _MOST_RECORDS and end > first:
                break
        end += 1
    return end


@numba.njit(cache=True, nogil=True)
def first_wrong(
    first: int, end: int, submissions: Array, versions: Array, count: int, members: Array, kind: int, cutoff: int,
    window: int, shape: Shape, chains: Array, blocks: Array, logs: Array, counts: Array, pool: Array,
) -> int:  # fmt: skip
    """The spot of the first cell of a slice that is not what the contributions make it; -1: none.

    That is the first of its block's when it is by the log, any when it is by the count.
    """
    sums = np.zeros(end - first, np.uint64)
    entries = np.zeros(end - first, np.int32)
    first_geography = first // GROUPS_PER_GEOGRAPHY
    last_geography = (end - 1) // GROUPS_PER_GEOGRAPHY
    for target in range(count):
        submission = submissions[target]
        best = chosen(versions, submission.head, NOW, cutoff)
        if best == NONE:
            continue
        v = versions[best]
        if v.zip < 0 or v.zip >= chains.shape[0]:
            return first * BLOCK
        here = False
        for step in range(chains.shape[1]):
            here |= first_geography <= chains[v.zip, step] <= last_geography
        if not here or not stands(v, members[submission.member], submission.withdrawn, kind, cutoff, window):
            continue
        adds = mixed(entry_of(submission.member, v, shape.wide))
        for step in range(chains.shape[1]):
            geography = np.int64(chains[v.zip, step])
            if geography < first_geography or geography > last_geography:
                continue
            for which in range(0 if shape.all_subjects else 1, 2):
                group = geography * GROUPS_PER_GEOGRAPHY + which * (np.int64(v.subject) + 1)
                if first <= group < end:
                    sums[group - first] += adds
                    entries[group - first] += 1
    counted, last, run = np.zeros(BLOCK, _COUNT), np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int32)
    for group in range(first, end):
        block = np.int64(blocks[group])
        if block < 0:
            if entries[group - first]:
                return group * BLOCK
            continue
        log = logs[block]
        if not _is_right(log, sums[group - first], entries[group - first], pool):
            return group * BLOCK
        if log.dirty == 0:  # not touched since it was counted, so its log is sorted
            tally(pool[log.start : log.start + log.length], shape, counted, last, run)
            for place in range(BLOCK):
                there = counts[block * BLOCK + place]
                if (
                    there.entries != counted[place].entries
                    or there.contributors != counted[place].contributors
                    or there.largest != counted[place].largest
                ):
                    return group * BLOCK + place
    return -1


@numba.njit(cache=True, nogil=True)
def _is_right(log: Array, wanted: int, entries: int, pool: Array) -> bool:
    """Whether a block's log nets to these entries."""
    if log.start < 0 or log.length < 0 or log.start + log.length > pool.shape[0]:
        return False
    total = np.uint64(0)
    removed = 0
    for i in range(log.start, log.start + log.length):
        record = pool[i]
        if record & 1:
            removed += 1
            total -= mixed(record & ~np.int64(1))
        else:
            total += mixed(record)
    return total == wanted and log.length - 2 * removed == entries and log.removed == removed

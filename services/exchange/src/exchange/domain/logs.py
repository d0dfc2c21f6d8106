"""Compiled kernels over the logs of blocks: entries put in and taken out, exact to the cent.

A log instead of counters, because appending is what an event costs eight times: no search, no shifting. Sorted, a log
gives the exact multiset of entries, each contributor's side by side; it is sorted only when its cells are counted (0522).
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type, attr-defined"

from typing import Final

import numba
import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.layout import (
    CENTS_SHIFT,
    CONTRIBUTOR_SHIFT,
    GRADE_SHIFT,
    LEVEL_SHIFT,
    PLAN_SHIFT,
    SHOP_TYPE_SHIFT,
    SIZE_SHIFT,
    WIDE_GRADE_SHIFT,
    WIDE_SHOP_TYPE_SHIFT,
    WIDE_VALUE_SHIFT,
)

# counters: what a book of cells has used so far
N_BLOCKS: Final = 0
POOL_USED: Final = 1
FROZEN: Final = 2  # a cut is being read: logs may grow but not be rewritten
LOOKED: Final = 3  # written so that `room_needed` is not compiled away
FREE_LOGS: Final = 4  # first of 40 heads of lists of free pieces, by size class
N_COUNTERS: Final = FREE_LOGS + 40


@numba.njit(cache=True, nogil=True, inline="always")
def entry_of(contributor: int, version: Array, wide: bool) -> int:
    """The record that puts a version into the log of a block; one more takes it out again."""
    if wide:
        return (
            np.int64(contributor) << CONTRIBUTOR_SHIFT
            | np.int64(version.value) << WIDE_VALUE_SHIFT
            | np.int64(version.shop_type) << WIDE_SHOP_TYPE_SHIFT
            | np.int64(version.grade) << WIDE_GRADE_SHIFT
        )
    return (
        np.int64(contributor) << CONTRIBUTOR_SHIFT
        | np.int64(version.value) << CENTS_SHIFT
        | np.int64(version.shop_type) << SHOP_TYPE_SHIFT
        | np.int64(version.grade) << GRADE_SHIFT
        | np.int64(version.plan) << PLAN_SHIFT
        | np.int64(version.size) << SIZE_SHIFT
        | np.int64(version.credential_level) << LEVEL_SHIFT
    )


@numba.njit(cache=True, nogil=True, inline="always")
def _capacity(size_class: int) -> int:
    return (np.int64(1) << np.int64(size_class)) & ~np.int64(1)


@numba.njit(cache=True, nogil=True)
def room_needed(logs: Array, blocks: Array, n: int, appends: int, pool: Array, counters: Array) -> int:
    """An upper bound of the pool records that `appends` further records in each of these logs may take.

    It looks at every log and at its end without deciding anything, so that the processor waits for all that is far
    away at once; the appends that follow find it near.
    """
    need = np.int64(0)
    looked = np.int64(0)
    for i in range(n):
        log = logs[blocks[i]]
        capacity = _capacity(log.size_class)
        need += np.int64(log.length + appends > capacity) * (4 * capacity + 4)
        looked ^= pool[log.start + max(log.length, 1) - 1]
    counters[LOOKED] = looked
    return need


@numba.njit(cache=True, nogil=True)
def _take_piece(size_class: int, pool: Array, counters: Array) -> int:
    head = counters[FREE_LOGS + size_class]
    if head >= 0:
        counters[FREE_LOGS + size_class] = pool[head]
        return head
    start = counters[POOL_USED]
    counters[POOL_USED] = start + (np.int64(1) << size_class)
    return start


@numba.njit(cache=True, nogil=True)
def append(logs: Array, block: int, pool: Array, counters: Array, record: int) -> None:
    """Append one record to a block's log; the caller made sure of `room_needed`."""
    log = logs[block]
    if log.length == _capacity(log.size_class):
        if counters[FROZEN] == 0 and log.removed * 4 >= log.length and log.length > 8:
            settle(logs, block, pool)
        if log.length == _capacity(log.size_class):
            size_class = np.int64(log.size_class) + 1
            start = _take_piece(size_class, pool, counters)
            for i in range(log.length):
                pool[start + i] = pool[log.start + i]
            # While a cut is read, a piece that was left behind stays as it is: whoever reads may have just found it.
            if log.length > 0 and counters[FROZEN] == 0:
                pool[log.start] = counters[FREE_LOGS + size_class - 1]
                counters[FREE_LOGS + size_class - 1] = log.start
            log.start = start
            log.size_class = size_class
    pool[log.start + log.length] = record
    log.length += 1
    log.removed += record & 1
    log.dirty = 1


@numba.njit(cache=True, nogil=True)
def _sort(values: Array) -> None:
    if values.shape[0] > 40:
        values[:] = np.sort(values)
        return
    for i in range(1, values.shape[0]):
        value = values[i]
        j = i - 1
        while j >= 0 and values[j] > value:
            values[j + 1] = values[j]
            j -= 1
        values[j + 1] = value


@numba.njit(cache=True, nogil=True)
def net(log: Array, out: Array) -> int:
    """Sort `log` and write what is left when removals have cancelled their entries; how many records that is."""
    _sort(log)
    kept = 0
    i = 0
    while i < log.shape[0]:
        entry = log[i] & ~np.int64(1)
        balance = 0
        while i < log.shape[0] and log[i] & ~np.int64(1) == entry:
            balance += 1 - 2 * (log[i] & 1)
            i += 1
        for _ in range(balance):
            out[kept] = entry
            kept += 1
    return kept


@numba.njit(cache=True, nogil=True)
def settle(logs: Array, block: int, pool: Array) -> None:
    """Rewrite a block's log as the sorted entries that are in it."""
    log = logs[block]
    records = pool[log.start : log.start + log.length]
    log.length = net(records, records)
    log.removed = 0

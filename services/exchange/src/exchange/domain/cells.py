"""Compiled kernels over live cells: each cell is a log of entries put in and taken out, exact to the cent.

A log instead of counters, because appending is what an event costs 56 times: no search, no shifting. Sorted, a log
gives the exact multiset of values and the entries by contributor at once; a cell is sorted only when it is counted.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type, attr-defined"

from typing import Final

import numba
import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.layout import CONTRIBUTOR_SHIFT

# counters: what a book of cells has used so far
N_BLOCKS: Final = 0
POOL_USED: Final = 1
FROZEN: Final = 2  # a cut is being read: logs may grow but not be rewritten
LOOKED: Final = 3  # written so that `room_needed` is not compiled away
FREE_BLOCKS: Final = 4  # first of 40 heads of lists of free logs, by size class
N_COUNTERS: Final = FREE_BLOCKS + 40


@numba.njit(cache=True, nogil=True, inline="always")
def _capacity(size_class: int) -> int:
    return (np.int64(1) << np.int64(size_class)) & ~np.int64(1)


@numba.njit(cache=True, nogil=True)
def room_needed(cells: Array, addresses: Array, n: int, appends: int, pool: Array, counters: Array) -> int:
    """An upper bound of the pool records that `appends` further records in each of these cells may take.

    It looks at every cell and at the end of its log without deciding anything, so that the processor waits for all
    that is far away at once; the appends that follow find it near.
    """
    need = np.int64(0)
    looked = np.int64(0)
    for i in range(n):
        cell = cells[addresses[i]]
        capacity = _capacity(cell.size_class)
        need += np.int64(cell.length + appends > capacity) * (4 * capacity + 4)
        looked ^= pool[cell.start + max(cell.length, 1) - 1]
    counters[LOOKED] = looked
    return need


@numba.njit(cache=True, nogil=True)
def _take_log(size_class: int, pool: Array, counters: Array) -> int:
    head = counters[FREE_BLOCKS + size_class]
    if head >= 0:
        counters[FREE_BLOCKS + size_class] = pool[head]
        return head
    start = counters[POOL_USED]
    counters[POOL_USED] = start + (np.int64(1) << size_class)
    return start


@numba.njit(cache=True, nogil=True)
def append(cells: Array, address: int, pool: Array, counters: Array, record: int) -> None:
    """Append one record to a cell's log; the caller made sure of `room_needed`."""
    cell = cells[address]
    if cell.length == _capacity(cell.size_class):
        if counters[FROZEN] == 0 and cell.removed * 4 >= cell.length and cell.length > 8:
            settle(cells, address, pool)
        if cell.length == _capacity(cell.size_class):
            size_class = np.int64(cell.size_class) + 1
            start = _take_log(size_class, pool, counters)
            for i in range(cell.length):
                pool[start + i] = pool[cell.start + i]
            # While a cut is read, a log that was left behind stays as it is: whoever reads may have just found it.
            if cell.length > 0 and counters[FROZEN] == 0:
                pool[cell.start] = counters[FREE_BLOCKS + size_class - 1]
                counters[FREE_BLOCKS + size_class - 1] = cell.start
            cell.start = start
            cell.size_class = size_class
    pool[cell.start + cell.length] = record
    cell.length += 1
    cell.removed += record & 1
    cell.dirty = 1


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
def settle(cells: Array, address: int, pool: Array) -> None:
    """Rewrite a cell's log as the sorted entries that are in it."""
    cell = cells[address]
    log = pool[cell.start : cell.start + cell.length]
    cell.length = net(log, log)
    cell.removed = 0


@numba.njit(cache=True, nogil=True)
def count_dirty(cells: Array, counts: Array, count: int, pool: Array) -> int:
    """Settle and count every cell touched since its last count; how many there were."""
    counted = 0
    for address in range(count):
        cell = cells[address]
        if cell.dirty == 0:
            continue
        settle(cells, address, pool)
        counted += 1
        contributors = 0
        largest = 0
        run = 0
        last = np.int64(-1)
        for i in range(cell.start, cell.start + cell.length):
            contributor = pool[i] >> CONTRIBUTOR_SHIFT
            if contributor != last:
                contributors += 1
                run = 0
                last = contributor
            run += 1
            largest = max(largest, run)
        counts[address].contributors = contributors
        counts[address].entries = cell.length
        counts[address].largest = largest
        cell.dirty = 0
    return counted

"""Compiled kernels over live cells: each cell is a log of entries put in and taken out, exact to the cent.

A log instead of counters, because appending is what an event costs 56 times: no search, no shifting. Sorted, a log
gives the exact multiset of values and the entries by contributor at once; a cell is sorted only when it is counted.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type, attr-defined"

from typing import Any, Final

import numba
import numpy as np

from exchange.domain.lattice import EXPERIENCE_SHIFT, FACET_SHIFT, GEO_SHIFT, ROLE_SHIFT, SHOP_SHIFT
from exchange.domain.layout import CONTRIBUTOR_SHIFT

Array = np.ndarray[Any, np.dtype[Any]]

CELLS_PER_ENTRY: Final = 56
# counters: what a book of cells has used so far
N_CELLS: Final = 0
POOL_USED: Final = 1
FROZEN: Final = 2  # a cut is being read: logs may grow but not be rewritten
FREE_BLOCKS: Final = 3  # first of 40 heads of lists of free blocks, by size class
N_COUNTERS: Final = FREE_BLOCKS + 40

_SMALLEST_CLASS: Final = 1  # a new cell's log has room for two


@numba.njit(cache=True, nogil=True, inline="always")
def _slot(key: int, shift: int) -> int:
    return np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(shift))


@numba.njit(cache=True, nogil=True)
def find_or_add(table: Array, shift: int, cells: Array, counters: Array, key: int) -> int:
    """The number of the cell with this key; a new cell is added empty.

    `table` has 2^(64-shift) slots of (key, number), number -1 when free, and is never full. The key stands in the slot
    so that a probe that misses costs no look at another cell.
    """
    mask = table.shape[0] - 1
    slot = _slot(key, shift)
    while True:
        number = table[slot, 1]
        if number < 0:
            number = counters[N_CELLS]
            counters[N_CELLS] = number + 1
            table[slot, 0] = key
            table[slot, 1] = number
            cells[number].key = key
            return number
        if table[slot, 0] == key:
            return number
        slot = (slot + 1) & mask


@numba.njit(cache=True, nogil=True)
def find(table: Array, shift: int, key: int) -> int:
    """The number of the cell with this key, or -1."""
    mask = table.shape[0] - 1
    slot = _slot(key, shift)
    while True:
        number = table[slot, 1]
        if number < 0 or table[slot, 0] == key:
            return number
        slot = (slot + 1) & mask


@numba.njit(cache=True, nogil=True)
def rehash(table: Array, shift: int, cells: Array, count: int) -> None:
    """Fill a new, larger table from the cells."""
    mask = table.shape[0] - 1
    for number in range(count):
        slot = _slot(cells[number].key, shift)
        while table[slot, 1] >= 0:
            slot = (slot + 1) & mask
        table[slot, 0] = cells[number].key
        table[slot, 1] = number


@numba.njit(cache=True, nogil=True)
def cells_of(
    chain: Array, role: int, shop: int, experience: int, plan: int, size: int, level: int,
    table: Array, shift: int, cells: Array, counters: Array, out: Array,
) -> int:  # fmt: skip
    """Write the numbers of the cells of one entry to `out`; how many (56 with a metro)."""
    n = 0
    for step in range(chain.shape[0]):
        if chain[step] < 0:
            continue
        geography = np.int64(chain[step]) << GEO_SHIFT
        for with_role in range(2):
            base = geography | ((role + 1) << ROLE_SHIFT if with_role else 0)
            for with_shop in range(2):
                shop_key = base | ((shop + 1) << SHOP_SHIFT if with_shop else 0)
                for with_experience in range(2):
                    key = shop_key | ((experience + 1) << EXPERIENCE_SHIFT if with_experience else 0)
                    out[n] = find_or_add(table, shift, cells, counters, key)
                    n += 1
            out[n] = find_or_add(table, shift, cells, counters, base | (1 << FACET_SHIFT) | (plan + 1))
            out[n + 1] = find_or_add(table, shift, cells, counters, base | (2 << FACET_SHIFT) | (size + 1))
            out[n + 2] = find_or_add(table, shift, cells, counters, base | (3 << FACET_SHIFT) | (level + 1))
            n += 3
    return n


@numba.njit(cache=True, nogil=True)
def room_needed(cells: Array, numbers: Array, n: int, appends: int) -> int:
    """An upper bound of the pool records that `appends` further records in each of these cells may take."""
    need = 0
    for i in range(n):
        cell = cells[numbers[i]]
        if cell.length + appends > cell.capacity:
            need += 4 * max(cell.capacity, 1) + 4
    return need


@numba.njit(cache=True, nogil=True)
def _take_block(size_class: int, pool: Array, counters: Array) -> int:
    head = counters[FREE_BLOCKS + size_class]
    if head >= 0:
        counters[FREE_BLOCKS + size_class] = pool[head]
        return head
    start = counters[POOL_USED]
    counters[POOL_USED] = start + (np.int64(1) << size_class)
    return start


@numba.njit(cache=True, nogil=True)
def append(cells: Array, number: int, pool: Array, counters: Array, record: int) -> None:
    """Append one record to a cell's log; the caller made sure of `room_needed`."""
    cell = cells[number]
    if cell.length == cell.capacity:
        if counters[FROZEN] == 0 and cell.removed * 4 >= cell.length and cell.length > 8:
            settle(cells, number, pool)
        if cell.length == cell.capacity:
            size_class = _SMALLEST_CLASS
            while (1 << size_class) < cell.capacity * 2:
                size_class += 1
            start = _take_block(size_class, pool, counters)
            for i in range(cell.length):
                pool[start + i] = pool[cell.start + i]
            if cell.capacity > 0:
                pool[cell.start] = counters[FREE_BLOCKS + size_class - 1]
                counters[FREE_BLOCKS + size_class - 1] = cell.start
            cell.start = start
            cell.capacity = 1 << size_class
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
def settle(cells: Array, number: int, pool: Array) -> None:
    """Rewrite a cell's log as the sorted entries that are in it."""
    cell = cells[number]
    log = pool[cell.start : cell.start + cell.length]
    cell.length = net(log, log)
    cell.removed = 0


@numba.njit(cache=True, nogil=True)
def count_dirty(cells: Array, count: int, pool: Array) -> int:
    """Settle and count every cell touched since its last count; how many there were."""
    counted = 0
    for number in range(count):
        cell = cells[number]
        if cell.dirty == 0:
            continue
        settle(cells, number, pool)
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
        cell.contributors = contributors
        cell.entries = cell.length
        cell.largest = largest
        cell.dirty = 0
    return counted


@numba.njit(cache=True, nogil=True)
def copy_prefixes(cells: Array, numbers: Array, lengths: Array, pool: Array, out: Array, ends: Array) -> int:
    """Copy the net entries of the first `lengths[i]` records of each cell to `out`; `ends[i]` is where cell i ends."""
    used = 0
    for i in range(numbers.shape[0]):
        if numbers[i] >= 0 and lengths[i] > 0:
            start = cells[numbers[i]].start
            log = pool[start : start + lengths[i]].copy()
            used += net(log, out[used:])
        ends[i] = used
    return used

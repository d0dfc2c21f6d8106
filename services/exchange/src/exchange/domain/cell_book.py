"""The live cells of one measure in one shard: arrays that grow, and the cut that a release reads while they go on."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from exchange.domain import cells as kernels
from exchange.domain.addresses import BLOCK, BLOCKS_PER_ENTRY, GROUPS_PER_GEOGRAPHY, Array, address_of, key_of
from exchange.domain.cells import FREE_BLOCKS, FROZEN, N_BLOCKS, N_COUNTERS, POOL_USED
from exchange.domain.growing import Growing
from exchange.domain.layout import CELL, COUNT

_MOST_RECORDS: Final = 2**31  # a cell says in 32 bits where its log begins


@dataclass(frozen=True, slots=True)
class Census:
    """What every cell of a shard counted at a cut, one array element a cell, sorted by key."""

    keys: Array  # i8, packed
    contributors: Array  # i4
    entries: Array  # i4
    largest: Array  # i4, entries of the contributor with most


@dataclass(frozen=True, slots=True)
class Contents:
    """The entries of some cells at a cut: cell i holds records[ends[i - 1]:ends[i]], by contributor, then cents."""

    ends: Array  # i8
    contributors: Array  # i4, numbers of this shard only
    cents: Array  # i4


class CellBook:
    """Cells by address. Compiled kernels write the arrays; this class makes them larger when a kernel asks."""

    def __init__(self, geographies: int) -> None:
        self.counters = np.zeros(N_COUNTERS, np.int64)
        self.counters[FREE_BLOCKS:] = -1
        self.blocks = np.full(geographies * GROUPS_PER_GEOGRAPHY, -1, np.int32)
        self._groups, self._pool = Growing(1024, np.int32), Growing(1 << 16, np.int64)
        self._cells, self._counts = Growing(0, CELL), Growing(0, COUNT)
        self.grow(0)
        self._cut: Array | None = None

    @property
    def groups(self) -> Array:
        """The group of each block (`addresses`)."""
        return self._groups.array

    @property
    def cells(self) -> Array:
        """CELL by address."""
        return self._cells.array

    @property
    def pool(self) -> Array:
        """The records of all logs."""
        return self._pool.array

    def __len__(self) -> int:
        """Addresses in use; not each of them has ever held an entry."""
        return int(self.counters[N_BLOCKS]) * BLOCK

    def grow(self, pool_records: int) -> None:
        """Make room for `pool_records` more records, or, when 0, for more blocks of cells."""
        if pool_records:
            wanted = int(self.counters[POOL_USED]) + pool_records
            if wanted > _MOST_RECORDS:
                raise OverflowError(f"{wanted} records in the cells of one shard: move to more partitions")
            self._pool.grow(wanted)
        else:
            self._groups.grow(int(self.counters[N_BLOCKS]) + 2 * BLOCKS_PER_ENTRY)
            self._cells.grow(len(self.groups) * BLOCK)
            self._counts.grow(len(self.groups) * BLOCK)

    def census(self) -> Census:
        """Count every cell that changed since the last census; all cells that hold an entry, sorted by key."""
        count = len(self)
        kernels.count_dirty(self.cells, self._counts.array, count, self.pool)
        counts = self._counts.array[:count]
        held = np.flatnonzero(counts["entries"])
        keys = key_of(held, self.groups)
        order = np.argsort(keys, kind="stable")
        counts = counts[held[order]]
        return Census(keys[order], counts["contributors"].copy(), counts["entries"].copy(), counts["largest"].copy())

    def cut(self) -> Census:
        """Take a census and remember this moment: `contents` answers from it until `release_cut`."""
        self.release_cut()
        census = self.census()
        self._cut = self.cells["length"][: len(self)].copy()
        self.counters[FROZEN] = 1
        return census

    def contents(self, keys: Array) -> Contents:
        """The entries of these cells at the cut; a cell that this shard does not have is empty."""
        if self._cut is None:
            raise LookupError("no cut is held")
        addresses = address_of(keys, self.blocks)
        known = (addresses >= 0) & (addresses < len(self._cut))
        lengths = np.zeros(len(keys), np.int64)
        lengths[known] = self._cut[addresses[known]]
        out = np.empty(int(lengths.sum()) + 1, np.int64)
        ends = np.zeros(len(keys), np.int64)
        used = kernels.copy_prefixes(self.cells, addresses, lengths, self.pool, out, ends)
        records = out[:used]
        return Contents(ends, (records >> 32).astype(np.int32), ((records & 0xFFFFFFFF) >> 1).astype(np.int32))

    def release_cut(self) -> None:
        """Forget the cut; logs may be rewritten again."""
        self._cut = None
        self.counters[FROZEN] = 0

    def entries_of(self, key: int) -> list[tuple[int, int]]:
        """(contributor, cents) of every entry in a cell now, sorted."""
        address = int(address_of(np.array([key], np.int64), self.blocks)[0])
        if address < 0:
            return []
        cell = self.cells[address]
        log = self.pool[cell["start"] : cell["start"] + cell["length"]].copy()
        out = np.empty(len(log) + 1, np.int64)
        kept = kernels.net(log, out)
        return [(int(r >> 32), int((r & 0xFFFFFFFF) >> 1)) for r in out[:kept]]

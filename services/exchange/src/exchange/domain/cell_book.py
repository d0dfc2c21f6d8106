"""The live cells of one measure in one shard: arrays that grow, and the cut that a release reads while they go on."""

from dataclasses import dataclass

import numpy as np

from exchange.domain import cells as kernels
from exchange.domain.cells import CELLS_PER_ENTRY, FREE_BLOCKS, FROZEN, N_CELLS, N_COUNTERS, Array
from exchange.domain.layout import CELL


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
    """Cells by packed key. Compiled kernels write the arrays; this class makes them larger when a kernel asks."""

    def __init__(self, cells: int = 4096, pool: int = 1 << 16) -> None:
        self.counters = np.zeros(N_COUNTERS, np.int64)
        self.counters[FREE_BLOCKS:] = -1
        self.cells = np.zeros(cells, CELL)
        self.pool = np.zeros(pool, np.int64)
        self._new_table()
        self._cut: Array | None = None

    def __len__(self) -> int:
        return int(self.counters[N_CELLS])

    def _new_table(self) -> None:
        bits = max(4, int(2 * len(self.cells) - 1).bit_length())
        self.table = np.full((1 << bits, 2), -1, np.int64)
        self.shift = 64 - bits
        kernels.rehash(self.table, self.shift, self.cells, len(self))

    def grow(self, pool_records: int) -> None:
        """Make room for `pool_records` more records, or, when 0, for more cells."""
        if pool_records:
            larger = np.zeros(2 * len(self.pool) + 2 * pool_records, np.int64)
            larger[: len(self.pool)] = self.pool
            self.pool = larger
        else:
            cells = np.zeros(2 * len(self.cells) + 2 * CELLS_PER_ENTRY, CELL)
            cells[: len(self.cells)] = self.cells
            self.cells = cells
            self._new_table()

    def census(self) -> Census:
        """Count every cell that changed since the last census; all cells that hold an entry, sorted by key."""
        count = len(self)
        kernels.count_dirty(self.cells, count, self.pool)
        held = self.cells[:count][self.cells["entries"][:count] > 0]
        held = held[np.argsort(held["key"], kind="stable")]
        return Census(held["key"].copy(), held["contributors"].copy(), held["entries"].copy(), held["largest"].copy())

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
        numbers = np.array([kernels.find(self.table, self.shift, int(k)) for k in keys], np.int64)
        known = (numbers >= 0) & (numbers < len(self._cut))
        numbers[~known] = -1
        lengths = np.zeros(len(keys), np.int64)
        lengths[known] = self._cut[numbers[known]]
        out = np.empty(int(lengths.sum()) + 1, np.int64)
        ends = np.zeros(len(keys), np.int64)
        used = kernels.copy_prefixes(self.cells, numbers, lengths, self.pool, out, ends)
        records = out[:used]
        return Contents(ends, (records >> 32).astype(np.int32), ((records & 0xFFFFFFFF) >> 1).astype(np.int32))

    def release_cut(self) -> None:
        """Forget the cut; logs may be rewritten again."""
        self._cut = None
        self.counters[FROZEN] = 0

    def entries_of(self, key: int) -> list[tuple[int, int]]:
        """(contributor, cents) of every entry in a cell now, sorted."""
        number = kernels.find(self.table, self.shift, key)
        if number < 0:
            return []
        cell = self.cells[number]
        log = self.pool[cell["start"] : cell["start"] + cell["length"]].copy()
        out = np.empty(len(log) + 1, np.int64)
        kept = kernels.net(log, out)
        return [(int(r >> 32), int((r & 0xFFFFFFFF) >> 1)) for r in out[:kept]]

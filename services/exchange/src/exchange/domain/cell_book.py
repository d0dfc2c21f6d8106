"""The live cells of one measure in one shard: arrays that grow, and the cut that a release reads while they go on."""

from dataclasses import dataclass
from threading import Lock
from typing import Final

import numpy as np

from exchange.domain import cells as kernels
from exchange.domain import tallies
from exchange.domain.addresses import BLOCK, BLOCKS_PER_ENTRY, GROUPS_PER_GEOGRAPHY, Array, address_of, key_of
from exchange.domain.cells import FREE_BLOCKS, FROZEN, N_BLOCKS, N_COUNTERS, POOL_USED
from exchange.domain.growing import Growing
from exchange.domain.layout import CELL, CONTRIBUTOR_SHIFT, COUNT

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
    """The entries of some cells at a cut: cell i holds cents[ends[i - 1]:ends[i]], sorted."""

    ends: Array  # i8
    cents: Array  # u2
    contributors: Array  # i4
    squares: Array  # i8, sum of the squares of the contributors' entries
    lows: Array  # u2, of each contributor's lowest value the least three; NO_LOW where there are fewer
    highs: Array  # u2, of each contributor's highest value the greatest three, greatest first; 0 where there are fewer


class CellBook:
    """Cells by address. Compiled kernels write the arrays; this class makes them larger when a kernel asks.

    What a cut answers may be asked from another thread while entries come and go.
    """

    def __init__(self, geographies: int) -> None:
        self.counters = np.zeros(N_COUNTERS, np.int64)
        self.counters[FREE_BLOCKS:] = -1
        self.blocks = np.full(geographies * GROUPS_PER_GEOGRAPHY, -1, np.int32)
        self._groups, self._pool = Growing(1024, np.int32), Growing(1 << 16, np.int64)
        self._cells, self._counts = Growing(0, CELL), Growing(0, COUNT)
        self._moving = Lock()
        self.grow(0)
        self._starts: Array = np.zeros(0, np.int32)
        self._cut: Array | None = None
        self._contributors = 0

    @property
    def groups(self) -> Array:
        """The group of each block (`addresses`)."""
        return self._groups.array

    @property
    def cells(self) -> Array:
        """CELL by address."""
        return self._cells.array

    @property
    def counts(self) -> Array:
        """COUNT by address, as of the last census."""
        return self._counts.array

    @property
    def span(self) -> int:
        """How many cells there may be at most: one for each group and place."""
        return len(self.blocks) * BLOCK

    @property
    def pool(self) -> Array:
        """The records of all logs."""
        return self._pool.array

    def __len__(self) -> int:
        """Addresses in use; not each of them has ever held an entry."""
        return int(self.counters[N_BLOCKS]) * BLOCK

    def grow(self, pool_records: int) -> None:
        """Make room for `pool_records` more records, or, when 0, for more blocks of cells."""
        with self._moving:
            if pool_records:
                wanted = int(self.counters[POOL_USED]) + pool_records
                if wanted > _MOST_RECORDS:
                    raise OverflowError(f"{wanted} records in the cells of one shard: move to more partitions")
                self._pool.grow(wanted)
            else:
                self._groups.grow(int(self.counters[N_BLOCKS]) + 2 * BLOCKS_PER_ENTRY)
                self._cells.grow(len(self.groups) * BLOCK)
                self._counts.grow(len(self.groups) * BLOCK)

    def addresses(self, keys: Array) -> Array:
        """The addresses of the cells with these packed keys; -1 for a cell whose block there is not."""
        return address_of(keys, self.blocks)

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

    # -- a cut --------------------------------------------------------------------------------------------------

    def cut(self, contributors: int) -> Census:
        """Take a census and remember this moment, with so many contributors known: what follows answers from it."""
        self.release_cut()
        census = self.census()
        # Where each log lies is remembered too: while FROZEN, nothing is written over what was there.
        self._starts = self.cells["start"][: len(self)].copy()
        self._cut = self.cells["length"][: len(self)].copy()
        self._contributors = contributors
        self.counters[FROZEN] = 1
        return census

    def count_same(self, wide: Array, fine: Array) -> Array:
        """For each pair of keys, sorted by the wider one: contributors with as many entries in the finer cell."""
        starts, cut, pool = self._at_cut()
        out = np.zeros(len(wide), np.int32)
        held = np.zeros(self._contributors, np.int32)
        tallies.count_same(starts, cut, pool, self._found(wide), self._found(fine), held, out)
        return out

    def count_beyond(self, parents: Array, ends: Array, finer: Array) -> Array:
        """For each parent: contributors with more entries in it than in finer[ends[i - 1]:ends[i]] together."""
        starts, cut, pool = self._at_cut()
        out = np.zeros(len(parents), np.int32)
        held = np.zeros(self._contributors, np.int32)
        tallies.count_beyond(starts, cut, pool, self._found(parents), ends, self._found(finer), held, out)
        return out

    def contents(self, keys: Array) -> Contents:
        """The entries of these cells; a cell that this shard does not have is empty."""
        starts, cut, pool = self._at_cut()
        found = self._found(keys)
        n = len(keys)
        total = int(cut[found[found >= 0]].sum())
        told = Contents(
            np.zeros(n, np.int64), np.zeros(total, np.uint16), np.zeros(n, np.int32), np.zeros(n, np.int64),
            np.zeros((n, tallies.BEYOND), np.uint16), np.zeros((n, tallies.BEYOND), np.uint16),
        )  # fmt: skip
        tallies.tell(
            starts, cut, pool, found, told.cents, told.ends, told.contributors, told.squares, told.lows, told.highs
        )
        return told

    def release_cut(self) -> None:
        """Forget the cut; logs may be rewritten again."""
        self._cut = None
        self.counters[FROZEN] = 0

    def _at_cut(self) -> tuple[Array, Array, Array]:
        """Where each cell's log was, how long it was, and the pool, which stays readable if it is moved meanwhile."""
        if self._cut is None:
            raise LookupError("no cut is held")
        with self._moving:
            return self._starts, self._cut, self.pool

    def _found(self, keys: Array) -> Array:
        """The addresses of cells that held something at the cut; -1 for the others."""
        assert self._cut is not None  # noqa: S101 - `_at_cut` came first
        found = self.addresses(keys)
        known = (found >= 0) & (found < len(self._cut))
        found[~known] = -1
        return found

    # -- looking ------------------------------------------------------------------------------------------------

    def entries_of(self, key: int) -> list[tuple[int, int]]:
        """(contributor, cents) of every entry in a cell now, sorted."""
        address = int(self.addresses(np.array([key], np.int64))[0])
        if address < 0:
            return []
        cell = self.cells[address]
        log = self.pool[cell["start"] : cell["start"] + cell["length"]].copy()
        out = np.empty(len(log) + 1, np.int64)
        kept = kernels.net(log, out)
        return [(int(r >> CONTRIBUTOR_SHIFT), int((r & 0xFFFFFFFF) >> 1)) for r in out[:kept]]

"""The live cells of one measure in one shard: arrays that grow, and the cut that a release reads while they go on."""

from dataclasses import dataclass
from threading import Lock
from typing import Final

import numpy as np

from exchange.domain import offering, spread, tallies
from exchange.domain.addresses import (
    BLOCK,
    BLOCKS_PER_ENTRY,
    GROUPS_PER_GEOGRAPHY,
    Array,
    Shape,
    address_of,
    key_of,
)
from exchange.domain.distinct import distinct
from exchange.domain.growing import Growing
from exchange.domain.layout import (
    CENTS_MASK,
    CENTS_SHIFT,
    CONTRIBUTOR_SHIFT,
    COUNT,
    LOG,
    WIDE_VALUE_MASK,
    WIDE_VALUE_SHIFT,
)
from exchange.domain.logs import FREE_LOGS, FROZEN, N_BLOCKS, N_COUNTERS, POOL_USED, net
from exchange.domain.offering import Offers

_MOST_RECORDS: Final = 2**31  # a log says in 32 bits where it begins


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


@dataclass(frozen=True, slots=True)
class _AtCut:
    """What a cut remembers. While it is held, nothing is written over the logs that were there."""

    starts: Array  # by block, where its settled log lay
    lengths: Array
    entries: Array  # by address
    contributors: int


class CellBook:
    """Entries by block, and what cells count by address. Compiled kernels write the arrays; this class makes them
    larger when a kernel asks.

    What a cut answers may be asked from another thread while entries come and go.
    """

    def __init__(self, geographies: int, shape: Shape) -> None:
        self.shape = shape
        self.counters = np.zeros(N_COUNTERS, np.int64)
        self.counters[FREE_LOGS:] = -1
        self.blocks = np.full(geographies * GROUPS_PER_GEOGRAPHY, -1, np.int32)
        self._groups, self._pool = Growing(1024, np.int32), Growing(1 << 16, np.int64)
        self._logs, self._counts = Growing(0, LOG), Growing(0, COUNT)
        self._moving = Lock()
        self.grow(0)
        self._cut: _AtCut | None = None

    @property
    def groups(self) -> Array:
        """The group of each block (`addresses`)."""
        return self._groups.array

    @property
    def logs(self) -> Array:
        """LOG by block."""
        return self._logs.array

    @property
    def counts(self) -> Array:
        """COUNT by address, as of the last census."""
        return self._counts.array

    @property
    def pool(self) -> Array:
        """The records of all logs."""
        return self._pool.array

    def __len__(self) -> int:
        """Blocks in use."""
        return int(self.counters[N_BLOCKS])

    def grow(self, pool_records: int) -> None:
        """Make room for `pool_records` more records, or, when 0, for more blocks of cells."""
        with self._moving:
            if pool_records:
                wanted = int(self.counters[POOL_USED]) + pool_records
                if wanted > _MOST_RECORDS:
                    raise OverflowError(f"{wanted} records in the cells of one shard: move to more partitions")
                self._pool.grow(wanted)
            else:
                self._groups.grow(len(self) + 2 * BLOCKS_PER_ENTRY)
                self._logs.grow(len(self.groups))
                self._counts.grow(len(self.groups) * BLOCK)

    def addresses(self, keys: Array) -> Array:
        """The addresses of the cells with these packed keys; -1 for a cell whose block there is not."""
        return address_of(keys, self.blocks)

    def census(self) -> Census:
        """Count the cells of every block that changed since the last census; all that hold an entry, sorted by key."""
        spread.count_dirty(self.logs, self.counts, len(self), self.pool, self.shape)
        counts = self.counts[: len(self) * BLOCK]
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
        logs = self.logs[: len(self)]
        entries = self.counts["entries"][: len(self) * BLOCK].copy()
        self._cut = _AtCut(logs["start"].copy(), logs["length"].copy(), entries, contributors)
        self.counters[FROZEN] = 1
        return census

    def count_same(self, wide: Array, fine: Array) -> Array:
        """For each pair of keys, sorted by the wider one: contributors with as many entries in the finer cell."""
        cut, (wides, fines), entries = self._spread(wide, fine)
        out = np.zeros(len(wide), np.int32)
        tallies.count_same(*entries, wides, fines, np.zeros(cut.contributors, np.int32), out)
        return out

    def count_beyond(self, parents: Array, ends: Array, finer: Array) -> Array:
        """For each parent: contributors with more entries in it than in finer[ends[i - 1]:ends[i]] together."""
        cut, (wides, fines), entries = self._spread(parents, finer)
        out = np.zeros(len(parents), np.int32)
        tallies.count_beyond(*entries, wides, ends, fines, np.zeros(cut.contributors, np.int32), out)
        return out

    def contents(self, keys: Array) -> Contents:
        """The entries of these cells, in cents; a cell that this shard does not have is empty."""
        _, (found,), entries = self._spread(keys)
        n, total = len(keys), int(entries[1][found[found >= 0]].sum())
        told = Contents(
            np.zeros(n, np.int64), np.zeros(total, np.uint16), np.zeros(n, np.int32), np.zeros(n, np.int64),
            np.zeros((n, tallies.BEYOND), np.uint16), np.zeros((n, tallies.BEYOND), np.uint16),
        )  # fmt: skip
        tallies.tell(*entries, found, told.cents, told.ends, told.contributors, told.squares, told.lows, told.highs)
        return told

    def offers(self, keys: Array) -> Offers:
        """What rule 6 asks of the answers in these cells of benefits; a cell that this shard does not have is empty."""
        _, (found,), entries = self._spread(keys)
        return offering.offers(*entries, found)

    def told(self, keys: Array) -> Contents | Offers:
        """What rule 6 asks of these cells: of wide entries `offers`, of others `contents`."""
        return self.offers(keys) if self.shape.wide else self.contents(keys)

    def release_cut(self) -> None:
        """Forget the cut; logs may be rewritten again."""
        self._cut = None
        self.counters[FROZEN] = 0

    def _spread(self, *asked: Array) -> tuple[_AtCut, list[Array], tuple[Array, Array, Array]]:
        """The entries at the cut of all cells that are asked about: where each cell's begin, how many, and they
        themselves; before them by array asked which cell each key is, -1 for one that held nothing."""
        cut = self._cut
        if cut is None:
            raise LookupError("no cut is held")
        found = [self._found(keys, cut) for keys in asked]
        wanted = distinct(*found)
        wanted = wanted[wanted >= 0]
        lengths = cut.entries[wanted].astype(np.int64)
        ends = np.cumsum(lengths)
        entries = np.empty(int(ends[-1]) if len(ends) else 0, np.int64)
        with self._moving:
            pool = self.pool  # stays readable if it is moved meanwhile
        spread.spread(wanted, ends, cut.starts, cut.lengths, pool, self.shape.wide, entries)
        which = [np.where(one < 0, -1, np.searchsorted(wanted, one)) for one in found]
        return cut, which, (ends - lengths, lengths, entries)

    def _found(self, keys: Array, cut: _AtCut) -> Array:
        """The addresses of cells that held something at the cut; -1 for the others."""
        found = self.addresses(keys)
        held = (found >= 0) & (found < len(cut.entries))
        held[held] = cut.entries[found[held]] > 0
        return np.where(held, found, -1)

    # -- looking ------------------------------------------------------------------------------------------------

    def entries_of(self, key: int) -> list[tuple[int, int]]:
        """(contributor, value) of every entry in a cell now, sorted."""
        address = int(self.addresses(np.array([key], np.int64))[0])
        if address < 0:
            return []
        log = self.logs[address // BLOCK]
        records = self.pool[log["start"] : log["start"] + log["length"]].copy()
        records = records[: net(records, records)]
        here = [record for record in records.tolist() if address % BLOCK in self._places_in(record)]
        wide = self.shape.wide
        shift, mask = (WIDE_VALUE_SHIFT, WIDE_VALUE_MASK) if wide else (CENTS_SHIFT, CENTS_MASK)
        return [(record >> CONTRIBUTOR_SHIFT, record >> shift & mask) for record in here]

    def _places_in(self, record: int) -> tuple[int, ...]:
        return spread.places_in(record, self.shape.wide)[: self.shape.cells]

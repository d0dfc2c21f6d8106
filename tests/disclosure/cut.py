"""All shards at one cut, in this process's memory: what `judge` asks them, as `usecases/take_cut.py` asks it of each."""

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from exchange.domain.addresses import Array
from exchange.domain.cell_book import CellBook, Census, Contents
from exchange.domain.change import Memory
from exchange.domain.disclosure import join
from exchange.domain.lattice import FORMS
from exchange.domain.offering import Offers
from exchange.domain.shard import Shard

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cut:
    """All shards at one cut: `judge_epoch.Shards`."""

    shards: Sequence[Shard]
    census: Mapping[str, Census]
    changed: Mapping[str, Array]

    async def same(self, measure: str, wide: Array, fine: Array) -> Array:
        """See `judge_epoch.Shards`."""
        return _added([book.count_same(wide, fine) for book in self._books(measure)])

    async def beyond(self, measure: str, parents: Array, ends: Array, finer: Array) -> Array:
        """See `judge_epoch.Shards`."""
        return _added([book.count_beyond(parents, ends, finer) for book in self._books(measure)])

    async def contents(self, measure: str, keys: Array) -> Sequence[Contents] | Sequence[Offers]:
        """See `judge_epoch.Shards`."""
        books = self._books(measure)
        return [b.offers(keys) for b in books] if FORMS[measure].wide else [b.contents(keys) for b in books]

    def let_go(self) -> None:
        """As after an epoch."""
        for measure in self.census:
            for book in self._books(measure):
                book.release_cut()

    def _books(self, measure: str) -> list[CellBook]:
        return [shard.ledgers[measure].book for shard in self.shards]


def counted(shards: Sequence[Shard], measure: str) -> Census:
    """Every cell that holds an entry now."""
    return join([shard.ledgers[measure].book.cut(len(shard.members.ids)) for shard in shards])


def changed_since(shards: Sequence[Shard], measure: str, memory: Memory, marks: Array) -> Array:
    """For each cell of the memory how many contributors have other values than at its baseline, one of the `marks`."""
    changed = np.zeros(len(memory.keys), np.int64)
    for mark in marks:
        then = memory.baseline == mark["release"]
        for shard in shards:
            changed[then] += shard.ledgers[measure].changed_since(mark, memory.keys[then], shard.members)
    return changed


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise RuntimeError("it waits")


def _added(counts: Sequence[Array]) -> Array:
    total: Array = np.asarray(counts, np.int64).sum(axis=0)
    return total

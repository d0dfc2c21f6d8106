"""Scrub: all the time and little by little, hold the cells to the contributions, and what Redis holds to memory."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from chassis import logs
from exchange.adapters import metrics
from exchange.adapters.shard_codec import pack_members, values_of
from exchange.adapters.shard_store import SEAL, NotWhole, ShardStore
from exchange.domain.lattice import Geography, unpack
from exchange.usecases.collect import Owned

_SHARE: Final = 0.01  # of the time, at most
_TURN_S: Final = 0.002  # so long it goes on before it lets the loop go on; one look may take longer
_LONGEST_PAUSE_S: Final = 5.0  # a moment in which nobody got on must not put it off for minutes
_SAMPLE: Final = 500
KEYS_S: Final = 1.0
"""So often `look_at_keys` wants to be called, which costs a question a shard; a round through what they hold has minutes."""

log = logs.get(__name__)


@dataclass(slots=True)
class _Look:
    """The next thing to look at: a slice of the cells of a measure from `begin`, or what Redis holds of `numbers`."""

    partition: int
    mine: Owned
    what: str  # the measure, or "members"
    begin: int = 0
    numbers: range | None = None


class Scrubber:
    """One process's scrubbing. `drop` forgets a shard that is wrong, so that it is loaded again."""

    def __init__(self, store: ShardStore, geography: Geography, drop: Callable[[int, str], None]) -> None:
        self._store = store
        self._geography = geography
        self._drop = drop
        self._owned: Mapping[int, Owned] = {}
        self._looks: Iterator[_Look] = iter(())
        self._not_before = 0.0
        self._end = 0  # of the slice that was looked at last
        metrics.SCRUBBED_AT.set_to_current_time()

    async def scrub(self, owned: Mapping[int, Owned], all_durable: Callable[[], Awaitable[None]]) -> None:
        """Go on for a moment, if it is time. Call between batches only: `all_durable` is awaited first."""
        self._owned = owned
        if time.monotonic() < self._not_before:
            return
        await all_durable()
        began = time.monotonic()
        while time.monotonic() - began < _TURN_S:
            look = next(self._looks, None)
            if look is None:
                self._looks = self._round()
                metrics.SCRUBBED_AT.set_to_current_time()
                break
            if look.mine.clean:
                await (self._cells(look) if look.numbers is None else self._values(look, look.numbers))
        now = time.monotonic()
        self._not_before = now + min((now - began) * (1 / _SHARE - 1), _LONGEST_PAUSE_S)

    async def look_at_keys(self, owned: Callable[[], Mapping[int, Owned]]) -> None:
        """Drop each shard at rest whose keys do not belong together, or are not those of its last commit. Call at any time.

        One that nothing is said about is not committed, so no commit would tell. What is wrong, its load says.
        """
        for partition, mine in list(owned().items()):
            if not mine.clean:
                continue
            begun = mine.begun
            try:
                held = await self._store.whole_meta(partition)
            except NotWhole:
                held = {}
            metrics.SCRUBBED.labels("keys").inc()
            at_rest = mine.clean and mine.begun == begun and owned().get(partition) is mine
            if at_rest and held != mine.stored:
                self._drop(partition, "conflict: the store is not as it was left")

    def _round(self) -> Iterator[_Look]:
        for partition, mine in sorted(self._owned.items()):
            for look in self._looks_at(partition, mine):
                if self._owned.get(partition) is not mine:
                    break
                yield look

    def _looks_at(self, partition: int, mine: Owned) -> Iterator[_Look]:
        for measure, ledger in mine.shard.ledgers.items():
            self._end = 0
            while self._end < len(ledger.book.blocks):
                yield _Look(partition, mine, measure, begin=self._end)
            for begin in range(0, len(ledger), _SAMPLE):
                yield _Look(partition, mine, measure, numbers=range(begin, min(begin + _SAMPLE, len(ledger))))
        members = len(mine.shard.members.ids)
        for begin in range(0, members, _SAMPLE):
            yield _Look(partition, mine, "members", numbers=range(begin, min(begin + _SAMPLE, members)))

    async def _cells(self, look: _Look) -> None:
        shard = look.mine.shard
        self._end, wrong = await asyncio.to_thread(
            shard.ledgers[look.what].scrub, look.begin, shard.members.records
        )  # fmt: skip
        metrics.SCRUBBED.labels("cells").inc(self._end - look.begin)
        if wrong >= 0:
            cell = unpack(look.what, wrong, self._geography)
            self._found(look, "cells", f"{cell.text()} is not what the contributions make it")

    async def _values(self, look: _Look, numbers: range) -> None:
        names, values = written(look.mine, look.what, numbers)
        held = await self._store.values(look.partition, look.what, names) if names else []
        metrics.SCRUBBED.labels("values").inc(len(names))
        for name, value, there in zip(names, values, held, strict=True):
            if value != there:
                if await self._store.doubt(look.partition, look.mine.stored[SEAL]):
                    self._found(look, "values", f"{look.what}: {name!r} is not what was written")
                else:
                    self._drop(look.partition, "conflict: the store is not as it was left")
                return

    def _found(self, look: _Look, what: str, reason: str) -> None:
        metrics.SCRUB_MISMATCHES.labels(what).inc()
        metrics.SCRUB_MISMATCHED_AT.labels(what).set_to_current_time()
        log.error("scrubbed and found wrong", partition=look.partition, reason=reason)
        self._drop(look.partition, f"scrub: {reason}")


def written(mine: Owned, what: str, numbers: range) -> tuple[list[bytes], list[bytes]]:
    """Names and values as a commit writes them."""
    if what == "members":
        members = mine.shard.members
        flat = pack_members(mine.shard, [n for n in numbers if members.states(n)])
        return flat[::2], flat[1::2]
    ledger = mine.shard.ledgers[what]
    joined, ends = values_of(ledger, np.arange(numbers.start, numbers.stop, dtype=np.int64))
    bounds = [0, *ends.tolist()]
    values = [joined[start:end].tobytes() for start, end in pairwise(bounds)]
    return [ledger.names[n] for n in numbers], values

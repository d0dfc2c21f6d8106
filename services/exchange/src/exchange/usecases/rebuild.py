"""Rebuild: fill the next generation of the shards from the log while the present one serves, then let it serve."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, Protocol, TypeAlias

from redis.asyncio import Redis

from exchange.adapters.epochs import Epochs
from exchange.adapters.generations import Build, Generations
from exchange.adapters.shard_store import NotWhole, ShardStore

Ends: TypeAlias = dict[str, dict[int, int]]  # topic -> partition -> offset

_POLL_S: Final = 0.1
_NOTE_S: Final = 1.0
_CLOSE_S: Final = 1.0
_ROUNDS: Final = 10  # the last of them finds the log grown by what was said during the one before
_STALLED_S: Final = 120.0
# Owners look twice a second. One that is later finds nothing left, writes nothing, and looks.
GRACE_S: Final = 5.0


class RebuildFailed(Exception):
    """The generation cannot be filled as things are; what has been filled is kept, and gone on with."""


class Filler(Protocol):
    """Collects every partition into the new generation between `start` and `stop`, which may come again."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def problem(self) -> str | None: ...

    @property
    def positions(self) -> Mapping[int, Mapping[str, int]]: ...

    @property
    def stopped(self) -> Mapping[int, str]: ...

    @property
    def faults(self) -> Mapping[int, str]: ...


class Rebuild:
    """One rebuild. `ends` asks Kafka for the end offsets; `told` hears how far each shard has come and says below where
    all that is set aside is told; `report` hears how many records are done, of how many."""

    def __init__(
        self,
        generations: Generations,
        epochs: Epochs,
        store: ShardStore,
        filler: Filler,
        ends: Callable[[], Awaitable[Ends]],
        told: Callable[[Mapping[int, Mapping[str, int]]], Mapping[str, Mapping[str, int]]],
        report: Callable[[int, int], None],
    ) -> None:
        self._generations = generations
        self._epochs = epochs
        self._store = store
        self._filler = filler
        self._ends = ends
        self._told = told
        self._report = report

    async def run(self, build: Build) -> int:
        """Fill and switch; how many records the new generation has come past. Raises RebuildFailed."""
        while True:
            if build.afresh:
                await self._store.unlink_all()
            await self._filler.start()
            try:
                await self._catch_up(build)
                async with self._no_epoch_made(build):
                    wanted = await self._catch_up(build)
                    await self._filler.stop()
                    reached = await self._durable(build, wanted)
                    if reached is not None and await self._epochs.last_counted() == build.counted:
                        await self._generations.switch(build)
                        return reached
            finally:
                await self._filler.stop()
            # Redis lost it just now; or a release was made, and the shards would take what came after for a part of it.
            build = await self._generations.begin(
                build.lock, build.generation.partitions, await self._epochs.last_counted()
            )

    @asynccontextmanager
    async def _no_epoch_made(self, build: Build) -> AsyncIterator[None]:
        """Wait until nobody makes an epoch, and let nobody begin one."""
        while True:
            async with self._epochs.coordinating() as alone:
                if alone:
                    yield
                    return
            await self._catch_up(build)
            await asyncio.sleep(_POLL_S)

    async def _durable(self, build: Build, wanted: Ends) -> int | None:
        """How many records the store has come past, now that nobody writes to it; None if it lost some meanwhile."""
        try:
            metas = {p: await self._store.whole_meta(p) for p in range(build.generation.partitions)}
        except NotWhole:
            return None
        at = {
            topic: {partition: int(metas[partition].get(f"next:{topic}", 0)) for partition in of}
            for topic, of in wanted.items()
        }
        if any(at[topic][partition] < end for topic, of in wanted.items() for partition, end in of.items()):
            return None
        await self._note(build, at)
        return sum(sum(of.values()) for of in at.values())

    async def _note(self, build: Build, at: Ends) -> None:
        by_partition = {p: {topic: of[p] for topic, of in at.items()} for p in range(build.generation.partitions)}
        await self._generations.note_told(build, self._told(by_partition))

    async def _catch_up(self, build: Build) -> Ends:
        """Return the ends that every shard has reached, once the log has hardly grown while that took, or always does."""
        for last in (*[False] * (_ROUNDS - 1), True):
            began = time.monotonic()
            wanted = await self._ends()
            if any(len(of) != build.generation.partitions for of in wanted.values()):
                raise RebuildFailed("the topics have been given more partitions meanwhile; run it again")
            await self._reached(build, wanted)
            if last or time.monotonic() - began < _CLOSE_S:
                break
        return wanted

    async def _reached(self, build: Build, wanted: Ends) -> None:
        total = sum(sum(of.values()) for of in wanted.values())
        noted = moved = time.monotonic()
        # Where each shard was when it was there last: one that was dropped is nowhere for a while, and has not moved.
        stood: dict[int, dict[str, int]] = {}
        while True:
            positions = self._filler.positions
            at = {topic: {p: positions.get(p, {}).get(topic, 0) for p in of} for topic, of in wanted.items()}
            self._report(sum(min(at[t][p], end) for t, of in wanted.items() for p, end in of.items()), total)
            if all(at[topic][p] >= end for topic, of in wanted.items() for p, end in of.items()):
                return
            if any(stood.get(p) != of for p, of in positions.items()):
                stood |= {p: dict(of) for p, of in positions.items()}
                moved = time.monotonic()
            elif time.monotonic() - moved > _STALLED_S:
                raise RebuildFailed(f"no shard has moved for {_STALLED_S:.0f} s; {self._first_behind(stood, wanted)}")
            for reason in (*self._filler.stopped.values(), await self._filler.problem()):
                if reason:
                    raise RebuildFailed(reason)
            if time.monotonic() - noted > _NOTE_S:
                noted = time.monotonic()
                await self._note(build, at)
            await asyncio.sleep(_POLL_S)

    def _first_behind(self, stood: Mapping[int, Mapping[str, int]], wanted: Ends) -> str:
        """Of the shards that are not there, one of which it is known why, or any."""
        faults = self._filler.faults
        behind = [
            (p not in faults, p, topic, stood.get(p, {}).get(topic, 0), end)
            for topic, of in wanted.items()
            for p, end in of.items()
            if stood.get(p, {}).get(topic, 0) < end
        ]
        if not behind:
            return "; ".join(
                ["each has been at its end, and not all are there now", *map(str, sorted(faults.values()))]
            )
        _, partition, topic, at, end = min(behind)
        why = faults.get(partition, "nothing is known to be wrong with it")
        return f"partition {partition} stands at {at:,} of {end:,} in {topic}: {why}"


async def retire_left(generations: Generations, redis: Redis, grace_s: float | None = None) -> None:
    """Unlink what generations that have been left still hold, once their owners have had time to leave."""
    for number in await generations.left(GRACE_S if grace_s is None else grace_s):
        await ShardStore(redis, number).unlink_all()
        await generations.retire(number)

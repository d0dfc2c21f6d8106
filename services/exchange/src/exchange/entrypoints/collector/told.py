"""What has been told already of records that no shard takes: a replay, or a second generation, must not tell it again."""

import asyncio
from collections.abc import Mapping
from typing import Final

from contracts.codec import partition_of

from exchange.adapters.shard_store import ShardStore
from exchange.entrypoints.collector.reader import Record, Stray

_TRIES: Final = 20
_PAUSE_S: Final = 0.1


class Told:
    """Everything below these offsets (topic -> partition as text -> offset), which is where the generation began to serve."""

    def __init__(self, below: Mapping[str, Mapping[str, int]]) -> None:
        self._below = {topic: dict(of) for topic, of in below.items()}

    def come_past(self, positions: Mapping[int, Mapping[str, int]]) -> Mapping[str, Mapping[str, int]]:
        """So far has this process told itself (partition -> topic -> offset); all that is told now."""
        for partition, of in positions.items():
            for topic, offset in of.items():
                below = self._below.setdefault(topic, {})
                below[str(partition)] = max(offset, below.get(str(partition), 0))
        return self._below

    async def refused(self, record: Record) -> bool:
        """Whether it is in the dead letters."""
        offset: int = record.offset
        return offset < self._below.get(record.topic, {}).get(str(record.partition), 0)

    async def stray(self, stray: Stray) -> bool:
        """Whether it was published to its home."""
        return await self.refused(stray.record)

    def was_home(self, stray: Stray) -> bool:  # noqa: ARG002 - a builder's may
        """Whether it lies where its member's home once was: no producer's fault."""
        return False


class ToldByServing(Told):
    """A builder's: besides what it has told itself, all that the serving generation has come past.

    The serving one may be just behind. Then it is waited for, or both would tell; unless it does not move.
    """

    def __init__(
        self,
        own: Mapping[str, Mapping[str, int]],
        before: Mapping[str, Mapping[str, int]],
        serving: ShardStore,
        partitions: int,
    ) -> None:
        super().__init__(own)
        self._before = Told(before)
        self._serving = serving
        self._partitions = partitions
        self._stuck: dict[int, dict[str, str]] = {}

    async def refused(self, record: Record) -> bool:
        return await super().refused(record) or await self._passed(record)

    async def stray(self, stray: Stray) -> bool:
        if await Told.refused(self, stray.record):
            return True
        return not self.was_home(stray) and await self._passed(stray.record)

    def was_home(self, stray: Stray) -> bool:
        partition: int = stray.record.partition
        return partition_of(stray.member_id, self._partitions) == partition

    async def _passed(self, record: Record) -> bool:
        """Whether the serving generation has come past a record."""
        if await self._before.refused(record):
            return True
        for _ in range(_TRIES):
            meta = await self._serving.meta(record.partition)
            if record.offset < int(meta.get(f"next:{record.topic}", 0)):
                return True
            if self._stuck.get(record.partition) == meta:
                return False
            await asyncio.sleep(_PAUSE_S)
        self._stuck[record.partition] = meta
        return False

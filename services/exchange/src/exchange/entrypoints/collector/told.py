"""What has been told already of records that no shard takes: a replay, or a second generation, must not tell it again."""

import asyncio
from collections.abc import Mapping
from typing import Final

from exchange.adapters.shard_store import NotWhole, ShardStore
from exchange.entrypoints.collector.origin import home_of
from exchange.entrypoints.collector.reader import Record, Stray

_PAUSE_S: Final = 0.1
_STILL: Final = (
    50  # pauses without a change: whoever serves finds a damaged shard and begins to make it again before that
)


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

    def strays_below(self, topic: str, partition: int) -> int:
        """The offset below which every stray of a partition has gone home."""
        return self._below.get(topic, {}).get(str(partition), 0)

    def was_home(self, stray: Stray) -> bool:  # noqa: ARG002 - a builder's may
        """Whether it lies where its member's home once was: no producer's fault."""
        return False


class ToldByServing(Told):
    """A builder's: besides what it has told itself, all that the serving generation has come past (`serving`), which is
    no less than what was told `before` that began to serve, and what the releases made since have counted.

    A serving shard may be just behind, or be made again. It is waited for, or both would tell; unless it stands still.
    """

    def __init__(
        self,
        own: Mapping[str, Mapping[str, int]],
        before: Mapping[str, Mapping[str, int]],
        counted: Mapping[int, Mapping[str, int]],
        serving: ShardStore,
        partitions: int,
        *,
        moving: bool,
    ) -> None:
        super().__init__(own)
        self._before = Told(before)
        self._before.come_past(counted)
        self._serving = serving
        self._partitions = partitions
        self._moving = moving
        self._stuck: dict[int, Mapping[str, str]] = {}

    async def refused(self, record: Record) -> bool:
        return await super().refused(record) or await self._passed(record)

    def strays_below(self, topic: str, partition: int) -> int:
        own = super().strays_below(topic, partition)
        # With another number of partitions, strays are others.
        return own if self._moving else max(own, self._before.strays_below(topic, partition))

    async def stray(self, stray: Stray) -> bool:
        if await Told.refused(self, stray.record):
            return True
        return not self.was_home(stray) and await self._passed(stray.record)

    def was_home(self, stray: Stray) -> bool:
        partition: int = stray.record.partition
        return self._moving and home_of(stray.member_id, self._partitions) == partition

    async def _passed(self, record: Record) -> bool:
        """Whether the serving generation has come past a record."""
        if await self._before.refused(record):
            return True
        partition: int = record.partition
        seen: Mapping[str, str] | None = None
        still = 0
        while still < _STILL:
            held = await self._held(partition)
            if record.offset < int(held.get(f"next:{record.topic}", 0)):
                return True
            if self._stuck.get(partition) == held:
                return False
            still = still + 1 if held == seen else 0
            seen = held
            await asyncio.sleep(_PAUSE_S)
        self._stuck[partition] = held
        return False

    async def _held(self, partition: int) -> Mapping[str, str]:
        """What a serving shard says of itself; nothing when it is damaged, for then no word of it is to be trusted."""
        try:
            return await self._serving.whole_meta(partition)
        except NotWhole:
            return {}

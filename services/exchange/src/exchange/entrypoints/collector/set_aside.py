"""Sends away what is not for a shard: refused records to the dead letters, strays to the partition of their member."""

import asyncio
from collections.abc import Mapping
from typing import Final

from chassis.dead_letters import DeadLetters
from chassis.producer import Producer

from chassis import logs
from chassis import metrics as chassis_metrics
from exchange.adapters import metrics
from exchange.entrypoints.collector.origin import with_origin
from exchange.entrypoints.collector.reader import Prepared, Stray
from exchange.entrypoints.collector.told import Told

_AT_ONCE: Final = 500
_WITHIN_S: Final = 60.0  # the producer itself would try for ever; a batch may be full of what has to be told

log = logs.get(__name__)


class SetAside:
    """Returns when Kafka has it all, so that the batch may be committed. `told` knows what others have sent away before."""

    def __init__(self, dead_letters: DeadLetters, producer: Producer, group: str, told: Told) -> None:
        self._dead_letters = dead_letters
        self._producer = producer
        self._group = group
        self.told = told

    def come_past(self, positions: Mapping[int, Mapping[str, int]]) -> None:
        """All below these offsets was told by whoever had the shard: partition -> topic -> offset."""
        self.told.come_past(positions)

    def strays_below(self, topic: str, partition: int) -> int:
        """The offset below which there is no stray to send away."""
        return self.told.strays_below(topic, partition)

    async def send(self, prepared: Prepared) -> None:
        """Tell what nobody has told yet. Raises TimeoutError when Kafka does not take it: to be tried again."""
        async with asyncio.timeout(_WITHIN_S):
            await self._send(prepared)

    async def _send(self, prepared: Prepared) -> None:
        for record, reason in prepared.refused:
            if not await self.told.refused(record):
                await self._dead_letters.send(record, reason)
                chassis_metrics.DEAD_LETTERED.labels(record.topic, self._group).inc()
        strays = [stray for stray in prepared.strays if not await self.told.stray(stray)]
        for start in range(0, len(strays), _AT_ONCE):
            await asyncio.gather(*(self._send_home(stray) for stray in strays[start : start + _AT_ONCE]))

    async def _send_home(self, stray: Stray) -> None:
        record = stray.record
        headers = with_origin(record.headers, record.partition, record.offset)
        await self._producer.send(record.topic, record.value, key=record.key, headers=headers, partition=stray.home)
        if self.told.was_home(stray):
            metrics.MOVED.labels(record.topic).inc()
            return
        metrics.STRAYS.labels(record.topic).inc()
        metrics.STRAYED_AT.labels(record.topic).set_to_current_time()
        log.error("record in the wrong partition", topic=record.topic, partition=record.partition,
                  offset=record.offset, home=stray.home)  # fmt: skip

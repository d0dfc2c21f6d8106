"""Telling Kafka how far the shards are, for everybody who watches lag; the store's own watermarks are what counts."""

import asyncio
from collections.abc import Mapping
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from contracts.topics import COLLECTED

from chassis import logs, metrics
from exchange.usecases.collect import Owned

_WITHIN_S: Final = 5.0

log = logs.get(__name__)


class CommittedOffsets:
    """Commits what has changed since the last time, always after the effect."""

    def __init__(self, consumer: AIOKafkaConsumer, group: str) -> None:
        self._consumer = consumer
        self._group = group
        self._told: dict[TopicPartition, int] = {}

    async def commit(self, owned: Mapping[int, Owned]) -> None:
        """Commit the positions of these shards; a failure is counted, and made good by the next commit."""
        assigned = self._consumer.assignment()
        offsets = {
            part: mine.committed[topic]
            for partition, mine in owned.items()
            for topic in COLLECTED
            if (part := TopicPartition(topic, partition)) in assigned and self._told.get(part) != mine.committed[topic]
        }
        if not offsets:
            return
        try:
            async with asyncio.timeout(
                _WITHIN_S
            ):  # the client tries again and again, for ever, also what cannot succeed
                await self._consumer.commit(offsets)
        except (KafkaError, TimeoutError) as why:
            metrics.COMMITS_FAILED.labels(self._group).inc()
            log.info("offsets not committed", reason=repr(why))
        else:
            self._told.update(offsets)

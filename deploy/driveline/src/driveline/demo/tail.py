"""Reads a whole topic as it is now, with a plain consumer: what partners and operators find there."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from driveline.verify import log
from driveline.verify.log import Record


async def _ends(bootstrap: str, topic: str, partitions: int) -> dict[int, int]:
    async with AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="none"
    ) as consumer:
        found = await consumer.end_offsets([TopicPartition(topic, number) for number in range(partitions)])
        return {part.partition: end for part, end in found.items()}


async def _whole(bootstrap: str, topic: str, partitions: int) -> list[Record]:
    return await log.read(bootstrap, {topic: await _ends(bootstrap, topic, partitions)})


def records(bootstrap: str, topic: str, partitions: int) -> list[Record]:
    """Everything on the topic."""
    return asyncio.run(_whole(bootstrap, topic, partitions))


def bodies(bootstrap: str, topic: str, partitions: int) -> Iterator[dict[str, Any]]:
    """The JSON bodies on the topic."""
    for record in records(bootstrap, topic, partitions):
        if record.value is not None:
            yield json.loads(record.value)

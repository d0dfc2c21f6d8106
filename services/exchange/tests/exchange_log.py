"""The Kafka log as an outsider sees it: what is published there, and what was."""

import asyncio
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from contracts.topics import COLLECTED, type_of

Headers: TypeAlias = list[tuple[str, bytes | None]]
Record: TypeAlias = ConsumerRecord[Any, Any]

PARTITIONS = 6
OURS = (*COLLECTED, "exchange.epoch", "exchange.dead", "benchmark.published", "benchmark.withdrawn")


def binary(topic: str, **changed: bytes | None) -> Headers:
    """The headers that the codec writes; `changed` replaces values by header name."""
    plain: dict[str, bytes | None] = {
        "content-type": b"application/json",
        "ce_specversion": b"1.0",
        "ce_id": uuid.uuid4().hex.encode(),
        "ce_source": b"urn:test:intake",
        "ce_type": type_of(topic).encode(),
        "ce_time": b"2026-11-23T08:00:00Z",
    }
    return list((plain | changed).items())


class Log:
    """The broker as an outsider sees it."""

    def __init__(self, kafka: str) -> None:
        self.kafka = kafka
        self._producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", max_request_size=4 * 1024 * 1024)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=10
        )

    async def start(self) -> None:
        await asyncio.gather(self._producer.start(), self._consumer.start())

    async def stop(self) -> None:
        await asyncio.gather(self._producer.stop(), self._consumer.stop())

    async def say(self, topic: str, *bodies: Mapping[str, Any]) -> list[Any]:
        """Publish bodies as the intake does, keyed by member, in order; where they lie."""
        return await self.say_all([(topic, body) for body in bodies])

    async def say_all(self, messages: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        """Publish (topic, body) in order; where they lie."""
        sent = [
            await self._producer.send(
                topic, json.dumps(body).encode(), key=str(body["member_id"]).encode(), headers=binary(topic)
            )
            for topic, body in messages
        ]
        return list(await asyncio.gather(*sent))

    async def send(
        self, topic: str, value: bytes | None, headers: Headers, *, key: str | None = None, partition: int | None = None
    ) -> Any:
        """Publish any bytes anywhere."""
        return await self._producer.send_and_wait(
            topic,
            value,
            key=None if key is None else key.encode(),
            headers=headers,  # type: ignore[arg-type]
            partition=partition,
        )

    async def ends(self, *topics: str) -> dict[TopicPartition, int]:
        parts = [TopicPartition(t, p) for t in topics for p in await self._producer.partitions_for(t)]
        await self._consumer._client.set_topics(topics)  # else it learns of one topic after the other
        found: dict[TopicPartition, int] = await self._consumer.end_offsets(parts)
        return found

    async def since(self, before: Mapping[TopicPartition, int]) -> list[Record]:
        """Every record published after these ends were taken."""
        now = await self.ends(*{part.topic for part in before})
        wanted = {part: end - before[part] for part, end in now.items() if end > before[part]}
        found: list[Record] = []
        if wanted:
            self._consumer.assign(list(wanted))
            for part in wanted:
                self._consumer.seek(part, before[part])
        while len(found) < sum(wanted.values()):
            for records in (await self._consumer.getmany(timeout_ms=200)).values():
                found += records
        self._consumer.unsubscribe()
        return found


def dead(records: Sequence[Record]) -> dict[tuple[str, int, int], str]:
    """Dead letters as (topic, partition, offset) -> reason."""
    found = {}
    for record in records:
        headers = dict(record.headers)
        place = (headers["dead_topic"].decode(), int(headers["dead_partition"]), int(headers["dead_offset"]))
        found[place] = headers["dead_reason"].decode()
    return found

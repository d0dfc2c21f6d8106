"""Whether the log is still the one that a shard's watermarks were taken on."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from chassis.broker import leave, safe_consumer
from chassis.fetched import Fetched
from chassis.retry import reason_of
from chassis.settings import ServiceSettings
from chassis.topic_ids import Topic, topics_now
from contracts.topics import COLLECTED

from chassis import logs
from exchange.entrypoints.collector.reader import Record, identity
from exchange.usecases.collect import Owned
from exchange.usecases.load_shard import Unowned

_WAIT_MS = 10
_WITHIN_S: Final = 10.0

T = TypeVar("T")

log = logs.get(__name__)


class LogReader:
    """Looks at the log beside the collector's consumer, whose connections are busy: a broker answers one at a time, and
    a fetch that waits for records holds every later question up for as long.

    A question that is not answered within a time is given up, as a fault to be tried again, over another connection:
    aiokafka may wait for metadata that it does not ask for before its next refresh, five minutes later (0528).
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._connected: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Connect."""
        self._connected = self._client()
        await self._connected.start()

    async def stop(self) -> None:
        """Disconnect."""
        connected, self._connected = self._connected, None
        if connected is not None:
            await leave(connected)

    def _client(self) -> AIOKafkaConsumer:
        return safe_consumer(self._settings, group=None, fetch_max_wait_ms=_WAIT_MS)

    async def _ask(self, question: Callable[[AIOKafkaConsumer], Awaitable[T]], within_s: float | None = None) -> T:
        """One question at a time. Raises TimeoutError when there is no answer."""
        async with self._lock:
            if self._connected is None:
                raise ConnectionError("the log is not connected yet")
            try:
                async with asyncio.timeout(within_s or _WITHIN_S):
                    return await question(self._connected)
            except TimeoutError:
                log.warning("log does not answer", within_s=within_s or _WITHIN_S)
                await self._connect_anew()
                raise

    async def _connect_anew(self) -> None:
        fresh = self._client()
        try:
            async with asyncio.timeout(_WITHIN_S):
                await fresh.start()
        except (KafkaError, TimeoutError) as away:  # the client that there is may get over it
            log.warning("log not connected anew", reason=reason_of(away))
            await leave(fresh)
            return
        left, self._connected = self._connected, fresh
        if left is None:  # stopped meanwhile
            await self.stop()
        else:
            await leave(left, within_s=1.0)

    async def record_at(self, topic: str, partition: int, offset: int, within_s: float = 10.0) -> Record | None:
        """The record at an offset; None when the log goes on behind it without it. Raises TimeoutError."""
        part = TopicPartition(topic, partition)

        async def found(consumer: AIOKafkaConsumer) -> Record | None:
            consumer.assign([part])
            consumer.seek(part, offset)
            records: Sequence[Record] = []
            while not records:
                records = (await consumer.getmany(part, timeout_ms=int(within_s * 1000), max_records=1)).get(part, [])
            consumer.unsubscribe()  # or it would go on fetching
            return records[0] if records[0].offset == offset else None

        try:
            return await self._ask(found, within_s)
        except TimeoutError:
            raise TimeoutError(f"{topic} gave no record at offset {offset} of partition {partition} in time") from None

    async def ends(self, topics: Sequence[str]) -> dict[str, dict[int, int]]:
        """The end offsets of every partition of all of these topics. Raises TimeoutError."""

        async def found(consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
            client = consumer._client  # noqa: SLF001 - it has no public way to learn of several topics at once
            await client.set_topics(topics)
            cluster = await client.fetch_all_metadata()
            # A topic left out would be one that nobody need have read: a broker that has just started may not know all.
            while not all(cluster.partitions_for_topic(topic) for topic in topics):
                await asyncio.sleep(_WAIT_MS / 1000)
                cluster = await client.fetch_all_metadata()
            parts = [TopicPartition(topic, p) for topic in topics for p in cluster.partitions_for_topic(topic)]
            of_parts: dict[TopicPartition, int] = await consumer.end_offsets(parts)
            return of_parts

        ends: dict[str, dict[int, int]] = {topic: {} for topic in topics}
        for part, offset in (await self._ask(found)).items():
            ends[part.topic][part.partition] = offset
        return ends

    async def topics(self, names: Sequence[str]) -> dict[str, Topic]:
        """Which topics have these names now, and how many partitions; one that is not there is left out."""
        return await self._ask(lambda consumer: topics_now(consumer._client, names))  # noqa: SLF001 - it is what sends

    async def partitions(self) -> int | None:
        """How many partitions the collected topics have; None while they disagree, or one is not there."""
        topics = await self.topics(COLLECTED)
        numbers = {topic.partitions for topic in topics.values()}
        return numbers.pop() if len(topics) == len(COLLECTED) and len(numbers) == 1 else None

    async def check_positions(self, partition: int, positions: Mapping[str, int]) -> None:
        """Raise Unowned unless every position lies within its log: beyond the end records would be skipped silently."""
        parts = [TopicPartition(topic, partition) for topic in positions]

        async def found(consumer: AIOKafkaConsumer) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
            await consumer._client.set_topics(list(positions))  # noqa: SLF001 - as in `ends`
            begins, ends = await asyncio.gather(consumer.beginning_offsets(parts), consumer.end_offsets(parts))
            return begins, ends

        begins, ends = await self._ask(found)
        for part in parts:
            at = positions[part.topic]
            if not begins[part] <= at <= ends[part]:
                raise Unowned(
                    f"partition {partition}: {part.topic} holds offsets {begins[part]} to {ends[part]},"
                    f" the state stands at {at}"
                )

    async def check_released(self, partition: int, reached: Mapping[str, int]) -> None:
        """Raise Unowned when a log ends before what a release has counted: nothing could recompute that any more."""
        parts = {TopicPartition(topic, partition): at for topic, at in reached.items()}
        ends = await self._ask(lambda consumer: consumer.end_offsets(list(parts))) if parts else {}
        for part, at in parts.items():
            if ends[part] < at:
                raise Unowned(
                    f"partition {partition}: {part.topic} ends at {ends[part]}, a release has counted up to {at}"
                )

    async def check_last(
        self, partition: int, positions: Mapping[str, int], last: Mapping[str, str], done: str = "was applied"
    ) -> None:
        """Raise Unowned when the last record applied of a topic, or whatever else was `done` with it, is another one now."""
        for topic, expected in last.items():
            at = positions[topic] - 1
            record = await self.record_at(topic, partition, at)
            if record is None or identity(record.value) != expected:
                raise Unowned(
                    f"partition {partition}: the record at {topic} offset {at} is not the one that {done};"
                    " the topic was made again or lost records"
                )


def gap_in(owned: Owned, found: Mapping[str, Fetched]) -> str | None:
    """Where records do not continue the shard: offsets must begin at its own and have no hole."""
    for topic, fetched in found.items():
        expected = owned.prepared[topic]
        if fetched.first != expected or not fetched.contiguous:
            holes = "" if fetched.contiguous else " with holes"
            return f"{topic} came from {fetched.first} to {fetched.next}{holes}, expected from {expected}"
    return None

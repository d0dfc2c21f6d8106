"""A small service on real servers: an outbox, an inbox, and a table that shows which events were applied, how often."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from chassis.broker import kafka_broker, safe_consumer
from chassis.consumer import Consumer, Handler, consume
from chassis.database import Database
from chassis.dead_letters import DeadLetters
from chassis.inbox import Inbox, inbox_table
from chassis.outbox import Outbox, outbox_table
from chassis.producer import Producer
from chassis.retry import Backoff
from chassis.settings import ServiceSettings
from contracts.codec import CloudEvent, encode_kafka, new_event
from contracts.event import Event
from contracts.notifications import MediaPublished
from contracts.topics import topic as topic_of_table
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

MEDIA = "media.published"


def story(media_id: str, revision: int = 1, title: str = "A day in a paint shop") -> MediaPublished:
    return MediaPublished(media_id=media_id, revision=revision, title=title, url="https://example.com/m")


async def until(condition: Callable[[], Any], within_s: float = 20.0) -> None:
    """Wait until a (possibly async) condition holds; fail when it does not in time."""
    deadline = time.monotonic() + within_s
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return
        assert time.monotonic() < deadline, f"not within {within_s} s"
        await asyncio.sleep(0.05)


class Shop:
    """One service under test, with everything that the chassis gives it; `another()` is a second copy of it."""

    def __init__(self, settings: ServiceSettings, name: str) -> None:
        self.settings = settings
        self.name = name
        self.metadata = MetaData()
        self.outbox_table = outbox_table(self.metadata)
        self.inbox = Inbox(inbox_table(self.metadata))
        self.applied = Table(
            "applied",
            self.metadata,
            Column("n", Integer, primary_key=True, autoincrement=True),
            Column("ce_id", String),
            Column("thing", String),
            Column("who", String),
        )
        self.database = Database(settings.postgres)
        self.broker = kafka_broker(settings)
        self.producer: Producer = self.broker.producer
        self.dead_letters = DeadLetters(self.producer, name)
        self.outbox = Outbox(self.database, self.outbox_table, f"driveline/{name}")
        self._closers: list[Callable[[], Any]] = []

    async def create_tables(self) -> None:
        async with self.database.engine.begin() as connection:
            await connection.run_sync(self.metadata.create_all)

    def another(self) -> "Shop":
        """A second process of the same service, as far as one process can show it."""
        return Shop(self.settings, self.name)

    async def write(self, session: AsyncSession, ce: CloudEvent, thing: str, who: str = "") -> None:
        await session.execute(insert(self.applied), [{"ce_id": ce.id, "thing": thing, "who": who}])

    async def record_once(self, event: Event, ce: CloudEvent, session: AsyncSession) -> None:
        """A handler as services have them: once by the inbox, its effect in the same transaction."""
        if await self.inbox.first_time(session, ce):
            await self.write(session, ce, event.key())

    def consume(self, handler: Handler | None = None, topic: str = MEDIA, **options: Any) -> Consumer:
        return consume(
            self.broker,
            service=self.name,
            group=options.pop("group", self.name),
            handler=handler or self.record_once,
            dead_letters=self.dead_letters,
            database=self.database,
            topics=[topic],
            backoff=options.pop("backoff", Backoff(first_s=0.05, cap_s=0.3)),
            **options,
        )

    async def things(self) -> list[str]:
        """What was applied, in the order in which it was."""
        async with self.database.session() as session:
            rows = await session.execute(select(self.applied.c.thing).order_by(self.applied.c.n))
            return [str(row[0]) for row in rows]

    async def count(self) -> int:
        async with self.database.session() as session:
            return int((await session.execute(select(func.count()).select_from(self.applied))).scalar_one())

    async def publish(self, event: Event, **options: Any) -> CloudEvent:
        ce = new_event(event, source="driveline/test")
        headers, value = encode_kafka(ce)
        await self.producer.send(event.topic, value, key=event.key(), headers=headers, **options)
        return ce

    async def group_starts_here(self, *topics: str, group: str | None = None) -> None:
        """Let the group begin at the end of the log as it is now: other tests' events are none of ours."""
        client = safe_consumer(self.settings, group=group or self.name)
        await client.start()
        try:
            for topic in topics:
                partitions = [TopicPartition(topic, p) for p in _partitions(topic)]
                ends = await client.end_offsets(partitions)
                client.assign(partitions)
                await client.commit(ends)
        finally:
            await client.stop()

    async def committed(self, topic: str, group: str | None = None) -> dict[int, int]:
        """The group's committed offset of each partition that has one."""
        client = safe_consumer(self.settings, group=group or self.name)
        await client.start()
        try:
            partitions = [TopicPartition(topic, p) for p in _partitions(topic)]
            offsets = {tp.partition: await client.committed(tp) for tp in partitions}
            return {partition: offset for partition, offset in offsets.items() if offset is not None}
        finally:
            await client.stop()

    async def end_offsets(self, topic: str) -> dict[int, int]:
        client = safe_consumer(self.settings, group=None)
        await client.start()
        try:
            ends = await client.end_offsets([TopicPartition(topic, p) for p in _partitions(topic)])
            return {tp.partition: offset for tp, offset in ends.items()}
        finally:
            await client.stop()

    async def read(self, topic: str, start: dict[int, int] | None = None) -> list[ConsumerRecord[Any, Any]]:
        """Everything on a topic from these offsets to its end."""
        client = safe_consumer(self.settings, group=None, auto_offset_reset="earliest")
        await client.start()
        try:
            partitions = [TopicPartition(topic, p) for p in _partitions(topic)]
            client.assign(partitions)
            ends = await client.end_offsets(partitions)
            records: list[ConsumerRecord[Any, Any]] = []
            for tp in partitions:
                client.seek(tp, (start or {}).get(tp.partition, 0))
            while any([await client.position(tp) < ends[tp] for tp in partitions]):
                for batch in (await client.getmany(timeout_ms=500)).values():
                    records += batch
            return records
        finally:
            await client.stop()

    async def expire_leases(self) -> None:
        """Let a minute pass for the rows that a killed relay had in hand."""
        t = self.outbox_table
        async with self.database.transaction() as session:
            await session.execute(
                update(t).where(t.c.acquired_at.is_not(None)).values(acquired_at=func.now() - timedelta(minutes=2))
            )

    async def dead(self) -> list[ConsumerRecord[Any, Any]]:
        return await self.read(self.dead_letters.topic)

    async def stop(self) -> None:
        await self.outbox.stop()
        await self.broker.stop()
        await self.database.close()


def _partitions(name: str) -> range:
    return range(1 if name.endswith(".dead") else topic_of_table(name).partitions)


def headers_of(record: ConsumerRecord[Any, Any]) -> dict[str, bytes | None]:
    return dict(record.headers)


async def equals(count: Callable[[], Any], wanted: object) -> bool:
    return bool(await count() == wanted)


async def dead_is(shop: Shop, wanted: int) -> bool:
    return len(await shop.dead()) == wanted

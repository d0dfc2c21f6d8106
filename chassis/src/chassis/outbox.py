"""The outbox: an event is written in the transaction of the change it tells of, and relayed to Kafka afterwards."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from contracts.codec import MAX_EVENT_BYTES, CloudEvent, encode_kafka, new_event
from contracts.event import Event, Refused
from contracts.topics import topic
from faststream_outbox import OutboxBroker, make_outbox_table
from opentelemetry.trace import SpanKind
from sqlalchemy import Index, MetaData, Table, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import events, metrics, tracing
from chassis.broker import Broker
from chassis.database import Database, make_engine
from chassis.outbox_log import OutboxLog
from chassis.relay import COMPACTED, EVENTS, HEADER, KEY, TOMBSTONE, TOPIC, Relay
from chassis.wake import Waker


def outbox_table(metadata: MetaData, name: str = "outbox") -> Table:
    """Declare the outbox on a service's metadata, for its migrations: faststream-outbox's table and one index more."""
    table = make_outbox_table(metadata, name)
    # The relay of a compacted topic looks for the other rows of a key.
    Index(f"{name}_key_idx", table.c.headers[KEY].astext, postgresql_where=table.c.queue == COMPACTED)
    return table


class Outbox:
    """One service's outgoing events and timers."""

    def __init__(
        self,
        database: Database,
        table: Table,
        source: str,
        *,
        workers: int = 8,
        compacted_workers: int = 2,
        timer_connections: int = 8,
    ) -> None:
        self.database = database
        self.table = table
        self.source = source
        connections = (workers + 1) + (2 * compacted_workers + 1) + timer_connections + 1
        # Losing a lease or a deletion in a crash of the server sends a row again, which changes nothing: the relay need
        # not wait for the disk. The rows themselves are written by the caller's transaction, which does.
        self.engine = make_engine(
            database.dsn,
            pool_size=connections,
            max_overflow=0,
            server_settings={"synchronous_commit": "off", "application_name": "outbox-relay"},
        )
        self.broker = OutboxBroker(
            self.engine, outbox_table=table, apply_types=False, logger=OutboxLog(), graceful_timeout=2.0
        )
        self._relay = Relay(self.broker, self.engine, table, workers=workers, compacted_workers=compacted_workers)
        self._waker = Waker(self.engine, table.name)
        self.also_due: list[Callable[[], Awaitable[int]]] = []
        """Other effects that are due and that somebody who waits for the system to settle waits for, e.g. mails."""

    async def emit(self, session: AsyncSession, event: Event, *, cause: CloudEvent | None = None) -> str:
        """Write the event in the caller's transaction; it goes out if and only if that commits. Returns its id."""
        return (await self.emit_many(session, [event], cause=cause))[0]

    async def emit_many(
        self, session: AsyncSession, events_: Iterable[Event], *, cause: CloudEvent | None = None
    ) -> list[str]:
        """Write many events with one statement; returns their ids, in order."""
        ids: list[str] = []
        rows: list[dict[str, Any]] = []
        for event in events_:
            ce = self._cloud_event(event, cause or events.cause())
            ids.append(ce.id)
            rows.append(_row(ce, event))
        await self._insert(session, rows)
        return ids

    async def emit_tombstone(
        self, session: AsyncSession, topic_name: str, key: str, *, at: datetime | None = None
    ) -> None:
        """Write the record without a value that makes a compacted topic forget a key; not before `at`, if given."""
        row: dict[str, Any] = {
            "queue": COMPACTED,
            "payload": b"",
            "headers": {TOPIC: topic_name, KEY: key, TOMBSTONE: "1"},
        }
        await self._insert(session, [row | ({"next_attempt_at": at} if at else {})])

    async def _insert(self, session: AsyncSession, rows: list[dict[str, Any]]) -> None:
        if rows:
            await session.execute(insert(self.table), rows)
            self.wake_after_commit(session, {row["queue"] for row in rows})

    def wake_after_commit(self, session: AsyncSession, queues: set[str]) -> None:
        """What was written to these queues is due: tell whoever takes from them once it is committed."""
        self._waker.after_commit(session, queues)

    def _cloud_event(self, event: Event, cause: CloudEvent | None) -> CloudEvent:
        ce = new_event(event, source=self.source, cause=cause)
        inherited = cause.extensions.get("traceparent") if cause and tracing.traceparent() is None else None
        with tracing.span(f"emit {event.topic}", traceparent=inherited, kind=SpanKind.PRODUCER):
            parent = tracing.traceparent()
        return replace(ce, extensions={**ce.extensions, "traceparent": parent}) if parent else ce

    async def start(self, kafka: Broker) -> None:
        """Begin to relay, and to fire timers, in this process; others may do so beside it."""
        self._relay.connect(kafka.producer)
        await self.broker.start()

    async def stop(self) -> None:
        """Finish the rows in hand; what is left stays in the table."""
        await self._waker.stop()
        await self.broker.stop()
        await self.engine.dispose()

    async def due(self) -> int:
        """Rows that are due and not yet relayed, leased ones included; timers and messages for later don't count."""
        return (await self._backlog())[0] + sum([await count() for count in self.also_due])

    async def measure(self) -> None:
        """Refresh the gauges; called when metrics are read."""
        pending, oldest = await self._backlog()
        metrics.OUTBOX_PENDING.set(pending)
        metrics.OUTBOX_OLDEST.set(oldest)

    async def _backlog(self) -> tuple[int, float]:
        t = self.table
        age = func.coalesce(func.extract("epoch", func.now() - func.min(t.c.created_at)), 0)
        # A row that failed is planned for later, but it was due: it has been tried.
        due = or_(t.c.next_attempt_at <= func.now(), t.c.attempts_count > 0)
        async with self.database.session() as session:
            row = (await session.execute(select(func.count(), age).select_from(t).where(due))).one()
        return int(row[0]), max(0.0, float(row[1]))


def _row(ce: CloudEvent, event: Event) -> dict[str, Any]:
    headers, value = encode_kafka(ce)
    if len(value) > MAX_EVENT_BYTES:
        raise Refused("value", f"{len(value)} bytes, at most {MAX_EVENT_BYTES}")
    queue = COMPACTED if topic(event.topic).cleanup == "compact" else EVENTS
    carried = {f"{HEADER}{name}": text.decode() for name, text in headers}
    return {"queue": queue, "payload": value, "headers": {TOPIC: event.topic, KEY: event.key(), **carried}}

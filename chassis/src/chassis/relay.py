"""The relay: takes due rows from the outbox and publishes them, again and again until Kafka has acknowledged each."""

import asyncio
from typing import Any

from faststream_outbox import ExponentialRetry, OutboxBroker, OutboxMessage
from faststream_outbox.message import OutboxInnerMessage
from sqlalchemy import Table, delete, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis import logs, metrics
from chassis.producer import Producer
from chassis.retry import reason_of

EVENTS = "events"
COMPACTED = "compacted"
TOPIC = "topic"
KEY = "kafka_key"
TOMBSTONE = "tombstone"
HEADER = "h."

# An idempotent send waits for Kafka as long as it takes; a row is given back before its lease ends, and tried again.
# The lease is also how long the rows of a killed relay wait for another one.
SEND_TIMEOUT_S = 8.0
LEASE_S = 20.0
# Rows are announced (`chassis.wake`); polling finds what no announcement told of, e.g. rows whose time has come.
POLL_S = 0.2
IDLE_POLL_S = 1.0
# For ever: a row that is not relayed is a promise not kept. Visible as driveline_outbox_oldest_seconds.
FOR_EVER = ExponentialRetry(initial_delay_seconds=0.2, multiplier=2.0, max_delay_seconds=30.0, jitter_factor=0.4)

log = logs.get(__name__)


async def whole_row(message: OutboxMessage) -> OutboxInnerMessage:
    """The decoder: hand the handler the row itself."""
    row: OutboxInnerMessage = message.raw_message
    return row


class Relay:
    """Two subscribers on the outbox: plain events in any order, compacted topics one record of a key at a time."""

    def __init__(
        self, broker: OutboxBroker, engine: AsyncEngine, table: Table, *, workers: int, compacted_workers: int
    ) -> None:
        self._engine = engine
        self._table = table
        self._producer: Producer | None = None
        shared: dict[str, Any] = {
            "retry_strategy": FOR_EVER,
            "min_fetch_interval": POLL_S,
            "max_fetch_interval": IDLE_POLL_S,
            "lease_ttl_seconds": LEASE_S,
            "decoder": whole_row,
        }
        broker.subscriber(
            EVENTS, max_workers=workers, fetch_batch_size=64 * workers, terminal_flush_batch_size=64, **shared
        )(self._event)
        broker.subscriber(COMPACTED, max_workers=compacted_workers, fetch_batch_size=8 * compacted_workers, **shared)(
            self._compacted
        )

    def connect(self, producer: Producer) -> None:
        """Say where to publish; before the outbox broker starts."""
        self._producer = producer

    async def _event(self, row: OutboxInnerMessage) -> None:
        await self._send(row.payload, row.headers or {})

    async def _compacted(self, row: OutboxInnerMessage) -> None:
        """Send all pending records of the row's key, oldest first, each acknowledged before the next.

        A compacted topic keeps the last record, not the newest revision: two records of a key in flight at once, or
        an old one that is retried after a newer one, could leave the old state behind for ever.
        """
        key = (row.headers or {}).get(KEY, "")
        topic = (row.headers or {}).get(TOPIC, "")
        async with self._engine.begin() as connection:
            lock = text("SELECT pg_advisory_xact_lock(hashtext(:topic), hashtext(:key))")
            await connection.execute(lock, {"topic": topic, "key": key})
            for pending in await self._pending(connection, topic, key):
                await self._send(pending.payload, pending.headers)
                await connection.execute(delete(self._table).where(self._table.c.id == pending.id))

    async def _pending(self, connection: AsyncConnection, topic: str, key: str) -> list[Any]:
        t = self._table
        statement = (
            select(t.c.id, t.c.payload, t.c.headers)
            .where(
                t.c.queue == COMPACTED,
                t.c.headers[KEY].astext == key,
                t.c.headers[TOPIC].astext == topic,
                # Due, or tried before: what failed is planned for later but must not be overtaken.
                or_(t.c.next_attempt_at <= func.now(), t.c.attempts_count > 0),
            )
            .order_by(t.c.id)
        )
        return list((await connection.execute(statement)).all())

    async def _send(self, payload: bytes, carried: dict[str, str]) -> None:
        if self._producer is None:
            raise RuntimeError("relay: not connected to Kafka")
        topic = carried[TOPIC]
        headers = [(name[len(HEADER) :], value.encode()) for name, value in carried.items() if name.startswith(HEADER)]
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                value = None if TOMBSTONE in carried else payload
                await self._producer.send(topic, value, key=carried[KEY] or None, headers=headers)
        except Exception as away:
            metrics.OUTBOX_RETRIED.labels(topic).inc()
            log.warning("relay waits", topic=topic, ce_id=carried.get("h.ce_id"), reason=reason_of(away))
            raise
        metrics.OUTBOX_RELAYED.labels(topic).inc()

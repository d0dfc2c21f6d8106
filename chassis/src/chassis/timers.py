"""Durable timers on the outbox table: each fires once, after a restart too, in the transaction of its effect."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

from faststream_outbox.message import OutboxInnerMessage
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import logs, metrics
from chassis.outbox import Outbox
from chassis.relay import FOR_EVER, LEASE_S, whole_row

Body: TypeAlias = dict[str, Any]
TimerHandler: TypeAlias = Callable[[Body, AsyncSession], Awaitable[None]]

log = logs.get(__name__)


def _queue(name: str) -> str:
    return f"timer.{name}"


class Timers:
    """One service's timers. A timer is known by its queue and id; scheduling it again moves it."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._table = outbox.table

    async def schedule(self, session: AsyncSession, queue: str, timer_id: str, at: datetime, body: Body) -> None:
        """Set or move a timer in the caller's transaction. `at` has a time zone; `body` is JSON."""
        if at.tzinfo is None:
            raise ValueError("at: has no time zone")
        # Deleting takes the row from a relay that is about to fire it, or waits for one that is firing it now.
        await self.cancel(session, queue, timer_id)
        row = {
            "queue": _queue(queue),
            "timer_id": timer_id,
            "payload": json.dumps(body).encode(),
            "headers": {"content-type": "application/json"},
            "next_attempt_at": at,
        }
        await session.execute(insert(self._table), [row])
        if at <= datetime.now(
            UTC
        ):  # work for now, on a queue that survives a crash: it need not wait for the next poll
            self._outbox.wake_after_commit(session, {_queue(queue)})

    async def cancel(self, session: AsyncSession, queue: str, timer_id: str) -> bool:
        """Take a timer back in the caller's transaction; False when it has fired or never was."""
        t = self._table
        statement = delete(t).where(t.c.queue == _queue(queue), t.c.timer_id == timer_id)
        result = await session.execute(statement)
        return bool(getattr(result, "rowcount", 0))

    def on(self, queue: str, *, at_once: int = 1) -> Callable[[TimerHandler], TimerHandler]:
        """Register what fires: `async def handler(body, session)`, so many at once. A fault is retried for ever, with backoff."""

        def register(handler: TimerHandler) -> TimerHandler:
            async def fire(row: OutboxInnerMessage) -> None:
                async with self._outbox.database.transaction() as session:
                    t = self._table
                    # The effect and the end of the timer are one transaction: no crash can fire it twice.
                    mine = delete(t).where(t.c.id == row.id, t.c.acquired_token == row.acquired_token)
                    if not getattr(await session.execute(mine), "rowcount", 0):
                        return
                    await handler(json.loads(row.payload), session)
                metrics.TIMERS_FIRED.labels(queue).inc()

            self._outbox.broker.subscriber(
                _queue(queue),
                max_workers=at_once,
                retry_strategy=FOR_EVER,
                min_fetch_interval=0.5,
                max_fetch_interval=1.0,
                lease_ttl_seconds=LEASE_S,
                decoder=whole_row,
            )(fire)
            return handler

        return register

"""Waking relays by NOTIFY after a commit, outside the transaction."""

import asyncio

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from chassis import logs
from chassis.ending import end

log = logs.get(__name__)


class Waker:
    """Coalesces wake-ups of one outbox.

    faststream-outbox notifies inside the transaction that inserts. A transaction that notifies holds a lock on the
    whole cluster's queue until it is on disk, so that such transactions commit one after the other; see
    docs/decisions/0204. A wake-up that is lost costs one poll interval, nothing else.
    """

    def __init__(self, engine: AsyncEngine, table_name: str) -> None:
        self._engine = engine
        self._channel = f"outbox_{table_name}"
        self._queues: set[str] = set()
        self._rows = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def after_commit(self, session: AsyncSession, queues: set[str]) -> None:
        """Wake the relays of these queues once the session's transaction has committed."""
        waiting = session.info.get(self)
        if waiting is not None:
            waiting |= queues
            return
        session.info[self] = pending = set(queues)

        def committed(_session: object) -> None:
            if not session.sync_session.in_nested_transaction() and pending:  # a savepoint's release says nothing yet
                self.wake(pending)
                pending.clear()

        event.listen(session.sync_session, "after_commit", committed)

    def wake(self, queues: set[str]) -> None:
        """Wake the relays of these queues soon."""
        self._queues |= queues
        self._rows.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while True:
            await self._rows.wait()
            self._rows.clear()
            queues, self._queues = self._queues, set()
            try:
                async with self._engine.begin() as connection:
                    for queue in queues:
                        await connection.execute(
                            text("SELECT pg_notify(:channel, :queue)"), {"channel": self._channel, "queue": queue}
                        )
            except Exception as lost:  # noqa: BLE001 - the relay polls anyway
                log.debug("wake-up lost", reason=repr(lost))
                await asyncio.sleep(0.5)

    async def stop(self) -> None:
        """Stop waking."""
        task, self._task = self._task, None
        if task is not None:
            await end(task)

"""Follow up: what a change means for a need is worked out in a transaction of its own, after the change is committed."""

import uuid
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import TypeAlias

from chassis.timers import Timers
from sqlalchemy.ext.asyncio import AsyncSession

# The queue of everything that is to be done about a need, now or at a deadline; its one handler is AdvanceNeed.
QUEUE = "need"

# Called in the transaction that changed something about a need, which by then holds it: do what follows, now or soon.
Then: TypeAlias = Callable[[AsyncSession, str], Awaitable[object]]


class FollowUp:
    """Puts needs on the queue. Nothing on it is moved or cancelled: who fires finds out whether there is anything to do.

    To move a timer is to wait for one that is firing now; that one waits for the need, which the caller may hold.
    """

    def __init__(self, timers: Timers) -> None:
        self._timers = timers

    async def soon(self, session: AsyncSession, need_id: str) -> None:
        """As soon as the caller's transaction is committed."""
        await self.at(session, need_id, datetime.now(UTC))

    async def soon_all(self, session: AsyncSession, need_ids: Iterable[str]) -> None:
        """The same for many, in this order."""
        for need_id in dict.fromkeys(need_ids):
            await self.soon(session, need_id)

    async def at(self, session: AsyncSession, need_id: str, at: datetime) -> None:
        """When something about the need is due."""
        # What fires knows its time: the clocks of this machine and of the database may differ.
        body = {"need_id": need_id, "at": at.timestamp()}
        await self._timers.schedule(session, QUEUE, uuid.uuid4().hex, at, body)

"""Follow up: what a change means for needs is worked out in transactions of their own, after the change is committed."""

import uuid
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import TypeAlias

from chassis.timers import Timers
from sqlalchemy.ext.asyncio import AsyncSession

# What is to be done about a need, now or at a deadline (AdvanceNeed), and about an offer that has room (ServeWaiting).
NEEDS, OFFERS = "need", "offer"

# Called in the transaction that changed something about a need, which by then holds it: do what follows, now or soon.
Then: TypeAlias = Callable[[AsyncSession, str], Awaitable[object]]


class FollowUp:
    """Puts needs and offers on a queue. Nothing there is moved or cancelled: who fires finds out whether there is anything to do.

    To move a timer is to wait for one that is firing now; that one waits for the need, which the caller may hold.
    """

    def __init__(self, timers: Timers) -> None:
        self._timers = timers

    async def need_soon(self, session: AsyncSession, need_id: str) -> None:
        """Look at the need again as soon as the caller's transaction is committed."""
        await self.need_at(session, need_id, datetime.now(UTC))

    async def needs_soon(self, session: AsyncSession, need_ids: Iterable[str]) -> None:
        """The same for many."""
        for need_id in need_ids:
            await self.need_soon(session, need_id)

    async def need_at(self, session: AsyncSession, need_id: str, at: datetime) -> None:
        """Look at the need again when something about it is due."""
        # What fires knows its time: the clocks of this machine and of the database may differ.
        body = {"need_id": need_id, "at": at.timestamp()}
        await self._timers.schedule(session, NEEDS, uuid.uuid4().hex, at, body)

    async def offer_soon(self, session: AsyncSession, offer_id: str, after: tuple[datetime, str] | None = None) -> None:
        """An offer came, changed, or has room again: serve needs that wait for one like it, those behind `after`."""
        body = {"offer_id": offer_id, "after": [after[0].isoformat(), after[1]] if after else None}
        await self._timers.schedule(session, OFFERS, uuid.uuid4().hex, datetime.now(UTC), body)

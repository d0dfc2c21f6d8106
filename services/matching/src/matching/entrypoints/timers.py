"""From the timers: a need whose time has come or about which something changed, an offer that has room."""

from datetime import UTC, datetime

from chassis.timers import Body, Timers
from sqlalchemy.ext.asyncio import AsyncSession

from matching.usecases.advance_need import AdvanceNeed
from matching.usecases.follow_up import NEEDS, OFFERS
from matching.usecases.serve_waiting import ServeWaiting

# Each has a need of its own; those that compete for one offer take turns.
NEEDS_AT_ONCE = 4


def register(timers: Timers, advance: AdvanceNeed, serve: ServeWaiting) -> None:
    """Have the use cases called for whatever is on the queues."""

    @timers.on(NEEDS, at_once=NEEDS_AT_ONCE)
    async def about_need(body: Body, session: AsyncSession) -> None:
        due = datetime.fromtimestamp(body["at"], UTC)
        await advance(session, str(body["need_id"]), max(due, datetime.now(UTC)))

    @timers.on(OFFERS)
    async def about_offer(body: Body, session: AsyncSession) -> None:
        after = body["after"]
        await serve(session, str(body["offer_id"]), (datetime.fromisoformat(after[0]), after[1]) if after else None)

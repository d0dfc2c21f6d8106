"""From the timers: a need whose time has come, or about which something changed."""

from datetime import UTC, datetime

from chassis.timers import Body, Timers
from sqlalchemy.ext.asyncio import AsyncSession

from matching.usecases.advance_need import AdvanceNeed
from matching.usecases.follow_up import QUEUE

# Each has a need of its own; those that compete for one offer take turns.
AT_ONCE = 4


def register(timers: Timers, advance: AdvanceNeed) -> None:
    """Have the use case called for whatever is on the queue."""

    @timers.on(QUEUE, at_once=AT_ONCE)
    async def fire(body: Body, session: AsyncSession) -> None:
        due = datetime.fromtimestamp(body["at"], UTC)
        await advance(session, str(body["need_id"]), max(due, datetime.now(UTC)))

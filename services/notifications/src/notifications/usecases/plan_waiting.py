"""Plan what waited for people: notices whose member has somebody by now; those that nobody wants any more go."""

from datetime import datetime
from typing import Any

from chassis.database import Database
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import logs
from notifications.adapters import metrics
from notifications.adapters.messages import reachable
from notifications.adapters.tables import NOTICE, NoticeRow
from notifications.domain.cause import Cause
from notifications.usecases.plan_messages import notice_of, plan_notice

AT_ONCE = 100

log = logs.get(__name__)


async def plan_waiting(database: Database, now: datetime) -> None:
    """One round over everything: a notice and the person whom it waits for may come at the same moment, in two
    transactions that do not see each other."""
    async with database.transaction() as session:
        await _plan(session, now, reachable())
        await _give_up(session, now)


async def plan_waiting_for(session: AsyncSession, member_id: str, now: datetime) -> None:
    """What waits for this member, in the transaction in which one of its people is heard of."""
    await _plan(session, now, NOTICE.c.member_id == member_id)


async def _plan(session: AsyncSession, now: datetime, which: Any) -> None:
    ready = select(NoticeRow).where(which, NOTICE.c.until > now).order_by(NOTICE.c.notice_id).limit(AT_ONCE)
    for row in (await session.scalars(ready.with_for_update(skip_locked=True))).all():
        if await plan_notice(session, Cause(row.source, row.cause, row.origin), notice_of(row.body), now):
            await session.delete(row)


async def _give_up(session: AsyncSession, now: datetime) -> None:
    gone = delete(NOTICE).where(NOTICE.c.until <= now).returning(NOTICE.c.member_id, NOTICE.c.cause, NOTICE.c.body)
    for member_id, cause, body in await session.execute(gone):
        metrics.NOBODY.labels(body["template"]).inc()
        log.warning("nobody to tell", member_id=member_id, template=body["template"], cause=cause)

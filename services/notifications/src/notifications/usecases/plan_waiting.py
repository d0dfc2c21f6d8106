"""Plan what waited for people: notices whose member has somebody by now; those that nobody wants any more go."""

from datetime import datetime

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
    """One round; several processes may do it at once."""
    async with database.transaction() as session:
        ready = select(NoticeRow).where(reachable(), NOTICE.c.until > now).limit(AT_ONCE)
        for row in (await session.scalars(ready.with_for_update(skip_locked=True))).all():
            cause = Cause(row.source, row.cause, row.origin)
            if await plan_notice(session, cause, notice_of(row.body), now):
                await session.delete(row)
        await _give_up(session, now)


async def _give_up(session: AsyncSession, now: datetime) -> None:
    gone = delete(NOTICE).where(NOTICE.c.until <= now).returning(NOTICE.c.member_id, NOTICE.c.cause, NOTICE.c.body)
    for member_id, cause, body in await session.execute(gone):
        metrics.NOBODY.labels(body["template"]).inc()
        log.warning("nobody to tell", member_id=member_id, template=body["template"], cause=cause)

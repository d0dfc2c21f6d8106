"""Messages in the database: planned once for a cause, claimed by one process, found by what they are about."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters.tables import CONTACT, MESSAGE, NOTICE, MessageRow

WAITING = ("planned", "held")


async def plan(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> list[Any]:
    """Write messages down, each once for its cause; the rows (template, channel) that are new."""
    if not rows:
        return []
    statement = insert(MESSAGE).on_conflict_do_nothing().returning(MESSAGE.c.template, MESSAGE.c.channel)
    return list((await session.execute(statement, list(rows))).all())


async def due(session: AsyncSession, channels: Collection[str], now: datetime, limit: int) -> Sequence[MessageRow]:
    """Messages whose time has come, locked for the caller; those that another process has in hand are passed over."""
    statement = (
        select(MessageRow)
        .where(MESSAGE.c.status.in_(WAITING), MESSAGE.c.channel.in_(channels), MESSAGE.c.due_at <= now)
        .order_by(MESSAGE.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def attempting_since(session: AsyncSession, before: datetime, limit: int = 200) -> Sequence[MessageRow]:
    """Attempts that began before then and of which nothing was heard, locked for the caller."""
    statement = (
        select(MessageRow)
        .where(MESSAGE.c.status == "attempting", MESSAGE.c.attempted_at < before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def locked(session: AsyncSession, message_id: str) -> MessageRow | None:
    """One message, nobody else's until the transaction ends."""
    found: MessageRow | None = await session.get(MessageRow, message_id, with_for_update=True, populate_existing=True)
    return found


async def waiting_where(session: AsyncSession, *where: Any) -> Sequence[MessageRow]:
    """Messages that have not been attempted yet, locked for the caller."""
    statement = select(MessageRow).where(MESSAGE.c.status.in_(WAITING), *where).with_for_update()
    return (await session.scalars(statement.order_by(MESSAGE.c.message_id))).all()


async def search(session: AsyncSession, *where: Any, limit: int = 1000) -> Sequence[MessageRow]:
    """Messages, oldest first."""
    statement = select(MessageRow).where(*where).order_by(MESSAGE.c.planned_at, MESSAGE.c.message_id).limit(limit)
    return (await session.scalars(statement)).all()


async def forget_person(session: AsyncSession, contact_id: str) -> None:
    """Take words and addresses out of everything that went to a person; what became of it stays."""
    gone = update(MESSAGE).where(MESSAGE.c.contact_id == contact_id)
    await session.execute(gone.values(address=None, data={}, token=None))


async def due_by_channel(session: AsyncSession, now: datetime) -> dict[str, int]:
    """How many messages wait to go out now, those in hand and those that were refused before included."""
    statement: Select[Any] = (
        select(MESSAGE.c.channel, func.count())
        .where(
            or_(
                MESSAGE.c.status == "attempting",
                MESSAGE.c.status.in_(WAITING)
                & or_(MESSAGE.c.due_at <= now, (MESSAGE.c.attempts > 0) & (MESSAGE.c.status == "planned")),
            )
        )
        .group_by(MESSAGE.c.channel)
    )
    return {channel: int(count) for channel, count in await session.execute(statement)}


def reachable() -> Any:
    """The condition that a waiting notice's member has somebody who might be reached by now."""
    somebody = select(CONTACT.c.contact_id).where(
        CONTACT.c.member_id == NOTICE.c.member_id,
        ~CONTACT.c.erased,
        or_(CONTACT.c.email.is_not(None), CONTACT.c.phone.is_not(None)),
    )
    return somebody.exists()

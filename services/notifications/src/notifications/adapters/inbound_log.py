"""Texts that came in, each once: as digests, so that what people wrote and from where is not kept."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters.suppressions import digest
from notifications.adapters.tables import INBOUND

# SMPP gives a text no name. The same words from the same number again, as the next thing within this time, are the same
# text brought again, or somebody impatient: both mean what they meant.
SAME_WITHIN = timedelta(minutes=2)
KEPT = timedelta(days=14)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('inbound'), hashtext(:phone))")


async def first_time(
    session: AsyncSession, phone: str, words: str, identity: str | None, meaning: str, now: datetime
) -> str | None:
    """Write a text down; its identity, or None when it was there already."""
    mine, said = digest(phone), digest(words)
    await session.execute(_LOCK, {"phone": mine})
    if identity is None:
        newest = select(INBOUND.c.text_digest, INBOUND.c.at).where(INBOUND.c.phone_digest == mine)
        last = (await session.execute(newest.order_by(INBOUND.c.at.desc()).limit(1))).first()
        if last is not None and last.text_digest == said and now - last.at < SAME_WITHIN:
            return None
        identity = f"sms-{digest(f'{mine} {said} {now.isoformat()}')[:32]}"
    row = {"identity": identity, "phone_digest": mine, "text_digest": said, "meaning": meaning, "at": now}
    statement = insert(INBOUND).values(row).on_conflict_do_nothing().returning(INBOUND.c.identity)
    written: str | None = (await session.execute(statement)).scalar_one_or_none()
    return written


async def said_before(session: AsyncSession, phone: str, meaning: str, since: datetime, identity: str) -> bool:
    """Whether this number wrote something else of that meaning since then."""
    before = select(INBOUND.c.identity).where(
        INBOUND.c.phone_digest == digest(phone),
        INBOUND.c.meaning == meaning,
        INBOUND.c.at > since,
        INBOUND.c.identity != identity,
    )
    return (await session.execute(before.limit(1))).first() is not None


async def forget(session: AsyncSession, now: datetime) -> None:
    """Drop what is old."""
    await session.execute(delete(INBOUND).where(INBOUND.c.at < now - KEPT))

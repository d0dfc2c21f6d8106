"""The parts of texts by their carrier's names, and their receipts, whichever is known first."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters.suppressions import digest
from notifications.adapters.tables import SMS_PART, SmsPartRow
from notifications.domain.part_names import as_receipted, name_of

# Receipts for what was never ours, or came after that: nobody asks for them any more.
KEPT = timedelta(days=14)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('sms_part'), hashtext(:phone))")


async def _alone(session: AsyncSession, phone_digest: str) -> None:
    # A receipt may come before the answer to the submission is written down: the two take turns for each number.
    await session.execute(_LOCK, {"phone": phone_digest})


async def taken(session: AsyncSession, message_id: str, phone: str, ids: Sequence[str], now: datetime) -> None:
    """Write down how the carrier calls a message's parts, with the receipts that have come already."""
    mine = digest(phone)
    await _alone(session, mine)
    for one in ids:
        early = delete(SMS_PART).where(
            SMS_PART.c.provider_id.in_(as_receipted(one)),
            SMS_PART.c.phone_digest == mine,
            SMS_PART.c.message_id.is_(None),
        )
        states = (await session.scalars(early.returning(SMS_PART.c.state))).all()
        row = {
            "provider_id": name_of(one),
            "message_id": message_id,
            "phone_digest": mine,
            "state": states[0] if states else None,
            "at": now,
        }
        await session.execute(insert(SMS_PART).values(row).on_conflict_do_nothing())


async def receipted(session: AsyncSession, names: Sequence[str], phone: str, state: str, now: datetime) -> str | None:
    """Write down a receipt; the message that it is about, if that is known yet."""
    mine = digest(phone)
    await _alone(session, mine)
    for name in names:
        known = update(SMS_PART).where(
            SMS_PART.c.provider_id == name, SMS_PART.c.phone_digest == mine, SMS_PART.c.message_id.is_not(None)
        )
        found = (await session.scalars(known.values(state=state).returning(SMS_PART.c.message_id))).first()
        if found is not None:
            return str(found)
    early = {"provider_id": names[0], "phone_digest": mine, "state": state, "at": now}
    await session.execute(insert(SMS_PART).values(early).on_conflict_do_nothing())
    return None


async def states_of(session: AsyncSession, message_id: str) -> list[str | None]:
    """What is known of each part of a message."""
    parts = select(SmsPartRow).where(SMS_PART.c.message_id == message_id)
    return [part.state for part in (await session.scalars(parts.execution_options(populate_existing=True))).all()]


async def forget(session: AsyncSession, now: datetime) -> None:
    """Drop what is old."""
    await session.execute(delete(SMS_PART).where(SMS_PART.c.at < now - KEPT))

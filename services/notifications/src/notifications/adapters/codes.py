"""Short codes of the questions that were asked by text."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters.tables import SMS_CODE, SmsCodeRow
from notifications.domain.short_code import short_code

# A late reply is told that its question is closed, for as long as this; then the code is free again.
REMEMBERED = timedelta(days=30)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('sms_code'), hashtext(:phone))")


async def code_for(session: AsyncSession, question: SmsCodeRow) -> str:
    """The code of this question at this number: one that it has already, else one that no other question there has."""
    await session.execute(_LOCK, {"phone": question.phone})  # two questions to one number take turns
    here = SMS_CODE.c.phone == question.phone
    rows = (await session.execute(select(SMS_CODE).where(here))).all()
    same = (question.proposal_id, question.member_id, question.contact_id, False)
    for row in rows:
        if (row.proposal_id, row.member_id, row.contact_id, row.closed) == same:
            return str(row.code)
    question.code = short_code(f"{question.proposal_id} {question.member_id}", {row.code for row in rows})
    await session.execute(insert(SMS_CODE).values(question.model_dump()))
    return question.code


async def close(session: AsyncSession, proposal_id: str) -> None:
    """Whatever was asked about this proposal is not open any more."""
    await session.execute(update(SMS_CODE).where(SMS_CODE.c.proposal_id == proposal_id).values(closed=True))


async def open_questions(session: AsyncSession, phone: str, now: datetime) -> Sequence[SmsCodeRow]:
    """What this number was asked and may still answer."""
    mine = (SMS_CODE.c.phone == phone, ~SMS_CODE.c.closed, SMS_CODE.c.ends_at > now)
    return (await session.scalars(select(SmsCodeRow).where(*mine).order_by(SMS_CODE.c.code))).all()


async def forget(session: AsyncSession, now: datetime) -> None:
    """Drop the codes of questions that ended long ago."""
    await session.execute(delete(SMS_CODE).where(SMS_CODE.c.ends_at < now - REMEMBERED))


async def forget_person(session: AsyncSession, contact_id: str) -> None:
    """Drop a person's codes, and with them the number."""
    await session.execute(delete(SMS_CODE).where(SMS_CODE.c.contact_id == contact_id))

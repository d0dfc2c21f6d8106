"""Texts: the short code of a question, the segments, and the names by which receipts will call the parts."""

from datetime import datetime, timedelta

from chassis.outbox import Outbox
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters import codes, parts
from notifications.adapters.tables import MessageRow, SmsCodeRow
from notifications.adapters.texter import Texter
from notifications.domain.contact import Contact
from notifications.domain.segments import segments
from notifications.domain.sending import Outcome, Taken
from notifications.usecases.carriers import Parcel
from notifications.usecases.note_receipt import settle_by_receipts
from notifications.usecases.say import Say

QUESTIONS = ("proposal", "acceptance")
# A question always says when it ends; should one not, its code does not live for ever.
ENDS_AFTER = timedelta(days=14)


class TextCarrier:
    """SMS, by whichever carrier is set up."""

    def __init__(self, texter: Texter, outbox: Outbox, say: Say) -> None:
        self._texter = texter
        self._outbox = outbox
        self._say = say

    async def pack(
        self,
        session: AsyncSession,
        row: MessageRow,
        person: Contact,
        names: dict[str, str],
        address: str,
        now: datetime,
    ) -> Parcel:
        """The text with its code; the code is committed with the attempt, before anybody can reply."""
        code = await self._code(session, row, address, now) if row.template in QUESTIONS else None
        text = self._say.text(row, person, names, code)
        row.segments = len(segments(text))

        async def hand_over() -> Outcome:
            return await self._texter.hand_over(address, text)

        return Parcel(row.message_id, row.channel, hand_over)

    async def taken(self, session: AsyncSession, row: MessageRow, taken: Taken, now: datetime) -> None:
        """From now on receipts find the message; those that were faster count now."""
        if row.address is None:
            return  # a stranger, or somebody who was forgotten meanwhile
        await parts.taken(session, row.message_id, row.address, taken.ids, now)
        await settle_by_receipts(session, self._outbox, row, now)

    async def _code(self, session: AsyncSession, row: MessageRow, phone: str, now: datetime) -> str:
        question = SmsCodeRow(
            phone=phone,
            code="",
            proposal_id=row.data["proposal_id"],
            need_id=row.data["need_id"],
            member_id=row.member_id,
            contact_id=row.contact_id,
            title=row.data.get("title"),
            ends_at=row.late_after or now + ENDS_AFTER,
            closed=False,
        )
        return await codes.code_for(session, question)

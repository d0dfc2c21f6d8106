"""Take a text that came in: stop at once, start, help, or an answer to what we asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chassis.database import Database
from chassis.outbox import Outbox
from contracts.notifications import ConsentStated, PartnershipAnswered
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters import codes, inbound_log, messages, metrics, suppressions
from notifications.adapters.contacts import people_with_phone
from notifications.adapters.tables import MESSAGE, SmsCodeRow
from notifications.adapters.texter import Inbound
from notifications.domain.cause import Cause
from notifications.domain.consent import TRANSACTIONAL
from notifications.domain.contact import Contact
from notifications.domain.notice import SMS, Notice
from notifications.domain.reply import Reply, read_reply
from notifications.domain.verdict import CONFIRMING, STOPPED
from notifications.usecases.plan_messages import message_row

SOURCE = "driveline/notifications"
# What a person agrees to by a reply: what the confirming text says.
TEXT_CLASSES = ("match", TRANSACTIONAL)
# Who writes what nobody understands is told how it works, once in so long.
PATIENCE = timedelta(days=1)
ANSWERS = {"yes": "accept", "no": "decline"}


@dataclass(frozen=True, slots=True)
class _Letter:
    """A text with who may have written it."""

    phone: str
    identity: str
    reply: Reply
    people: Sequence[Contact]
    now: datetime


class TakeInbound:
    """Each text once, in a transaction of its own; the carrier is answered after that."""

    def __init__(self, database: Database, outbox: Outbox, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock

    async def __call__(self, inbound: Inbound) -> None:
        """What a text means never depends on who sent it, only what follows does."""
        reply, now = read_reply(inbound.text), self._clock()
        async with self._database.transaction() as session:
            identity = await inbound_log.first_time(
                session, inbound.phone, inbound.text, inbound.identity, reply.meaning, now
            )
            if identity is None:
                return
            metrics.INBOUND.labels(reply.meaning).inc()
            people = await people_with_phone(session, inbound.phone)
            letter = _Letter(inbound.phone, identity, reply, people, now)
            match reply.meaning:
                case "stop":
                    await self._stop(session, letter)
                case "start":
                    await self._start(session, letter)
                case "help":
                    await self._say(session, letter, "sms_help")
                case "unknown":
                    await self._unknown(session, letter)
                case _:
                    await self._answer(session, letter)

    async def _stop(self, session: AsyncSession, letter: _Letter) -> None:
        """At once and here: what membership makes of it takes its time."""
        first = await suppressions.suppress(
            session, "sms", letter.phone, suppressions.EVERYTHING, letter.now, "STOP by text"
        )
        cause = await self._state(session, letter, (), given=False, source="STOP by text")
        if first:
            await self._say(session, letter, STOPPED, cause=cause)

    async def _start(self, session: AsyncSession, letter: _Letter) -> None:
        await suppressions.lift(session, "sms", letter.phone)
        if not letter.people:
            await self._say(session, letter, "sms_help")
            return
        cause = await self._state(session, letter, TEXT_CLASSES, given=True, source="START by text")
        await self._say(session, letter, "sms_started", cause=cause)

    async def _unknown(self, session: AsyncSession, letter: _Letter) -> None:
        since = letter.now - PATIENCE
        if not await inbound_log.said_before(session, letter.phone, "unknown", since, letter.identity):
            await self._say(session, letter, "sms_help")

    async def _answer(self, session: AsyncSession, letter: _Letter) -> None:
        if letter.reply.code is None and await self._confirms(session, letter):
            return
        asked = await codes.open_questions(session, letter.phone, letter.now)
        meant = [question for question in asked if letter.reply.code in (None, question.code)]
        if len(meant) == 1:
            await self._pass_on(session, letter, meant[0])
        elif meant:
            await self._say(session, letter, "sms_which", {"codes": [question.code for question in meant]})
        else:
            await self._say(session, letter, "sms_closed")

    async def _confirms(self, session: AsyncSession, letter: _Letter) -> bool:
        """Whether this is the reply to the text that asked for consent."""
        asked = await messages.search(
            session,
            MESSAGE.c.address == letter.phone,
            MESSAGE.c.template == CONFIRMING,
            MESSAGE.c.status.in_(("sent", "delivered", "unknown")),
            MESSAGE.c.about.is_(None),
        )
        if not asked:
            return False
        for row in asked:
            row.about = f"answered {letter.reply.meaning}"
        given = letter.reply.meaning == "yes"
        cause = await self._state(session, letter, TEXT_CLASSES, given=given, source="confirming reply")
        if given:
            await suppressions.lift(session, "sms", letter.phone)
            await self._say(session, letter, "sms_started", cause=cause)
        return True

    async def _pass_on(self, session: AsyncSession, letter: _Letter, question: SmsCodeRow) -> None:
        answered = PartnershipAnswered.model_validate(
            {
                "need_id": question.need_id,
                "proposal_id": question.proposal_id,
                "member_id": question.member_id,
                "contact_id": question.contact_id,
                "answer": ANSWERS[letter.reply.meaning],
                "channel": "sms",
                "answered_at": letter.now,
            }
        )
        cause = Cause(SOURCE, await self._outbox.emit(session, answered))
        question.closed = True  # the next bare YES is about the next question
        data = {"answer": letter.reply.meaning, "title": question.title}
        await self._say(session, letter, "sms_noted", data, cause=cause)

    async def _state(
        self, session: AsyncSession, letter: _Letter, classes: tuple[str, ...], *, given: bool, source: str
    ) -> Cause | None:
        """Tell membership, for each person that has this number; the first statement is the cause of our reply."""
        stated = [
            ConsentStated.model_validate(
                {
                    "contact_id": person.contact_id,
                    "member_id": person.member_id,
                    "channel": "sms",
                    "classes": classes,
                    "given": given,
                    "at": letter.now,
                    "source": source,
                }
            )
            for person in letter.people
        ]
        ids = await self._outbox.emit_many(session, stated)
        return Cause(SOURCE, ids[0]) if ids else None

    async def _say(
        self,
        session: AsyncSession,
        letter: _Letter,
        template: str,
        data: dict[str, Any] | None = None,
        *,
        cause: Cause | None = None,
    ) -> None:
        """Reply with one text, to the number that wrote."""
        person = letter.people[0] if letter.people else None
        notice = Notice(template, TRANSACTIONAL, (person and person.member_id) or "", channels=SMS, data=data or {})
        row = message_row(
            cause or Cause("sms", letter.identity),
            notice,
            person.contact_id if person else "",
            "sms",
            letter.now,
            address=letter.phone,
            answers_text=True,
        )
        await messages.plan(session, [row])

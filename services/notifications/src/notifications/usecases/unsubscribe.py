"""Unsubscribe: by the link of a mail, no more mails of its class to that person."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Database
from chassis.outbox import Outbox
from contracts.notifications import ConsentStated
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters import messages, suppressions
from notifications.adapters.contacts import contacts_by_id
from notifications.adapters.tables import MESSAGE, MessageRow

CLASS_WORDS = {
    "match": "proposals and answers about partnerships",
    "digest": "news and benchmarks",
    "marketing": "stories and campaigns",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a link ends, in words."""

    words: str


class Unsubscribe:
    """The token is in nothing but the mail itself."""

    def __init__(self, database: Database, outbox: Outbox, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock

    async def offer(self, token: str) -> Offer | None:
        """What this link ends; None for one that is not known (any more). Changes nothing."""
        async with self._database.session() as session:
            row = await _mail(session, token)
            return Offer(CLASS_WORDS.get(row.class_, row.class_)) if row is not None else None

    async def __call__(self, token: str) -> Offer | None:
        """End it, here and at once, and tell membership; again changes nothing."""
        now = self._clock()
        async with self._database.transaction() as session:
            row = await _mail(session, token)
            if row is None:
                return None
            person = (await contacts_by_id(session, {row.contact_id})).get(row.contact_id)
            address = row.address or (person.email if person else None)
            if address is not None and await suppressions.suppress(
                session, "email", address, row.class_, now, "unsubscribe link"
            ):
                stated = ConsentStated.model_validate(
                    {
                        "contact_id": row.contact_id,
                        "member_id": row.member_id,
                        "channel": "email",
                        "classes": (row.class_,),
                        "given": False,
                        "at": now,
                        "source": "unsubscribe link",
                    }
                )
                await self._outbox.emit(session, stated)
            return Offer(CLASS_WORDS.get(row.class_, row.class_))


async def _mail(session: AsyncSession, token: str) -> MessageRow | None:
    found = await messages.search(session, MESSAGE.c.token == token, limit=1)
    return found[0] if found else None

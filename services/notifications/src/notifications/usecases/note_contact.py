"""Note a contact: how a person is reached, a welcome to whoever is new, or that the person is to be forgotten."""

from dataclasses import asdict
from datetime import datetime

from chassis.outbox import Outbox
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters import codes, messages, subscriptions
from notifications.adapters.newest import keep_newest
from notifications.adapters.tables import CONTACT, MESSAGE, NOTICE
from notifications.domain.cause import Cause
from notifications.domain.consent import TRANSACTIONAL
from notifications.domain.contact import Contact
from notifications.domain.notice import Notice
from notifications.usecases.plan_messages import plan_messages
from notifications.usecases.settle import settle

FORGOTTEN = "the person asked to be forgotten"


class NoteContact:
    """An old or repeated revision changes nothing, and is no error."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def __call__(self, session: AsyncSession, contact: Contact, cause: Cause, now: datetime) -> None:
        """The first revision of a person with an address is what they are welcomed for."""
        kept = asdict(contact.kept())
        row = kept | {"roles": list(kept["roles"]), "consents": list(kept["consents"])}
        if not await keep_newest(session, CONTACT, row):
            return
        if contact.erased:
            await self._forget_messages(session, contact.contact_id, now)
        elif contact.revision == 1 and contact.email and contact.member_id:
            welcome = Notice("welcome", TRANSACTIONAL, contact.member_id, contact.contact_id, alone=True)
            await plan_messages(session, cause, [welcome], now)

    async def forget(self, session: AsyncSession, contact_id: str, now: datetime) -> None:
        """The log has forgotten a person. Whatever is known still goes; the revision stays, so that nothing old comes back."""
        nothing = dict.fromkeys(("member_id", "name", "email", "phone", "timezone", "language"))
        gone = update(CONTACT).where(CONTACT.c.contact_id == contact_id)
        await session.execute(gone.values(nothing | {"roles": [], "consents": [], "erased": True}))
        await self._forget_messages(session, contact_id, now)

    async def _forget_messages(self, session: AsyncSession, contact_id: str, now: datetime) -> None:
        """Nothing more goes out, and no words or addresses of this person stay behind."""
        for row in await messages.waiting_where(session, MESSAGE.c.contact_id == contact_id):
            await settle(session, self._outbox, row, "suppressed", now, FORGOTTEN)
        await session.flush()
        await messages.forget_person(session, contact_id)
        await codes.forget_person(session, contact_id)
        await subscriptions.forget_person(session, contact_id)
        await session.execute(delete(NOTICE).where(NOTICE.c.body["contact_id"].astext == contact_id))

"""Note a contact: how a person is reached, or that the person is to be forgotten."""

from dataclasses import asdict

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters.newest import keep_newest
from notifications.adapters.tables import CONTACT
from notifications.domain.contact import Contact


async def note_contact(session: AsyncSession, contact: Contact) -> None:
    """An old or repeated revision changes nothing, and is no error."""
    kept = asdict(contact.kept())
    await keep_newest(session, CONTACT, kept | {"roles": list(kept["roles"]), "consents": list(kept["consents"])})


async def forget_contact(session: AsyncSession, contact_id: str) -> None:
    """The log has forgotten a person. Whatever is known still goes; the revision stays, so that nothing old comes back."""
    nothing = dict.fromkeys(("member_id", "name", "email", "phone", "timezone", "language"))
    gone = update(CONTACT).where(CONTACT.c.contact_id == contact_id)
    await session.execute(gone.values(nothing | {"roles": [], "consents": [], "erased": True}))

"""Note consent: what a person allows or forbids from now on, told on as a revision of the contact."""

from collections.abc import Iterable
from datetime import datetime

from chassis.outbox import Outbox
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import contacts, facts
from membership.domain.errors import RuleBrokenError


async def note_consent(
    session: AsyncSession,
    outbox: Outbox,
    contact_id: str,
    channel: str,
    classes: Iterable[str],
    given: bool,
    at: datetime,
    source: str,
) -> None:
    """Of two statements the later one holds, whichever comes first; a repeat changes nothing.

    Raises RuleBrokenError for an id that is nobody's. It will not become somebody's: who states a consent has the id from
    `contact.changed`, which goes out after the contact is written, and a contact's row stays after the person is erased.
    """
    contact = await contacts.load_one(session, contact_id)
    if contact is None:
        raise RuleBrokenError("contact_id", f"'{contact_id}' is not a contact")
    stated = contact.state(channel, classes, given, at, source)
    if stated != contact:
        await contacts.save(session, [stated])
        await outbox.emit(session, facts.contact_changed(stated))

"""Note people: by whom a member is reached, and forgetting one of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chassis.outbox import Outbox
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import contacts, facts
from membership.domain.contact import Contact, Reach, same_person
from membership.domain.errors import RuleBrokenError
from membership.usecases.ids import new_id

# A reader that is away must find the erasure on the compacted topic before the topic forgets the person altogether.
TOMBSTONE_AFTER = timedelta(days=7)


async def note_people(session: AsyncSession, outbox: Outbox, member_id: str, people: Iterable[Reach]) -> None:
    """Write people down; somebody known by email or phone is changed, not doubled."""
    known = {contact.contact_id: contact for contact in await contacts.of_member(session, member_id)}
    changed: dict[str, Contact] = {}
    for reach in people:
        old = same_person(known.values(), reach)
        new = (
            old.change(replace(reach, language=old.reach.language))
            if old
            else Contact.add(new_id("c"), member_id, reach)
        )
        if new != old:
            known[new.contact_id] = changed[new.contact_id] = new
    await contacts.save(session, changed.values())
    await outbox.emit_many(session, [facts.contact_changed(contact) for contact in changed.values()])


async def erase_person(session: AsyncSession, outbox: Outbox, member_id: str, contact_id: str) -> None:
    """Forget a person everywhere: a revision without data, and later a tombstone. Erasing twice changes nothing."""
    known = {contact.contact_id: contact for contact in await contacts.of_member(session, member_id)}
    if contact_id not in known:
        raise RuleBrokenError("contact_id", f"'{contact_id}' is not a contact of '{member_id}'")
    erased = known[contact_id].erase()
    if erased != known[contact_id]:
        await contacts.save(session, [erased])
        await outbox.emit(session, facts.contact_changed(erased))
        await outbox.emit_tombstone(session, "contact.changed", contact_id, at=datetime.now(UTC) + TOMBSTONE_AFTER)

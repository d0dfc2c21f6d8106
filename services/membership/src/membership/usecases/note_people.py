"""Note people: by whom members are reached, and forgetting one of them."""

from collections.abc import Iterable, Mapping
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


async def note_people(
    session: AsyncSession, outbox: Outbox, people: Mapping[str, Iterable[Reach]]
) -> dict[str, list[Contact]]:
    """Write down people by member; somebody known by email or phone is changed, not doubled.

    The caller holds the members. Returns by member the contacts that these people are now, one for each, in order.
    """
    known: dict[str, dict[str, Contact]] = {member_id: {} for member_id in people}
    for contact in await contacts.load(session, people):
        known[contact.member_id][contact.contact_id] = contact
    noted: dict[str, list[str]] = {}
    changed: list[Contact] = []
    for member_id, reaches in people.items():
        before, theirs = known[member_id], dict(known[member_id])
        noted[member_id] = _note(theirs, member_id, reaches)
        for contact_id, contact in theirs.items():
            old = before.get(contact_id)
            if old is None or old.reach != contact.reach:
                # However often somebody is named in one go, that is one change.
                theirs[contact_id] = replace(contact, revision=old.revision + 1 if old else 1)
                changed.append(theirs[contact_id])
        known[member_id] = theirs
    await contacts.save(session, changed)
    await outbox.emit_many(session, [facts.contact_changed(contact) for contact in changed])
    return {member_id: [known[member_id][contact_id] for contact_id in ids] for member_id, ids in noted.items()}


def _note(theirs: dict[str, Contact], member_id: str, reaches: Iterable[Reach]) -> list[str]:
    """Add or change the contacts of a member, by id; returns the ids of those that were named."""
    ids = []
    for reach in reaches:
        old = same_person(theirs.values(), reach)
        new = (
            old.change(replace(reach, language=old.reach.language))
            if old
            else Contact.add(new_id("c"), member_id, reach)
        )
        theirs[new.contact_id] = new
        ids.append(new.contact_id)
    return ids


async def erase_person(session: AsyncSession, outbox: Outbox, member_id: str, contact_id: str) -> None:
    """Forget a person everywhere: a revision without data, and later a tombstone. Erasing twice changes nothing."""
    known = await contacts.load_one(session, contact_id)
    if known is None or known.member_id != member_id:
        raise RuleBrokenError("contact_id", f"'{contact_id}' is not a contact of '{member_id}'")
    erased = known.erase()
    if erased != known:
        await contacts.save(session, [erased])
        await outbox.emit(session, facts.contact_changed(erased))
        await outbox.emit_tombstone(session, "contact.changed", contact_id, at=datetime.now(UTC) + TOMBSTONE_AFTER)

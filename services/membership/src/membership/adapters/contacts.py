"""Contacts in PostgreSQL: the only place in membership where a person's data lies."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters.tables import CONTACT, ContactRow
from membership.domain.contact import Contact, Reach


async def of_member(session: AsyncSession, member_id: str) -> list[Contact]:
    """A member's contacts, the erased ones included, in a stable order."""
    table = CONTACT
    query = select(ContactRow).where(table.c.member_id == member_id).order_by(table.c.contact_id)
    return [_contact(row) for row in (await session.execute(query)).scalars()]


async def save(session: AsyncSession, contacts: Iterable[Contact]) -> None:
    """Write contacts, new and changed."""
    rows = [_row(contact) for contact in contacts]
    if rows:
        statement = upsert(CONTACT)
        newer = {c: statement.excluded[c] for c in rows[0] if c != "contact_id"}
        await session.execute(statement.on_conflict_do_update(index_elements=["contact_id"], set_=newer), rows)


def _row(contact: Contact) -> dict[str, Any]:
    reach = contact.reach
    return {
        "contact_id": contact.contact_id,
        "revision": contact.revision,
        "member_id": contact.member_id,
        "name": reach.name,
        "email": reach.email,
        "phone": reach.phone,
        "roles": list(reach.roles),
        "timezone": reach.timezone,
        "language": reach.language,
        "consents": list(contact.consents),
        "erased": contact.erased,
    }


def _contact(row: ContactRow) -> Contact:
    reach = Reach(row.name, row.email, row.phone, tuple(row.roles), row.timezone, row.language)
    return Contact(row.contact_id, row.revision, row.member_id, reach, tuple(row.consents), row.erased)

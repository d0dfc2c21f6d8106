"""Contacts in PostgreSQL: the only place in membership where a person's data lies."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from contracts.fields import moment_text
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters.tables import CONTACT, ContactRow
from membership.domain.contact import Consent, Contact, Reach


async def of_member(session: AsyncSession, member_id: str) -> list[Contact]:
    """A member's contacts, the erased ones included, in a stable order."""
    query = select(ContactRow).where(CONTACT.c.member_id == member_id).order_by(CONTACT.c.contact_id)
    return [_contact(row) for row in (await session.execute(query)).scalars()]


async def load(session: AsyncSession, member_ids: Iterable[str]) -> list[Contact]:
    """The contacts of these members, held for change until the transaction ends."""
    wanted = CONTACT.c.member_id == func.any(sorted(set(member_ids)))
    query = select(ContactRow).where(wanted).order_by(CONTACT.c.contact_id).with_for_update()
    return [_contact(row) for row in (await session.execute(query)).scalars()]


async def load_one(session: AsyncSession, contact_id: str) -> Contact | None:
    """One contact, held for change until the transaction ends."""
    query = select(ContactRow).where(CONTACT.c.contact_id == contact_id).with_for_update()
    row = (await session.execute(query)).scalar_one_or_none()
    return _contact(row) if row else None


async def read(session: AsyncSession, contact_id: str) -> Contact | None:
    """One contact as it is."""
    row = await session.get(ContactRow, contact_id)
    return _contact(row) if row else None


async def by_email(session: AsyncSession, email: str, at_most: int) -> list[Contact]:
    """Whoever is reached at this address, upper and lower case being the same, at any member."""
    same = func.lower(CONTACT.c.email) == email.lower()
    query = select(ContactRow).where(same).order_by(CONTACT.c.contact_id).limit(at_most)
    return [_contact(row) for row in (await session.execute(query)).scalars()]


async def save(session: AsyncSession, contacts: Collection[Contact]) -> None:
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
        "consents": [
            {"channel": c.channel, "class": c.class_, "given": c.given, "at": moment_text(c.at), "source": c.source}
            for c in contact.consents
        ],
        "erased": contact.erased,
    }


def _contact(row: ContactRow) -> Contact:
    reach = Reach(row.name, row.email, row.phone, tuple(row.roles), row.timezone, row.language)
    consents = tuple(
        Consent(c["channel"], c["class"], c["given"], datetime.fromisoformat(c["at"]), c["source"])
        for c in row.consents
    )
    return Contact(row.contact_id, row.revision, row.member_id, reach, consents, row.erased)

"""Reading people from the database."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import RowMapping, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters.tables import CONTACT, MEMBER
from notifications.domain.contact import Contact


async def people_of(session: AsyncSession, member_id: str) -> list[Contact]:
    """A member's people, in a stable order; none that is erased."""
    return await _contacts(session, CONTACT.c.member_id == member_id, ~CONTACT.c.erased)


async def people_with_phone(session: AsyncSession, phone: str) -> list[Contact]:
    """Whoever has this number: one person may speak for several members."""
    return await _contacts(session, CONTACT.c.phone == phone, ~CONTACT.c.erased)


async def contacts_by_id(session: AsyncSession, ids: Collection[str]) -> dict[str, Contact]:
    """These contacts, the erased ones too."""
    found = await _contacts(session, CONTACT.c.contact_id.in_(ids)) if ids else []
    return {contact.contact_id: contact for contact in found}


async def member_names(session: AsyncSession, ids: Collection[str]) -> dict[str, str]:
    """The names of these members, as far as they are known and have one."""
    rows = await session.execute(select(MEMBER.c.member_id, MEMBER.c.name).where(MEMBER.c.member_id.in_(ids)))
    return {row.member_id: row.name for row in rows if row.name}


async def _contacts(session: AsyncSession, *where: Any) -> list[Contact]:
    statement: Select[Any] = select(CONTACT).where(*where).order_by(CONTACT.c.contact_id)
    return [_contact(row) for row in (await session.execute(statement)).mappings()]


def _contact(row: RowMapping) -> Contact:
    return Contact(**{**row, "roles": tuple(row["roles"]), "consents": tuple(row["consents"])})

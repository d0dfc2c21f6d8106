"""Sign-in links in PostgreSQL: kept as hashes, used up once; and how often one address asked."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters.tables import SIGN_IN_LINK, SIGN_IN_REQUEST, SignInLinkRow

# A link that is over is kept for a while, so that whoever opens it late is told that, and an operator can see when it was used.
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Link:
    """Whom a link signs in, a contact or an operator, and where it leads."""

    contact_id: str | None
    operator: str | None
    next: str
    expires_at: datetime


async def add(session: AsyncSession, token: str, link: Link, now: datetime) -> None:
    """Write a link down; links that have long been over are forgotten on the way."""
    await session.execute(delete(SIGN_IN_LINK).where(SIGN_IN_LINK.c.expires_at < now - KEPT))
    values = {"contact_id": link.contact_id, "operator": link.operator, "next": link.next}
    await session.execute(insert(SIGN_IN_LINK).values(token_hash=_hash(token), expires_at=link.expires_at, **values))


async def find(session: AsyncSession, token: str, now: datetime) -> Link | None:
    """The link if it can still be used."""
    query = select(SignInLinkRow).where(
        SIGN_IN_LINK.c.token_hash == _hash(token), SIGN_IN_LINK.c.used_at.is_(None), SIGN_IN_LINK.c.expires_at > now
    )
    row = (await session.execute(query)).scalar_one_or_none()
    return Link(row.contact_id, row.operator, row.next, row.expires_at) if row else None


async def use_up(session: AsyncSession, token: str, now: datetime) -> Link | None:
    """The link, and from now on nobody's: of any number of calls at once one gets it."""
    table = SIGN_IN_LINK
    # The second of two waits here for the first one's row, then finds `used_at` set.
    statement = (
        update(table)
        .where(table.c.token_hash == _hash(token), table.c.used_at.is_(None), table.c.expires_at > now)
        .values(used_at=now)
        .returning(table.c.contact_id, table.c.operator, table.c.next, table.c.expires_at)
    )
    row = (await session.execute(statement)).one_or_none()
    return Link(*row) if row else None


async def count_request(session: AsyncSession, address: str, now: datetime, within: timedelta) -> int:
    """Note that this address was typed into the form; returns how often within this time, this one included."""
    mark, table = _hash(address.lower()), SIGN_IN_REQUEST
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(mark, 2))))
    await session.execute(delete(table).where(table.c.asked_at < now - within))
    await session.execute(insert(table).values(address_hash=mark, asked_at=now))
    count = await session.execute(select(func.count()).where(table.c.address_hash == mark))
    return int(count.scalar_one())


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

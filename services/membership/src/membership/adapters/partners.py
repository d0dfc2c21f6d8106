"""Partners and the clients that ask for tokens, in PostgreSQL."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters.tables import CLIENT, PARTNER, ClientRow, PartnerRow


@dataclass(frozen=True, slots=True)
class Client:
    """Who may ask for tokens: a partner's system, or a member's own."""

    client_id: str
    secret_hash: str
    scopes: frozenset[str]
    partner: str | None = None
    member_id: str | None = None


async def partner_scopes(session: AsyncSession, partner: str) -> frozenset[str] | None:
    """What a partner may do at all; None for a partner that nobody registered."""
    row = await session.get(PartnerRow, partner)
    return frozenset(row.scopes) if row else None


async def all_partners(session: AsyncSession) -> dict[str, list[str]]:
    """The scopes of every partner by its name."""
    rows = await session.execute(select(PartnerRow).order_by(PARTNER.c.partner))
    return {row.partner: sorted(row.scopes) for row in rows.scalars()}


async def save_partner(session: AsyncSession, partner: str, scopes: frozenset[str]) -> None:
    """Register a partner, or state anew what it may do."""
    statement = upsert(PARTNER).values(partner=partner, scopes=sorted(scopes))
    newer = {"scopes": statement.excluded.scopes}
    await session.execute(statement.on_conflict_do_update(index_elements=["partner"], set_=newer))


async def client(session: AsyncSession, client_id: str) -> Client | None:
    """The client of this id."""
    row = await session.get(ClientRow, client_id)
    return Client(row.client_id, row.secret_hash, frozenset(row.scopes), row.partner, row.member_id) if row else None


async def save_client(session: AsyncSession, client: Client) -> None:
    """Write a client, new or with another secret or scopes."""
    values = {
        "client_id": client.client_id,
        "secret_hash": client.secret_hash,
        "partner": client.partner,
        "member_id": client.member_id,
        "scopes": sorted(client.scopes),
    }
    statement = upsert(CLIENT).values(values)
    newer = {"secret_hash": statement.excluded.secret_hash, "scopes": statement.excluded.scopes}
    await session.execute(statement.on_conflict_do_update(index_elements=["client_id"], set_=newer))

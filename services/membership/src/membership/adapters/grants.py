"""Grants in PostgreSQL, and the one look-up that the intake makes for a whole batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters.tables import GRANT, GrantRow
from membership.domain.grants import Grant

_STANDING = text(
    """
    SELECT m.member_id, g.scopes
    FROM unnest(CAST(:member_ids AS text[])) AS asked (member_id)
    JOIN member m USING (member_id)
    LEFT JOIN partner_grant g ON g.member_id = m.member_id AND g.partner = :partner
    """
)
_PARTNER = text("SELECT scopes FROM partner WHERE partner = :partner")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a partner may do now: at all (None: nobody registered it), and for each of the members asked about.

    A member who exists without a grant has an empty set; an id of nobody is missing.
    """

    scopes: frozenset[str] | None
    granted: dict[str, frozenset[str]] = field(default_factory=dict)


async def standing(session: AsyncSession, partner: str | None, member_ids: Sequence[str]) -> Standing:
    """Read it, in at most two queries however many members there are."""
    scopes = (await session.execute(_PARTNER, {"partner": partner})).scalar() if partner else None
    rows = (
        await session.execute(_STANDING, {"partner": partner or "", "member_ids": list(member_ids)})
        if member_ids
        else ()
    )
    granted = {member_id: frozenset(found or ()) for member_id, found in rows}
    return Standing(None if scopes is None else frozenset(scopes), granted)


async def load(session: AsyncSession, partner: str, member_ids: Sequence[str]) -> dict[str, Grant]:
    """A partner's grants for these members, held for change until the transaction ends."""
    table = GRANT
    query = select(GrantRow).where(table.c.partner == partner, table.c.member_id == func.any(list(member_ids)))
    rows = (await session.execute(query.order_by(table.c.member_id).with_for_update())).scalars()
    return {row.member_id: _grant(row) for row in rows}


async def of_member(session: AsyncSession, member_id: str) -> list[Grant]:
    """Everything that a member granted, held for change until the transaction ends."""
    table = GRANT
    query = select(GrantRow).where(table.c.member_id == member_id).order_by(table.c.partner).with_for_update()
    return [_grant(row) for row in (await session.execute(query)).scalars()]


async def save(session: AsyncSession, grants: Sequence[Grant]) -> None:
    """Write grants, new and restated."""
    if grants:
        rows = [
            {"member_id": g.member_id, "partner": g.partner, "scopes": sorted(g.scopes), "revision": g.revision}
            for g in grants
        ]
        statement = upsert(GRANT)
        newer = {"scopes": statement.excluded.scopes, "revision": statement.excluded.revision}
        update = statement.on_conflict_do_update(index_elements=["member_id", "partner"], set_=newer)
        await session.execute(update, rows)


def _grant(row: GrantRow) -> Grant:
    return Grant(row.partner, row.member_id, frozenset(row.scopes), row.revision)

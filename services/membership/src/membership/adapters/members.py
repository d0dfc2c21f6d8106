"""Members and the marks by which they are recognised, in PostgreSQL; written many at a time or one."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters.tables import IDENTITY, MEMBER, IdentityRow, MemberRow
from membership.domain.identity import Identity
from membership.domain.member import ExternalId, Location, Member, Profile, Program

# One lock for who joins at all: every application shares it, an import has it alone.
_JOINING = 0x6472_6976_656C
_SCALARS = ("kind", "name", "address", "city", "state", "zip", "shop_type", "size", "ownership", "level")
_IDENTITIES_AT_A_TIME = 5_000  # PostgreSQL takes 32,767 parameters a statement


async def begin_joining(session: AsyncSession, identities: Iterable[Identity]) -> None:
    """Let nobody else join under one of these marks until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock_shared(_JOINING)))
    marks = sorted({f"{i.kind}:{i.value}" for i in identities})
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(mark, 1)) FROM unnest(CAST(:marks AS text[])) AS mark"),
        {"marks": marks},
    )


async def begin_importing(session: AsyncSession) -> None:
    """Let nobody join at all until the transaction ends: a lock for each of thousands of marks would not fit."""
    await session.execute(select(func.pg_advisory_xact_lock(_JOINING)))


async def find(session: AsyncSession, identities: Sequence[Identity]) -> dict[tuple[str, str], str]:
    """The ids of the members known by these marks, by (kind, value) of the mark."""
    found: dict[tuple[str, str], str] = {}
    for start in range(0, len(identities), _IDENTITIES_AT_A_TIME):
        asked = [(i.kind, i.value) for i in identities[start : start + _IDENTITIES_AT_A_TIME]]
        marks = tuple_(IDENTITY.c.kind, IDENTITY.c.value)
        rows = await session.execute(select(IdentityRow).where(marks.in_(asked)))
        found |= {(row.kind, row.value): row.member_id for row in rows.scalars()}
    return found


async def remember(session: AsyncSession, marks: Iterable[tuple[Identity, str]]) -> None:
    """Write down by what members are recognised; a mark that is known already stays with its member."""
    rows = [{"kind": i.kind, "value": i.value, "rank": i.rank, "member_id": member_id} for i, member_id in marks]
    if rows:
        await session.execute(upsert(IDENTITY).on_conflict_do_nothing(), rows)


async def load(session: AsyncSession, member_ids: Iterable[str]) -> dict[str, Member]:
    """Members by id, held for change until the transaction ends; ids of nobody are left out."""
    wanted = sorted(set(member_ids))
    table = MEMBER
    query = select(MemberRow).where(table.c.member_id == func.any(wanted)).order_by(table.c.member_id).with_for_update()
    return {row.member_id: _member(row) for row in (await session.execute(query)).scalars()} if wanted else {}


async def read(session: AsyncSession, member_id: str) -> Member | None:
    """One member as it is."""
    row = await session.get(MemberRow, member_id)
    return _member(row) if row else None


async def count_by_standing(session: AsyncSession) -> list[tuple[str, str, int]]:
    """How many members there are of each kind in each standing: kind, status, count."""
    kind, status = MEMBER.c.kind, MEMBER.c.status
    query = select(kind, status, func.count()).group_by(kind, status).order_by(kind, status)
    return [(str(k), str(s), int(n)) for k, s, n in await session.execute(query)]


async def add(session: AsyncSession, members: Sequence[Member]) -> None:
    """Write new members."""
    if members:
        await session.execute(insert(MEMBER), [_row(m) for m in members])


async def save(session: AsyncSession, members: Sequence[Member]) -> None:
    """Write members that `load` gave at a later revision."""
    if members:
        table = MEMBER
        rows = [{"of": m.member_id} | _row(m) for m in members]
        columns: dict[str, Any] = {column: bindparam(column) for column in _row(members[0])}
        await session.execute(update(table).where(table.c.member_id == bindparam("of")).values(columns), rows)


def _row(member: Member) -> dict[str, Any]:
    profile = member.profile
    return {
        "member_id": member.member_id,
        "revision": member.revision,
        "status": member.status,
        "verified_on": member.verified_on,
        **{column: getattr(profile, column) for column in _SCALARS},
        "external_ids": [{"scheme": e.scheme, "id": e.id} for e in profile.external_ids],
        "locations": [
            {"location_id": p.location_id, "zip": p.zip, "shop_type": p.shop_type} for p in profile.locations
        ],
        "programs": [
            {
                "program_id": p.program_id,
                "cip": p.cip,
                "enrolled": p.enrolled,
                "curricula": list(p.curricula),
                "accreditations": list(p.accreditations),
            }
            for p in profile.programs
        ],
    }


def _member(row: MemberRow) -> Member:
    profile = Profile(
        **{column: getattr(row, column) for column in _SCALARS},
        external_ids=tuple(ExternalId(**e) for e in row.external_ids),
        locations=tuple(Location(**p) for p in row.locations),
        programs=tuple(
            Program(p["program_id"], p["cip"], p["enrolled"], tuple(p["curricula"]), tuple(p["accreditations"]))
            for p in row.programs
        ),
    )
    return Member(row.member_id, row.revision, row.status, row.verified_on, profile)

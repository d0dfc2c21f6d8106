"""What matching knows of members, in PostgreSQL."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters.tables import MEMBER, SITE
from matching.domain.offer import GONE
from matching.domain.site import Site


async def keep_newest(session: AsyncSession, member: dict[str, Any]) -> bool:
    """Write a member's state unless this revision or a newer one is there already."""
    statement = upsert(MEMBER).values(member)
    newer = {name: statement.excluded[name] for name in member if name != "member_id"}
    written = await session.execute(
        statement.on_conflict_do_update(
            index_elements=["member_id"], set_=newer, where=MEMBER.c.revision < statement.excluded.revision
        ).returning(MEMBER.c.member_id)
    )
    return written.scalar() is not None


async def replace_sites(session: AsyncSession, member_id: str, sites: Sequence[Site]) -> None:
    """Write where a member is now, in place of where it was."""
    await session.execute(delete(SITE).where(SITE.c.member_id == member_id))
    if sites:
        rows = [
            {
                "member_id": member_id,
                "site_id": site.place.site_id,
                "zip": site.place.zip,
                "lat": site.point.lat,
                "lon": site.point.lon,
                "timezone": site.point.timezone,
                "shop_type": site.place.shop_type,
            }
            for site in sites
        ]
        await session.execute(insert(SITE), rows)


async def has_gone(session: AsyncSession, member_id: str) -> bool:
    """Whether the member is known to take part no more; of one that is not known yet nothing is said."""
    query = select(MEMBER.c.status).where(MEMBER.c.member_id == member_id)
    return (await session.execute(query)).scalar_one_or_none() in GONE


async def names(session: AsyncSession, member_ids: Iterable[str]) -> dict[str, str]:
    """The public names of members; those that have none, or are not known yet, are left out."""
    query = select(MEMBER.c.member_id, MEMBER.c.name).where(
        MEMBER.c.member_id == func.any(sorted(set(member_ids))), MEMBER.c.name.is_not(None)
    )
    return {row.member_id: row.name for row in await session.execute(query)}

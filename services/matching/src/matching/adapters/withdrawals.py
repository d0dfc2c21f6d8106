"""What was taken back, in PostgreSQL: a withdrawal may be heard of before the need or the offer itself."""

from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters.tables import WITHDRAWAL

Thing = Literal["need", "offer"]


async def remember(session: AsyncSession, thing: Thing, thing_id: str, member_id: str, revision: int) -> None:
    """Write it down; the newest revision stays."""
    said = upsert(WITHDRAWAL).values(thing=thing, thing_id=thing_id, member_id=member_id, revision=revision)
    newest = func.greatest(WITHDRAWAL.c.revision, said.excluded.revision)
    await session.execute(
        said.on_conflict_do_update(index_elements=["thing", "thing_id", "member_id"], set_={"revision": newest})
    )


async def newest(session: AsyncSession, thing: Thing, thing_id: str, member_id: str) -> int:
    """The newest revision at which this member took it back; 0 when it never did."""
    query = select(WITHDRAWAL.c.revision).where(
        WITHDRAWAL.c.thing == thing, WITHDRAWAL.c.thing_id == thing_id, WITHDRAWAL.c.member_id == member_id
    )
    return int((await session.execute(query)).scalar_one_or_none() or 0)

"""Needs in PostgreSQL. Whoever changes anything about a need holds its row: that is the first lock, before any offer's."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters.tables import NEED, PROPOSAL
from matching.domain.distance import box
from matching.domain.need import Need
from matching.domain.offer import Offer
from matching.domain.proposal import HOLDING
from matching.domain.site import Point

_PLACE = ("lat", "lon", "timezone")


async def hold(session: AsyncSession, need_id: str) -> Need | None:
    """The need, held until the transaction ends."""
    row = (await session.execute(select(NEED).where(NEED.c.need_id == need_id).with_for_update())).mappings().first()
    return _need(row) if row else None


async def read(session: AsyncSession, need_id: str) -> Need | None:
    """The need as it is."""
    row = (await session.execute(select(NEED).where(NEED.c.need_id == need_id))).mappings().first()
    return _need(row) if row else None


async def add(session: AsyncSession, need: Need) -> bool:
    """Write a new need; False when somebody else wrote one under this id just now."""
    added = upsert(NEED).values(_row(need)).on_conflict_do_nothing().returning(NEED.c.need_id)
    return (await session.execute(added)).scalar() is not None


async def save(session: AsyncSession, need: Need) -> None:
    """Write a need that `hold` gave as it is from now on."""
    await session.execute(update(NEED).where(NEED.c.need_id == need.need_id).values(_row(need)))


async def page(session: AsyncSession, state: str | None, after: str, limit: int) -> list[Need]:
    """Needs in the order of their ids, those of one state or all."""
    query = select(NEED).where(NEED.c.need_id > after).order_by(NEED.c.need_id).limit(limit)
    if state is not None:
        query = query.where(NEED.c.state == state)
    return [_need(row) for row in (await session.execute(query)).mappings()]


async def of_member(session: AsyncSession, member_id: str, limit: int) -> list[Need]:
    """The member's needs, the newest first."""
    query = select(NEED).where(NEED.c.member_id == member_id).order_by(NEED.c.opened_at.desc(), NEED.c.need_id)
    return [_need(row) for row in (await session.execute(query.limit(limit))).mappings()]


async def open_of_member(session: AsyncSession, member_id: str) -> list[str]:
    """The ids of the member's needs for which somebody is still looked for."""
    query = select(NEED.c.need_id).where(NEED.c.member_id == member_id, NEED.c.state == "open")
    return list((await session.execute(query)).scalars())


async def unserved(
    session: AsyncSession, offer: Offer, at_most_miles: float, now: datetime, after: tuple[datetime, str] | None
) -> list[tuple[datetime, Need]]:
    """Open needs near an offer that have places left and have not asked it, those that wait longest first.

    Each with when it was opened; only those behind `after` in this order.
    """
    south, north, west, east = box(offer.point, at_most_miles)
    of_this = PROPOSAL.c.need_id == NEED.c.need_id
    held = select(func.count()).where(of_this, PROPOSAL.c.state.in_(HOLDING)).scalar_subquery()
    asked = select(PROPOSAL.c.need_id).where(and_(of_this, PROPOSAL.c.offer_id == offer.offer_id)).exists()
    query = (
        select(NEED)
        .where(
            NEED.c.state == "open",
            NEED.c.closes_at > now,
            NEED.c.kind == offer.kind,
            NEED.c.lat.between(south, north),
            NEED.c.lon.between(west, east),
            held < NEED.c.places,
            ~asked,
        )
        .order_by(NEED.c.opened_at, NEED.c.need_id)
    )
    if after is not None:
        query = query.where(tuple_(NEED.c.opened_at, NEED.c.need_id) > tuple_(*after))
    return [(row["opened_at"], _need(row)) for row in (await session.execute(query)).mappings()]


async def many(session: AsyncSession, need_ids: Iterable[str]) -> dict[str, Need]:
    """Needs by id."""
    wanted = sorted(set(need_ids))
    rows = (await session.execute(select(NEED).where(NEED.c.need_id == func.any(wanted)))).mappings() if wanted else ()
    return {row["need_id"]: _need(row) for row in rows}


def _row(need: Need) -> dict[str, Any]:
    plain = {name: getattr(need, name) for name in Need.__slots__ if name not in ("point", "shop_types")}
    return plain | {name: getattr(need.point, name) for name in _PLACE} | {"shop_types": list(need.shop_types)}


def _need(row: RowMapping | Mapping[str, Any]) -> Need:
    plain = {name: row[name] for name in Need.__slots__ if name not in ("point", "shop_types")}
    return Need(point=Point(*(row[name] for name in _PLACE)), shop_types=tuple(row["shop_types"]), **plain)

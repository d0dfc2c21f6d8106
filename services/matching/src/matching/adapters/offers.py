"""Offers in PostgreSQL, and what stands behind each: its member's standing and the shop types at its place."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters.tables import MEMBER, OFFER, PROPOSAL, SITE
from matching.domain.distance import box
from matching.domain.need import Need
from matching.domain.offer import Candidate, Offer
from matching.domain.proposal import HOLDING
from matching.domain.site import Point

_PLACE = ("lat", "lon", "timezone")


async def hold(session: AsyncSession, offer_id: str) -> Offer | None:
    """The offer, held until the transaction ends: nobody else takes of its capacity meanwhile."""
    query = select(OFFER).where(OFFER.c.offer_id == offer_id).with_for_update()
    row = (await session.execute(query)).mappings().first()
    return _offer(row) if row else None


async def hold_candidate(session: AsyncSession, offer_id: str) -> Candidate | None:
    """The offer and who stands behind it, held both, so that neither is taken back meanwhile."""
    offer = await hold(session, offer_id)
    if offer is None:
        return None
    await session.execute(
        select(MEMBER.c.member_id).where(MEMBER.c.member_id == offer.member_id).with_for_update(read=True)
    )
    return (await candidates(session, [offer_id])).get(offer_id)


async def add(session: AsyncSession, offer: Offer) -> bool:
    """Write a new offer; False when somebody else wrote one under this id just now."""
    added = upsert(OFFER).values(_row(offer)).on_conflict_do_nothing().returning(OFFER.c.offer_id)
    return (await session.execute(added)).scalar() is not None


async def save(session: AsyncSession, offer: Offer) -> None:
    """Write an offer that `hold` gave as it is from now on."""
    await session.execute(update(OFFER).where(OFFER.c.offer_id == offer.offer_id).values(_row(offer)))


async def of_member(session: AsyncSession, member_id: str, limit: int | None = None) -> list[Offer]:
    """The member's offers in the order of their ids."""
    query = select(OFFER).where(OFFER.c.member_id == member_id).order_by(OFFER.c.offer_id).limit(limit)
    return [_offer(row) for row in (await session.execute(query)).mappings()]


async def candidates(session: AsyncSession, offer_ids: Iterable[str]) -> dict[str, Candidate]:
    """Offers by id, with who stands behind each."""
    query = _candidates().where(OFFER.c.offer_id == func.any(sorted(set(offer_ids))))
    return {found.offer.offer_id: found for found in await _found(session, query)}


async def around(session: AsyncSession, need: Need, radius: float) -> list[Candidate]:
    """Offers of the need's kind so many miles around it, and a few beyond, that it has not asked yet."""
    south, north, west, east = box(need.point, radius)
    asked = select(PROPOSAL.c.offer_id).where(PROPOSAL.c.need_id == need.need_id)
    query = _candidates().where(
        OFFER.c.kind == need.kind,
        ~OFFER.c.withdrawn,
        OFFER.c.lat.between(south, north),
        OFFER.c.lon.between(west, east),
        OFFER.c.offer_id.not_in(asked),
    )
    return await _found(session, query)


async def taken(session: AsyncSession, offer_ids: Iterable[str]) -> dict[str, Counter[date]]:
    """How many proposals hold capacity of each offer, by the day by which they are counted."""
    query = (
        select(PROPOSAL.c.offer_id, PROPOSAL.c.day, func.count())
        .where(PROPOSAL.c.offer_id == func.any(sorted(set(offer_ids))), PROPOSAL.c.state.in_(HOLDING))
        .group_by(PROPOSAL.c.offer_id, PROPOSAL.c.day)
    )
    counted: dict[str, Counter[date]] = defaultdict(Counter)
    for offer_id, day, count in await session.execute(query):
        counted[offer_id][day] = count
    return counted


async def taken_of(session: AsyncSession, offer_id: str) -> Counter[date]:
    """The same for one offer; hold it first if what is free is to stay free."""
    return (await taken(session, [offer_id])).get(offer_id, Counter())


def _candidates() -> Select[Any]:
    there = (SITE.c.member_id == OFFER.c.member_id) & (SITE.c.zip == OFFER.c.zip)
    types = select(func.array_agg(SITE.c.shop_type)).where(there, SITE.c.shop_type.is_not(None)).scalar_subquery()
    return select(OFFER, MEMBER.c.status, MEMBER.c.shop_type, types.label("there")).select_from(
        OFFER.outerjoin(MEMBER, MEMBER.c.member_id == OFFER.c.member_id)
    )


async def _found(session: AsyncSession, query: Select[Any]) -> list[Candidate]:
    return [
        Candidate(_offer(row), row["status"], frozenset(row["there"] or filter(None, [row["shop_type"]])))
        for row in (await session.execute(query)).mappings()
    ]


def _row(offer: Offer) -> dict[str, Any]:
    plain = {name: getattr(offer, name) for name in Offer.__slots__ if name != "point"}
    return plain | {name: getattr(offer.point, name) for name in _PLACE}


def _offer(row: RowMapping) -> Offer:
    plain = {name: row[name] for name in Offer.__slots__ if name != "point"}
    return Offer(point=Point(*(row[name] for name in _PLACE)), **plain)

"""Proposals in PostgreSQL. They are written under the lock of their need."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters.tables import PROPOSAL
from matching.domain.outcome import Outcome
from matching.domain.proposal import AWAITING, Proposal

_SAID = ("requester_says", "offerer_says")


async def read(session: AsyncSession, proposal_id: str) -> Proposal | None:
    """The proposal as it is; hold its need first if it is to be changed."""
    row = (await session.execute(select(PROPOSAL).where(PROPOSAL.c.proposal_id == proposal_id))).mappings().first()
    return _proposal(row) if row else None


async def of_need(session: AsyncSession, need_id: str) -> list[Proposal]:
    """All that was proposed for a need, in the order in which it was."""
    query = select(PROPOSAL).where(PROPOSAL.c.need_id == need_id).order_by(PROPOSAL.c.made_at, PROPOSAL.c.proposal_id)
    return [_proposal(row) for row in (await session.execute(query)).mappings()]


async def of_needs(session: AsyncSession, need_ids: Iterable[str]) -> list[Proposal]:
    """All that was proposed for these needs."""
    wanted = sorted(set(need_ids))
    query = select(PROPOSAL).where(PROPOSAL.c.need_id == func.any(wanted)).order_by(PROPOSAL.c.made_at)
    return [_proposal(row) for row in (await session.execute(query)).mappings()] if wanted else []


async def of_member(session: AsyncSession, member_id: str, limit: int) -> list[Proposal]:
    """What the member takes part in on either side, the newest first."""
    mine = or_(PROPOSAL.c.requested_by == member_id, PROPOSAL.c.offered_by == member_id)
    query = select(PROPOSAL).where(mine).order_by(PROPOSAL.c.made_at.desc(), PROPOSAL.c.proposal_id).limit(limit)
    return [_proposal(row) for row in (await session.execute(query)).mappings()]


async def needs_awaiting_member(session: AsyncSession, member_id: str) -> list[str]:
    """The ids of needs that were proposed to this member and wait for an answer, of whichever side."""
    query = select(PROPOSAL.c.need_id).where(PROPOSAL.c.offered_by == member_id, PROPOSAL.c.state.in_(AWAITING))
    return list((await session.execute(query.distinct())).scalars())


async def needs_awaiting_offer(session: AsyncSession, offer_id: str) -> list[str]:
    """The ids of needs that were put together with this offer and wait for an answer, of whichever side."""
    query = select(PROPOSAL.c.need_id).where(PROPOSAL.c.offer_id == offer_id, PROPOSAL.c.state.in_(AWAITING))
    return list((await session.execute(query)).scalars())


async def add(session: AsyncSession, proposal: Proposal) -> None:
    """Write a new proposal."""
    await session.execute(insert(PROPOSAL).values(_row(proposal)))


async def save(session: AsyncSession, proposal: Proposal) -> None:
    """Write a proposal at its next revision."""
    mine = PROPOSAL.c.proposal_id == proposal.proposal_id
    await session.execute(update(PROPOSAL).where(mine).values(_row(proposal)))


def _row(proposal: Proposal) -> dict[str, Any]:
    plain = {name: getattr(proposal, name) for name in Proposal.__slots__ if name not in _SAID}
    said = {name: getattr(proposal, name) for name in _SAID}
    return plain | {name: asdict(outcome) if outcome else None for name, outcome in said.items()}


def _proposal(row: RowMapping) -> Proposal:
    plain = {name: row[name] for name in Proposal.__slots__ if name not in _SAID}
    said: dict[str, Any] = {name: Outcome(**row[name]) if row[name] else None for name in _SAID}
    return Proposal(**plain, **said)

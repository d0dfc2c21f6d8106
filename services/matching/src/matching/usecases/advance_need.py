"""Advance a need: end what has run out or lost its ground, ask the next, and close the need when nobody is left."""

from datetime import UTC, datetime

from chassis.outbox import Outbox
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import facts, known_members, needs, offers, proposals, withdrawals
from matching.domain.candidates import suits
from matching.domain.need import Need
from matching.domain.progress import Step, is_taken_back, next_step, places_left
from matching.domain.proposal import Proposal
from matching.domain.terms import Terms
from matching.usecases.follow_up import FollowUp
from matching.usecases.propose_next import ProposeNext


class AdvanceNeed:
    """Whatever happened to a need, an offer or a member, this finds out what it means for one need, and does it.

    Calling it once too often changes nothing. It is the only place that ends or makes proposals on its own account.
    """

    def __init__(self, outbox: Outbox, follow_up: FollowUp, propose: ProposeNext, terms: Terms) -> None:
        self._outbox = outbox
        self._follow_up = follow_up
        self._propose = propose
        self._terms = terms

    async def __call__(self, session: AsyncSession, need_id: str, now: datetime | None = None) -> None:
        """Holds the need, and in the end at most one offer."""
        now = now or datetime.now(UTC)
        need = await needs.hold(session, need_id)
        if need is None:
            return
        known = await proposals.of_need(session, need_id)
        need = await self._taken_back(session, need, known, now)
        made = [await self._ended(session, need, proposal, now) for proposal in known]
        step = next_step(need, made, now)
        if step is Step.FILL:
            await needs.save(session, need.go_to("filled"))
        elif step is Step.END:
            await self._end(session, need.go_to("ended"), made)
        elif step is Step.ASK:
            proposal = await self._propose(session, need, now)
            if proposal is not None and places_left(need, [*made, proposal]):
                await self._follow_up.need_soon(session, need_id)

    async def _taken_back(self, session: AsyncSession, need: Need, known: list[Proposal], now: datetime) -> Need:
        said = await withdrawals.newest(session, "need", need.need_id, need.member_id)
        gone = await known_members.has_gone(session, need.member_id)
        if not is_taken_back(need, known, said, gone=gone, now=now):
            return need
        need = need.go_to("withdrawn")
        await needs.save(session, need)
        await self._outbox.emit(session, facts.ended(need))
        return need

    async def _ended(self, session: AsyncSession, need: Need, proposal: Proposal, now: datetime) -> Proposal:
        """The proposal as it goes on, or at its end if it lost its ground or its time is over."""
        if not proposal.awaits:
            return proposal
        candidate = (await offers.candidates(session, [proposal.offer_id]))[proposal.offer_id]
        stands = need.state != "withdrawn" and suits(need, candidate, self._terms)
        after = proposal.expire(now) if stands else proposal.withdraw(now)
        if after != proposal:
            await proposals.save(session, after)
            await self._outbox.emit(session, facts.expired(need, after))
            await self._follow_up.offer_soon(session, proposal.offer_id)
        return after

    async def _end(self, session: AsyncSession, need: Need, made: list[Proposal]) -> None:
        await needs.save(session, need)
        if not any(proposal.holds for proposal in made):  # else its outcome is what was agreed
            await self._outbox.emit(session, facts.ended(need))

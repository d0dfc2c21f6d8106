"""Propose: find the nearest offer that suits a need and has room, and put the two together, all in one transaction."""

from datetime import datetime

from chassis.outbox import Outbox
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import facts, metrics, offers, proposals
from matching.adapters.links import Link, Links
from matching.domain.candidates import has_room, nearest_first, suits
from matching.domain.deadlines import offerer_answers_until
from matching.domain.distance import miles
from matching.domain.need import Need
from matching.domain.offer import Candidate, Offer
from matching.domain.proposal import Proposal
from matching.domain.terms import Terms
from matching.usecases.follow_up import FollowUp
from matching.usecases.ids import new_id


class ProposeNext:
    """Makes at most one proposal: a transaction that held two offers could wait for one that holds them the other way."""

    def __init__(self, outbox: Outbox, follow_up: FollowUp, links: Links, terms: Terms) -> None:
        self._outbox = outbox
        self._follow_up = follow_up
        self._links = links
        self._terms = terms

    async def __call__(self, session: AsyncSession, need: Need, now: datetime) -> Proposal | None:
        """Under the lock of the need. None when nobody is there who was not asked before and has room."""
        radius = need.radius_miles or self._terms.need_radius_miles
        around = nearest_first(need, await offers.around(session, need, radius), self._terms)
        taken = await offers.taken(session, [candidate.offer.offer_id for candidate in around])
        for seen in around:
            if not has_room(seen.offer, need, now, taken.get(seen.offer.offer_id, {})):
                continue
            candidate = await self._take(session, need, seen, now)
            if candidate is not None:
                return await self._propose(session, need, candidate.offer, now)
        return None

    async def _take(self, session: AsyncSession, need: Need, seen: Candidate, now: datetime) -> Candidate | None:
        """Hold the offer if it still suits and has room; else let go of it at once, so that never two are held."""
        offer_id = seen.offer.offer_id
        attempt = await session.begin_nested()
        candidate = await offers.hold_candidate(session, offer_id)
        if candidate is not None and suits(need, candidate, self._terms):
            # Counted after the lock was taken: nobody else can take of it until this transaction ends.
            taken = await offers.taken_of(session, offer_id)
            if has_room(candidate.offer, need, now, taken):
                await attempt.commit()
                return candidate
        await attempt.rollback()
        metrics.CAPACITY_RACES.inc()
        return None

    async def _propose(self, session: AsyncSession, need: Need, offer: Offer, now: datetime) -> Proposal:
        proposal = Proposal(
            proposal_id=new_id("pr"),
            need_id=need.need_id,
            offer_id=offer.offer_id,
            requested_by=need.member_id,
            offered_by=offer.member_id,
            day=need.day(now),
            distance_miles=round(miles(need.point, offer.point)),
            answer_until=offerer_answers_until(need, now, self._terms),
            since=now,
        )
        await proposals.add(session, proposal)
        await self._follow_up.need_at(session, need.need_id, proposal.answer_until)
        url = await self._links.url(Link(proposal.proposal_id, "offerer", proposal.answer_until))
        await self._outbox.emit(session, facts.proposed(need, proposal, url))
        return proposal

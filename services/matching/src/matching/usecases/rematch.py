"""Rematch: somebody came who can give, or capacity came back; needs that still wait near there are looked at again."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import needs
from matching.domain.candidates import suits
from matching.domain.offer import Candidate
from matching.domain.terms import Terms
from matching.usecases.follow_up import FollowUp


class Rematch:
    """Puts the needs on the queue that an offer could serve, those that wait longest first."""

    def __init__(self, follow_up: FollowUp, terms: Terms) -> None:
        self._follow_up = follow_up
        self._terms = terms

    async def offers_came(self, session: AsyncSession, came: Iterable[Candidate]) -> None:
        """New offers, offers that changed, or offers of a member that came (back)."""
        for candidate in came:
            await self._wake(session, candidate, but="")

    async def capacity_is_back(self, session: AsyncSession, candidate: Candidate, but: str) -> None:
        """A proposal of the need `but` ended; that one goes on by itself, others may have waited for its offer."""
        await self._wake(session, candidate, but)

    async def _wake(self, session: AsyncSession, candidate: Candidate, but: str) -> None:
        if not candidate.stands:
            return
        offer = candidate.offer
        waiting = await needs.unserved(session, offer, offer.radius_miles or self._terms.offer_radius_miles)
        could = [need.need_id for need in waiting if suits(need, candidate, self._terms) and need.need_id != but]
        await self._follow_up.soon_all(session, could)

"""Serve who waits: an offer has room, and the need that waits longest for one like it is looked at, then the next."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import needs, offers
from matching.domain.candidates import has_room, suits
from matching.domain.terms import Terms
from matching.usecases.advance_need import AdvanceNeed
from matching.usecases.follow_up import FollowUp


class ServeWaiting:
    """Looks at one need in a transaction, and puts the offer on the queue again for the next: all of them would be held."""

    def __init__(self, follow_up: FollowUp, advance: AdvanceNeed, terms: Terms) -> None:
        self._follow_up = follow_up
        self._advance = advance
        self._terms = terms

    async def __call__(self, session: AsyncSession, offer_id: str, after: tuple[datetime, str] | None) -> None:
        """`after` is the need looked at last, by when it was opened and its id: it only grows, so this comes to an end."""
        now = datetime.now(UTC)
        candidate = (await offers.candidates(session, [offer_id])).get(offer_id)
        if candidate is None or not candidate.stands:
            return
        offer = candidate.offer
        taken = await offers.taken_of(session, offer_id)
        radius = offer.radius_miles or self._terms.offer_radius_miles
        for opened_at, need in await needs.unserved(session, offer, radius, now, after):
            if suits(need, candidate, self._terms) and has_room(offer, need, now, taken):
                await self._advance(session, need.need_id)
                await self._follow_up.offer_soon(session, offer_id, (opened_at, need.need_id))
                return

"""Offer a partnership: keep an offer at its newest revision, and look again at the needs that it concerns."""

from contracts.matching import PartnershipOffered
from contracts.zips import zips
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import offers, proposals, withdrawals
from matching.domain.errors import NotAllowedError
from matching.domain.offer import Offer
from matching.domain.site import Point
from matching.usecases.follow_up import FollowUp

_SAME = ("offer_id", "member_id", "revision", "kind", "zip", "radius_miles", "capacity", "period")


class OfferPartnership:
    """Applies what a member offers, in the caller's transaction."""

    def __init__(self, follow_up: FollowUp) -> None:
        self._follow_up = follow_up

    async def __call__(self, session: AsyncSession, said: PartnershipOffered) -> bool:
        """False when this revision or a newer one is there. A newer one makes a withdrawn offer stand again."""
        old = await offers.hold(session, said.offer_id)
        if old is not None and old.member_id != said.member_id:
            raise NotAllowedError("offer_id", f"'{said.offer_id}' is another member's")
        if old is not None and old.revision >= said.revision:
            return False
        taken_back = await withdrawals.newest(session, "offer", said.offer_id, said.member_id)
        offer = _offer(said, withdrawn=taken_back >= said.revision)
        if old is not None:
            await offers.save(session, offer)
        elif not await offers.add(session, offer):
            return await self(session, said)  # somebody else was first: judge it beside theirs
        # Those that were put together with it, should it not suit them any more; then those that it could serve now.
        await self._follow_up.needs_soon(session, await proposals.needs_awaiting_offer(session, offer.offer_id))
        await self._follow_up.offer_soon(session, offer.offer_id)
        return True


def _offer(said: PartnershipOffered, *, withdrawn: bool) -> Offer:
    place = zips()[said.zip]
    return Offer(
        point=Point(place.lat, place.lon, place.timezone),
        withdrawn=withdrawn,
        **{name: getattr(said, name) for name in _SAME},
    )

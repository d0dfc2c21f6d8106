"""Note a member: keep who takes part and where, at the newest revision, whatever the order in which facts arrive."""

from contracts.membership import MemberState
from contracts.zips import zips
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import known_members, needs, offers, proposals
from matching.domain.offer import GOOD_STANDING
from matching.domain.site import OWN_ADDRESS, Place, Point, sites
from matching.usecases.follow_up import FollowUp


class NoteMember:
    """Applies a member's state in the caller's transaction, and looks again at the needs that it concerns."""

    def __init__(self, follow_up: FollowUp) -> None:
        self._follow_up = follow_up

    async def __call__(self, session: AsyncSession, member: MemberState) -> None:
        """An old or repeated revision changes nothing, and is no error."""
        known = {
            "member_id": member.member_id,
            "revision": member.revision,
            "kind": member.kind,
            "status": member.status,
            "verified_on": member.verified_on,
            "shop_type": member.shop_type,
            "size": member.size,
            "level": member.level,
            "name": member.name,
        }
        if not await known_members.keep_newest(session, known):
            return
        own = Place(OWN_ADDRESS, member.zip, member.shop_type) if member.zip else None
        others = [Place(place.location_id, place.zip, place.shop_type) for place in member.locations]
        await known_members.replace_sites(session, member.member_id, sites(own, others, _point_of))
        await self._follow(session, member.member_id, stands=member.status in GOOD_STANDING)

    async def _follow(self, session: AsyncSession, member_id: str, *, stands: bool) -> None:
        """Who leaves leaves proposals behind; who comes may have been waited for."""
        await self._follow_up.needs_soon(session, await proposals.needs_awaiting_member(session, member_id))
        if not stands:
            await self._follow_up.needs_soon(session, await needs.open_of_member(session, member_id))
            return
        for offer in await offers.of_member(session, member_id):
            await self._follow_up.offer_soon(session, offer.offer_id)


def _point_of(zip5: str) -> Point | None:
    place = zips().get(zip5)
    return Point(place.lat, place.lon, place.timezone) if place else None

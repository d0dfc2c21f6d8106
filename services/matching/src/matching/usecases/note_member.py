"""Note a member: keep who takes part and where, at the newest revision, whatever the order in which facts arrive."""

from contracts.membership import MemberState
from contracts.zips import zips
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import known_members
from matching.domain.site import OWN_ADDRESS, Place, Point, sites


async def note_member(session: AsyncSession, member: MemberState) -> None:
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
    }
    if await known_members.keep_newest(session, known):
        own = Place(OWN_ADDRESS, member.zip, member.shop_type) if member.zip else None
        others = [Place(place.location_id, place.zip, place.shop_type) for place in member.locations]
        await known_members.replace_sites(session, member.member_id, sites(own, others, _point_of))


def _point_of(zip5: str) -> Point | None:
    place = zips().get(zip5)
    return Point(place.lat, place.lon, place.timezone) if place else None

"""Request a partnership: keep a need at its newest revision, whatever the order in which its facts arrive."""

from datetime import UTC, datetime

from contracts.matching import PartnershipRequested
from contracts.zips import zips
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import needs
from matching.domain.deadlines import closes_at
from matching.domain.errors import NotAllowedError
from matching.domain.need import Need
from matching.domain.site import Point
from matching.domain.terms import Terms
from matching.usecases.follow_up import FollowUp, Then

_SAME = (
    "need_id", "member_id", "revision", "kind", "zip", "places", "radius_miles", "shop_types", "program_id", "cip",
    "contact_id", "title", "students", "starts_on", "ends_on", "answer_by",
)  # fmt: skip


class RequestPartnership:
    """Applies what a member asks for, in the caller's transaction."""

    def __init__(self, follow_up: FollowUp, terms: Terms, then: Then) -> None:
        self._follow_up = follow_up
        self._terms = terms
        self._then = then

    async def __call__(self, session: AsyncSession, said: PartnershipRequested) -> bool:
        """False when this revision or a newer one is there. A newer one opens a need again that was filled or ended."""
        old = await needs.hold(session, said.need_id)
        if old is not None and old.member_id != said.member_id:
            raise NotAllowedError("need_id", f"'{said.need_id}' is another member's")
        if old is not None and old.revision >= said.revision:
            return False
        need = self._need(said, datetime.now(UTC))
        if old is not None:
            await needs.save(session, need)
        elif not await needs.add(session, need):
            return await self(session, said)  # somebody else was first: judge it beside theirs
        await self._follow_up.need_at(session, need.need_id, need.closes_at)
        await self._then(session, need.need_id)
        return True

    def _need(self, said: PartnershipRequested, now: datetime) -> Need:
        place = zips()[said.zip]
        return Need(
            point=Point(place.lat, place.lon, place.timezone),
            closes_at=closes_at(said.answer_by, place.timezone, now, self._terms),
            **{name: getattr(said, name) for name in _SAME},
        )

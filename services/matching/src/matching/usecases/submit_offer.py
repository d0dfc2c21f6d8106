"""Submit an offer over HTTP: it is applied at once, and told in the same transaction as `partnership.offered`."""

from typing import Any

from chassis.outbox import Outbox
from contracts.codec import parse_data
from contracts.event import canonical_json
from contracts.matching import PartnershipOffered
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import facts, offers, withdrawals
from matching.domain.errors import ConflictError, NotFoundError
from matching.domain.offer import Offer
from matching.usecases.ids import new_id
from matching.usecases.offer_partnership import OfferPartnership


class SubmitOffer:
    """Takes the event's body, in which `offer_id` and `revision` may be absent: a new offer, or the next revision."""

    def __init__(self, outbox: Outbox, offer: OfferPartnership) -> None:
        self._outbox = outbox
        self._offer = offer

    async def __call__(self, session: AsyncSession, body: dict[str, Any]) -> tuple[Offer, bool]:
        """The offer, and whether anything was new. Raises Refused for the first field that is wrong."""
        said = parse_data(PartnershipOffered, canonical_json(await _whole(session, body)), strict=True)
        is_new = await self._offer(session, said)
        offer = await offers.hold(session, said.offer_id)
        if offer is None:
            raise NotFoundError("offer_id", said.offer_id)
        if is_new:
            await self._outbox.emit(session, said)
        elif facts.offered(offer).model_dump() != said.model_dump():
            raise ConflictError("revision", f"{said.revision} is not newer than {offer.revision}, which is there")
        return offer, is_new


async def _whole(session: AsyncSession, body: dict[str, Any]) -> dict[str, Any]:
    offer_id = body.get("offer_id")
    if offer_id is None:
        return {"revision": 1} | body | {"offer_id": new_id("o")}
    if "revision" in body or not isinstance(offer_id, str):
        return {"revision": 1} | body
    old = await offers.hold(session, offer_id)
    if old is None:
        return body | {"revision": 1}
    taken_back = await withdrawals.newest(session, "offer", offer_id, old.member_id)
    return body | {"revision": max(old.revision, taken_back) + 1}

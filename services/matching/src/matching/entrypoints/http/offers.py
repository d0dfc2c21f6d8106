"""Offers over HTTP: submit, read, take back."""

from typing import Any

from chassis.database import Database
from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import offers
from matching.domain.errors import NotFoundError
from matching.domain.offer import Offer
from matching.entrypoints.http import shown
from matching.entrypoints.http.access import AnyCaller, Writer, check_own
from matching.entrypoints.http.bodies import own_body
from matching.usecases.submit_offer import SubmitOffer
from matching.usecases.take_back import TakeBack


def router(database: Database, submit: SubmitOffer, take_back: TakeBack) -> APIRouter:
    """The routes of offers. Ids from a partner's name space have a `/` in them."""
    routes = APIRouter(prefix="/v1/offers", tags=["offers"])

    @routes.post("", status_code=201)
    async def submit_offer(request: Request, response: Response, who: Writer) -> dict[str, Any]:
        """201 with the offer; 200 when this revision was there. Body: `partnership.offered`."""
        body = await own_body(request, who, "offer_id")
        async with database.transaction() as session:
            offer, is_new = await submit(session, body)
            response.status_code = 201 if is_new else 200
            return shown.offer(offer)

    @routes.get("/{offer_id:path}")
    async def show_offer(offer_id: str, who: AnyCaller) -> dict[str, Any]:
        """For the member whose offer it is."""
        async with database.session() as session:
            offer = await _read(session, offer_id)
        check_own(who, offer.member_id)
        return shown.offer(offer)

    @routes.delete("/{offer_id:path}")
    async def withdraw_offer(offer_id: str, who: Writer) -> dict[str, Any]:
        """It is proposed to nobody any more, and those who wait for an answer are told; what was agreed stays agreed."""
        async with database.transaction() as session:
            check_own(who, (await _read(session, offer_id)).member_id)
            await take_back.offer(session, offer_id)
            return shown.offer(await _read(session, offer_id))

    return routes


async def _read(session: AsyncSession, offer_id: str) -> Offer:
    found = (await offers.candidates(session, [offer_id])).get(offer_id)
    if found is None:
        raise NotFoundError("offer_id", offer_id)
    return found.offer

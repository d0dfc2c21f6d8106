"""Needs over HTTP: submit, read, take back."""

from typing import Annotated, Any

from chassis.database import Database
from fastapi import APIRouter, Query, Request, Response

from matching.domain.need import NeedState
from matching.entrypoints.http import shown
from matching.entrypoints.http.access import AnyCaller, Operator, Writer, check_own
from matching.entrypoints.http.bodies import own_body
from matching.usecases.read_partnerships import read_need, read_needs
from matching.usecases.submit_need import SubmitNeed
from matching.usecases.take_back import TakeBack


def router(database: Database, submit: SubmitNeed, take_back: TakeBack) -> APIRouter:
    """The routes of needs. Ids from a partner's name space have a `/` in them."""
    routes = APIRouter(prefix="/v1/needs", tags=["needs"])

    @routes.post("", status_code=201)
    async def submit_need(request: Request, response: Response, who: Writer) -> dict[str, Any]:
        """201 with the need and whom it was proposed to; 200 when this revision was there. Body: `partnership.requested`."""
        body = await own_body(request, who, "need_id")
        async with database.transaction() as session:
            need, is_new = await submit(session, body)
            response.status_code = 201 if is_new else 200
            return shown.need(await read_need(session, need.need_id))

    @routes.get("")
    async def list_needs(
        _: Operator,
        state: NeedState | None = None,
        after: str = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """A page in the order of ids; `next` is the `after` of the page that follows."""
        async with database.session() as session:
            found = await read_needs(session, state, after, limit)
        more = found[-1].need.need_id if len(found) == limit else None
        return {"needs": [shown.need(whole) for whole in found], "next": more}

    @routes.get("/{need_id:path}")
    async def show_need(need_id: str, who: AnyCaller) -> dict[str, Any]:
        """State, proposals and outcome: for the member whose need it is."""
        async with database.session() as session:
            whole = await read_need(session, need_id)
        check_own(who, whole.need.member_id)
        return shown.need(whole)

    @routes.delete("/{need_id:path}")
    async def withdraw_need(need_id: str, who: Writer) -> dict[str, Any]:
        """Nobody is looked for any more, and who was asked is let go; what was agreed stays agreed."""
        async with database.transaction() as session:
            check_own(who, (await read_need(session, need_id)).need.member_id)
            await take_back.need(session, need_id)
            return shown.need(await read_need(session, need_id))

    return routes

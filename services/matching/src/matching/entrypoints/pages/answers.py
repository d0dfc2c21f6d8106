"""The page behind the link in a message: it shows what is asked, and two buttons answer. Looking at it changes nothing."""

from datetime import UTC, datetime
from typing import Annotated

from chassis.database import Database
from chassis.pages import Pages
from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from matching.adapters.links import LinkRefused, Links
from matching.domain.errors import ConflictError, NotFoundError
from matching.entrypoints.pages.story import OVER, story
from matching.usecases.answer_proposal import AnswerProposal
from matching.usecases.read_proposal import read_proposal

LONGEST_REASON = 1000


def router(database: Database, pages: Pages, links: Links, answer: AnswerProposal) -> APIRouter:
    """The routes of answering by a link. The link itself says who answers; nobody signs in."""
    routes = APIRouter(include_in_schema=False)

    def message(status: int, title: str, *lines: str) -> Response:
        return pages.page("message.html", status=status, title=title, lines=lines, link=("To your home page", "/home"))

    def no_link() -> Response:
        return message(404, "This link is not complete", "Please open it from the message again, or copy all of it.")

    @routes.get("/answers/{token}")
    async def look(token: str) -> Response:
        """Safe to open for programs that search mail for harm."""
        try:
            link = await links.read(token)
            async with database.session() as session:
                seen = await read_proposal(session, link.proposal_id)
        except (LinkRefused, NotFoundError):
            return no_link()
        told = story(seen.need, seen.proposal, seen.names, link.side, datetime.now(UTC))
        return pages.page("answer.html", status=410 if told.situation in OVER else 200, story=told, side=link.side)

    @routes.post("/answers/{token}")
    async def say(
        token: str,
        said: Annotated[str, Form(alias="answer")] = "",
        reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
    ) -> Response:
        """Answer, and look at the page again: it says what happens next, or what was in the way."""
        try:
            link = await links.read(token)
        except LinkRefused:
            return no_link()
        if said not in ("yes", "no"):
            return message(400, "No answer", "Please use one of the two buttons.")
        try:
            async with database.transaction() as session:
                proposal = (await read_proposal(session, link.proposal_id)).proposal
                by = proposal.offered_by if link.side == "offerer" else proposal.requested_by
                if said == "yes":
                    await answer.yes(session, link.proposal_id, by)
                else:
                    await answer.decline(session, link.proposal_id, by, reason=reason.strip() or None)
        except NotFoundError:
            return no_link()
        except ConflictError:
            pass  # answered before, or too late: the page says so
        return RedirectResponse(f"/answers/{token}", 303, {"Cache-Control": "no-store"})

    return routes

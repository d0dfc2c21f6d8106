"""The home of a member whose person is signed in: what waits for an answer, what was agreed, what was asked for."""

from datetime import UTC, datetime
from typing import Annotated

from chassis.database import Database
from chassis.pages import Pages
from chassis.signed_in import Person, check_form_token, signed_in
from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from matching.domain.errors import ConflictError, NotAllowedError, NotFoundError, RuleBrokenError
from matching.domain.outcome import Outcome
from matching.entrypoints.http.errors import status_of
from matching.entrypoints.http.proposals import Completed
from matching.entrypoints.pages.answers import LONGEST_REASON
from matching.entrypoints.pages.overview import overview
from matching.usecases.answer_proposal import AnswerProposal
from matching.usecases.complete_partnership import CompletePartnership
from matching.usecases.read_partnerships import read_partnerships

SHOWN = 200
LABELS = {"students_reached": "Students reached", "hours_given": "Hours given", "value_donated": "Value donated"}

Signed = Annotated[Person, Depends(signed_in)]
Field = Annotated[str, Form(max_length=40)]


def router(database: Database, pages: Pages, answer: AnswerProposal, complete: CompletePartnership) -> APIRouter:
    """The routes of the home page; its forms carry the token of the session."""
    routes = APIRouter(include_in_schema=False)

    def back() -> Response:
        return RedirectResponse("/home", 303, {"Cache-Control": "no-store"})

    def refused(who: Person, status: int, title: str, line: str) -> Response:
        return pages.page("message.html", status=status, who=who, title=title, lines=[line], link=("Back", "/home"))

    def broken(who: Person, why: RuleBrokenError) -> Response:
        """What a form of this page can run into, in a person's words."""
        if isinstance(why, NotAllowedError | NotFoundError):  # alike, so that nobody learns which ids there are
            return refused(who, 404, "This is not yours to answer", "What waits for you is on your home page.")
        if isinstance(why, ConflictError):
            return refused(who, 409, "This was answered before", "Your home page shows how it stands now.")
        return refused(who, status_of(why), "This did not work", f"{why}.")

    @routes.get("/")
    async def start() -> Response:
        return back()

    @routes.get("/home")
    async def home(who: Signed) -> Response:
        """Everything on one page, what is to be done first."""
        async with database.session() as session:
            found = await read_partnerships(session, who.member_id, SHOWN)
        shown = overview(found, datetime.now(UTC))
        return pages.page("home.html", who=who, here="Home", longest_reason=LONGEST_REASON, **shown)

    @routes.post("/home/proposals/{proposal_id}/answer")
    async def say(
        who: Signed,
        proposal_id: str,
        said: Annotated[str, Form(alias="answer")] = "",
        reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
        form_token: Annotated[str, Form()] = "",
    ) -> Response:
        """Yes or no, whichever side the member is on."""
        check_form_token(who, form_token)

        async def apply(session: AsyncSession) -> None:
            if said == "yes":
                await answer.yes(session, proposal_id, who.member_id)
            elif said == "no":
                await answer.decline(session, proposal_id, who.member_id, reason=reason.strip() or None)
            else:
                raise RuleBrokenError("answer", "is neither yes nor no")

        try:
            async with database.transaction() as session:
                await apply(session)
        except RuleBrokenError as why:
            return broken(who, why)
        return back()

    @routes.post("/home/proposals/{proposal_id}/complete")
    async def done(
        who: Signed,
        proposal_id: str,
        students_reached: Field = "",
        hours_given: Field = "",
        value_donated: Field = "",
        form_token: Annotated[str, Form()] = "",
    ) -> Response:
        """It took place, and what came of it; fields may be left empty."""
        check_form_token(who, form_token)
        given = {
            "students_reached": students_reached.strip() or None,
            "hours_given": hours_given.strip() or None,
            "value_donated": value_donated.strip().removeprefix("$") or None,
        }
        try:
            told = Completed.model_validate(given)
            async with database.transaction() as session:
                outcome = Outcome(told.students_reached, told.hours_given, told.value_donated)
                await complete(session, proposal_id, who.member_id, outcome)
        except ValidationError as why:
            field = str(why.errors()[0]["loc"][0])
            return refused(who, 422, "This did not work", f"{LABELS[field]}: “{given[field]}” is not a plain number.")
        except RuleBrokenError as why:
            return broken(who, why)
        return back()

    return routes

"""Proposals over HTTP: both sides answer, and both say in the end that it took place; all that a member takes part in."""

from typing import Annotated, Any

from chassis.database import Database
from chassis.tokens import Caller
from contracts.fields import Count, LongText, Plain
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import proposals
from matching.domain.errors import NotFoundError
from matching.domain.outcome import Outcome
from matching.domain.proposal import Proposal
from matching.entrypoints.http import shown
from matching.entrypoints.http.access import AnyCaller, Writer, acting_for, check_own
from matching.usecases.answer_proposal import AnswerProposal
from matching.usecases.complete_partnership import CompletePartnership
from matching.usecases.read_partnerships import read_partnerships


class Said(BaseModel):
    """An answer; only an operator says for which member."""

    model_config = ConfigDict(extra="forbid")

    member_id: str | None = None


class Declined(Said):
    """No, and perhaps why."""

    reason: LongText | None = None


class Completed(Said):
    """It took place, and what came of it."""

    students_reached: Count | None = None
    hours_given: Plain | None = None
    value_donated: Plain | None = None


def router(database: Database, answer: AnswerProposal, complete: CompletePartnership) -> APIRouter:
    """The routes of proposals. The same answer again is no error; another one is refused with 409."""
    routes = APIRouter(prefix="/v1", tags=["proposals"])

    @routes.get("/proposals/{proposal_id}")
    async def show(proposal_id: str, who: AnyCaller) -> dict[str, Any]:
        """For the two members that it is between."""
        async with database.session() as session:
            found = await _read(session, proposal_id)
        check_own(who, found.requested_by, found.offered_by)
        return shown.proposal(found)

    @routes.post("/proposals/{proposal_id}/accept")
    async def accept(proposal_id: str, who: Writer, said: Said | None = None) -> dict[str, Any]:
        """The business says yes."""
        async with database.transaction() as session:
            by = acting_for(who, _member(said), (await _seen(session, proposal_id, who)).offered_by)
            return shown.proposal((await answer.accept(session, proposal_id, by)).proposal)

    @routes.post("/proposals/{proposal_id}/agree")
    async def agree(proposal_id: str, who: Writer, said: Said | None = None) -> dict[str, Any]:
        """The school says yes as well."""
        async with database.transaction() as session:
            by = acting_for(who, _member(said), (await _seen(session, proposal_id, who)).requested_by)
            return shown.proposal((await answer.agree(session, proposal_id, by)).proposal)

    @routes.post("/proposals/{proposal_id}/decline")
    async def decline(proposal_id: str, who: Writer, said: Declined | None = None) -> dict[str, Any]:
        """Either says no, and the next one is asked."""
        async with database.transaction() as session:
            by = acting_for(who, _member(said), (await _seen(session, proposal_id, who)).awaits)
            found = await answer.decline(session, proposal_id, by, reason=said.reason if said else None)
            return shown.proposal(found.proposal)

    @routes.post("/proposals/{proposal_id}/complete")
    async def complete_partnership(proposal_id: str, who: Writer, said: Completed | None = None) -> dict[str, Any]:
        """Each says that it took place; `partnership.completed` follows once both have."""
        said = said or Completed()
        async with database.transaction() as session:
            await _seen(session, proposal_id, who)
            by = acting_for(who, said.member_id, None)
            outcome = Outcome(said.students_reached, said.hours_given, said.value_donated)
            return shown.proposal(await complete(session, proposal_id, by, outcome))

    @routes.get("/members/{member_id}/partnerships", tags=["members"])
    async def of_member(
        member_id: str, who: AnyCaller, limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> dict[str, Any]:
        """The newest of the member's needs, offers and proposals, so many of each."""
        check_own(who, member_id)
        async with database.session() as session:
            return shown.partnerships(await read_partnerships(session, member_id, limit))

    return routes


def _member(said: Said | None) -> str | None:
    return said.member_id if said else None


async def _read(session: AsyncSession, proposal_id: str) -> Proposal:
    found = await proposals.read(session, proposal_id)
    if found is None:
        raise NotFoundError("proposal_id", proposal_id)
    return found


async def _seen(session: AsyncSession, proposal_id: str, who: Caller) -> Proposal:
    found = await _read(session, proposal_id)
    check_own(who, found.requested_by, found.offered_by)
    return found

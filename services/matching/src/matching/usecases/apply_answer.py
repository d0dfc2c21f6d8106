"""Apply an answer that came back by SMS or email, as notifications tells it."""

from contracts.notifications import PartnershipAnswered
from sqlalchemy.ext.asyncio import AsyncSession

from matching.domain.errors import RuleBrokenError
from matching.usecases.answer_proposal import AnswerProposal


class ApplyAnswer:
    """Whether it came in time is judged by when it was said, not by when it was heard of."""

    def __init__(self, answer: AnswerProposal) -> None:
        self._answer = answer

    async def __call__(self, session: AsyncSession, said: PartnershipAnswered) -> None:
        """Raises RuleBrokenError for what would be refused over HTTP as well."""
        if said.answer == "accept":
            found = await self._answer.yes(session, said.proposal_id, said.member_id, said.answered_at)
        else:
            found = await self._answer.decline(session, said.proposal_id, said.member_id, said.answered_at)
        if found.need.need_id != said.need_id:
            raise RuleBrokenError("need_id", f"'{said.need_id}' is not the need of '{said.proposal_id}'")

"""Complete: each side says that it took place and what came of it; it is completed once both have."""

from datetime import UTC, datetime

from chassis.outbox import Outbox
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import facts, proposals
from matching.domain.outcome import Outcome
from matching.domain.proposal import Proposal
from matching.usecases.answer_proposal import hold_proposal


class CompletePartnership:
    """Applies what one side says, in the caller's transaction."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def __call__(self, session: AsyncSession, proposal_id: str, by: str, said: Outcome) -> Proposal:
        """Saying the same again changes nothing."""
        need, before = await hold_proposal(session, proposal_id)
        after = before.complete(by, datetime.now(UTC), said)
        if after != before:
            await proposals.save(session, after)
            if after.state == "completed":
                await self._outbox.emit(session, facts.completed(need, after))
        return after

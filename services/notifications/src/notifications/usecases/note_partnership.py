"""Note how far a partnership has come, and plan what its people are told."""

from datetime import datetime

from chassis.outbox import Outbox
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters import codes, messages
from notifications.adapters.proposals import keep_proposal
from notifications.adapters.tables import MESSAGE
from notifications.domain import partnership_notices as who
from notifications.domain.cause import Cause
from notifications.domain.notice import Notice
from notifications.domain.partnership_notices import Partnership
from notifications.usecases.plan_messages import plan_messages
from notifications.usecases.settle import settle


class NotePartnership:
    """`stage` is what the topic is called after `partnership.`."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def __call__(self, session: AsyncSession, stage: str, p: Partnership, cause: Cause, now: datetime) -> None:
        """What is behind, because the proposal has gone on, tells nobody anything."""
        was_accepted = False
        if p.proposal_id is not None:
            known = await keep_proposal(session, p.proposal_id, p.revision, accepted=stage == "accepted")
            if known is None:
                return
            was_accepted = known
            await self._close_what_came_before(session, p.proposal_id, now)
        await plan_messages(session, cause, _notices(stage, p, was_accepted=was_accepted), now)

    async def _close_what_came_before(self, session: AsyncSession, proposal_id: str, now: datetime) -> None:
        """A question that has not gone out is not asked any more, and a code that has is answered no more."""
        await codes.close(session, proposal_id)
        for row in await messages.waiting_where(session, MESSAGE.c.about == proposal_id):
            await settle(session, self._outbox, row, "suppressed", now, "the proposal has gone on")


def _notices(stage: str, p: Partnership, *, was_accepted: bool) -> list[Notice]:
    match stage:
        case "proposed":
            return who.proposed(p)
        case "accepted":
            return who.accepted(p)
        case "agreed":
            return who.agreed(p)
        case "declined":
            return who.declined(p)
        case "expired":
            return who.expired(p, was_accepted=was_accepted)
        case _:
            return []

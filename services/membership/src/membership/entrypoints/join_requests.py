"""From Kafka: applications to join, and their outcome as `member.join-settled`."""

from chassis.outbox import Outbox
from contracts.codec import CloudEvent
from contracts.event import Event, one_line
from contracts.membership import MemberJoinRequested, MemberJoinSettled
from sqlalchemy.ext.asyncio import AsyncSession

from membership.domain.errors import RuleBrokenError
from membership.usecases.join_member import JoinMember

TOPICS = ("member.join-requested",)


class JoinRequests:
    """Translates an application and settles it."""

    def __init__(self, join: JoinMember, outbox: Outbox) -> None:
        self._join = join
        self._outbox = outbox

    async def handle(self, event: Event, ce: CloudEvent, session: AsyncSession) -> None:
        """An application that the rules do not allow is settled as refused: that is an outcome, not a dead letter."""
        assert isinstance(event, MemberJoinRequested)  # noqa: S101
        try:
            async with session.begin_nested():
                joined = await self._join(session, event, ce.extensions.get("partner"))
        except RuleBrokenError as why:
            settled = MemberJoinSettled(
                request_id=event.request_id, outcome="refused", member_id=None, reason=one_line(str(why))
            )
        else:
            settled = MemberJoinSettled.model_validate(
                {
                    "request_id": event.request_id,
                    "outcome": joined.outcome,
                    "member_id": joined.member.member_id,
                    "reason": None,
                }
            )
        await self._outbox.emit(session, settled, cause=ce)

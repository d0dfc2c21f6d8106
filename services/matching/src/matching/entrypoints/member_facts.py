"""From Kafka: who takes part."""

from contracts.codec import CloudEvent
from contracts.event import Event
from contracts.membership import MemberState
from sqlalchemy.ext.asyncio import AsyncSession

from matching.usecases.note_member import NoteMember

TOPICS = ("member.joined", "member.updated")


class MemberFacts:
    """Translates and delegates."""

    def __init__(self, note: NoteMember) -> None:
        self._note = note

    async def handle(self, event: Event, _ce: CloudEvent, session: AsyncSession) -> None:
        """One member's state, in the transaction of its batch."""
        assert isinstance(event, MemberState)  # noqa: S101
        await self._note(session, event)

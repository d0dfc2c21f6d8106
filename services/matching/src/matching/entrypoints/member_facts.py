"""From Kafka: who takes part."""

from contracts.codec import CloudEvent
from contracts.event import Event
from contracts.membership import MemberState
from sqlalchemy.ext.asyncio import AsyncSession

from matching.usecases.note_member import note_member

TOPICS = ("member.joined", "member.updated")


async def on_member(event: Event, _ce: CloudEvent, session: AsyncSession) -> None:
    """Translate and delegate."""
    assert isinstance(event, MemberState)  # noqa: S101
    await note_member(session, event)

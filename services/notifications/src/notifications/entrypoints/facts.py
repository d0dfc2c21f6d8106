"""From Kafka: who takes part, and how people are reached."""

from collections.abc import Sequence

from chassis.apply import Record
from chassis.dead_letters import Rejection
from chassis.events import event_applier
from contracts.codec import CloudEvent
from contracts.event import Event
from contracts.membership import ContactChanged, MemberState
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.domain.contact import Contact
from notifications.usecases.note_contact import forget_contact, note_contact
from notifications.usecases.note_member import note_member

CONTACTS = "contact.changed"
TOPICS = ("member.joined", "member.updated", CONTACTS)
GROUP = "notifications"


async def on_fact(event: Event, _ce: CloudEvent, session: AsyncSession) -> None:
    """Translate and delegate."""
    if isinstance(event, ContactChanged):
        await note_contact(session, _contact(event))
    elif isinstance(event, MemberState):
        await note_member(session, event)


_apply_events = event_applier(on_fact, GROUP)


async def apply(records: Sequence[Record], session: AsyncSession) -> list[Rejection]:
    """Events one by one; a record without a value on the contacts' compacted topic is its tombstone, no event."""
    rejected: list[Rejection] = []
    for record in records:
        if record.topic == CONTACTS and record.value is None and record.key is not None:
            await forget_contact(session, record.key.decode("utf-8", "replace").replace("\x00", ""))
        else:
            rejected += await _apply_events([record], session) or ()
    return rejected


def _contact(event: ContactChanged) -> Contact:
    consents = tuple(consent.model_dump(mode="json", by_alias=True) for consent in event.consents)
    return Contact(
        event.contact_id,
        event.revision,
        event.member_id,
        event.name,
        event.email,
        event.phone,
        event.roles,
        event.timezone,
        event.language,
        consents,
        event.erased,
    )

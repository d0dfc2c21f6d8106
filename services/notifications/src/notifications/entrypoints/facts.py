"""From Kafka: every event that notifications reads, translated and handed to one use case."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.apply import Apply, Record
from chassis.dead_letters import Rejection
from chassis.events import event_applier
from contracts.codec import CloudEvent
from contracts.event import Event
from contracts.exchange import BenchmarkPublished
from contracts.matching import Partnership
from contracts.membership import ContactChanged, MemberState
from contracts.notifications import NotificationRequested
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.domain.cause import Cause
from notifications.domain.contact import Contact
from notifications.domain.movement import SHARE
from notifications.entrypoints import partnerships
from notifications.entrypoints.requests import requested
from notifications.usecases.note_benchmark import NoteBenchmark
from notifications.usecases.note_contact import NoteContact
from notifications.usecases.note_member import note_member
from notifications.usecases.note_partnership import NotePartnership
from notifications.usecases.take_request import TakeRequest

CONTACTS = "contact.changed"
# A benchmark that is withdrawn is told to nobody: what was said of it was true when it was said.
BENCHMARKS = ("benchmark.published", "benchmark.withdrawn")
TOPICS = ("member.joined", "member.updated", CONTACTS, *partnerships.TOPICS, "notification.requested", *BENCHMARKS)
GROUP = "notifications"
# What goes from an event into the events that follow from it.
PASSED_ON = ("correlationid", "traceparent")


@dataclass(frozen=True, slots=True)
class UseCases:
    """What is done with each kind of event."""

    contact: NoteContact
    partnership: NotePartnership
    request: TakeRequest
    benchmark: NoteBenchmark


class Facts:
    """Translates and delegates."""

    def __init__(self, use: UseCases, clock: Callable[[], datetime]) -> None:
        self._use = use
        self._clock = clock
        self._apply_events: Apply = event_applier(self._on_event, GROUP)

    async def apply(self, records: Sequence[Record], session: AsyncSession) -> list[Rejection]:
        """Events one by one; a record without a value on the contacts' compacted topic is its tombstone, no event."""
        rejected: list[Rejection] = []
        for record in records:
            if record.topic == CONTACTS and record.value is None and record.key is not None:
                contact_id = record.key.decode("utf-8", "replace").replace("\x00", "")
                await self._use.contact.forget(session, contact_id, self._clock())
            else:
                rejected += await self._apply_events([record], session) or ()
        return rejected

    async def _on_event(self, event: Event, ce: CloudEvent, session: AsyncSession) -> None:
        cause, now = cause_of(ce), self._clock()
        match event:
            case ContactChanged():
                await self._use.contact(session, _contact(event), cause, now)
            case MemberState():
                await note_member(session, event)
            case Partnership():
                stage, facts = partnerships.stage_of(event), partnerships.partnership(event)
                await self._use.partnership(session, stage, facts, cause, now)
            case NotificationRequested():
                await self._use.request(session, requested(event, ce), cause, now)
            case BenchmarkPublished():
                shown, before = _numbers(event.percentiles, event.share), _numbers(event.previous, event.previous_share)
                await self._use.benchmark(session, event.cell, event.epoch, event.policy_id, shown, before, cause, now)


def cause_of(ce: CloudEvent) -> Cause:
    """The event as what follows from it."""
    correlation = ce.extensions.get("correlationid", ce.id)
    passed_on = {name: ce.extensions[name] for name in PASSED_ON if name in ce.extensions}
    return Cause(ce.source, ce.id, passed_on | {"correlationid": correlation})


def _numbers(percentiles: Mapping[str, str] | None, share: str | None) -> Mapping[str, str]:
    """What was released of a cell that can be followed, by its name; percentiles or a share, as the measure has."""
    return {**(percentiles or {}), **({} if share is None else {SHARE: share})}


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

"""From Kafka: the life of partnerships."""

from contracts.event import Event
from contracts.matching import Partnership as PartnershipEvent

from notifications.domain.partnership_notices import Partnership

PREFIX = "partnership."
TOPICS = tuple(PREFIX + stage for stage in ("proposed", "accepted", "agreed", "declined", "completed", "expired"))


def stage_of(event: Event) -> str:
    """`proposed` for `partnership.proposed`."""
    return event.topic.removeprefix(PREFIX)


def partnership(event: PartnershipEvent) -> Partnership:
    """The event as the rules know it."""
    return Partnership(
        proposal_id=event.proposal_id,
        need_id=event.need_id,
        revision=event.revision,
        kind=event.kind,
        requested_by=event.requested_by,
        title=event.title,
        offered_by=event.offered_by,
        contact_id=event.contact_id,
        distance_miles=event.distance_miles,
        students=event.students,
        starts_on=event.starts_on.isoformat() if event.starts_on else None,
        ends_on=event.ends_on.isoformat() if event.ends_on else None,
        answer_until=event.answer_until,
        answer_url=getattr(event, "answer_url", None),
        declined_by=getattr(event, "declined_by", None),
        reason=getattr(event, "reason", None),
    )

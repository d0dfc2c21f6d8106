"""From Kafka: what a service, or a partner through the intake, wants a member to be told."""

from contracts.codec import CloudEvent
from contracts.notifications import NotificationRequested

from notifications.usecases.take_request import Request


def requested(event: NotificationRequested, ce: CloudEvent) -> Request:
    """Who came through the intake is named there, and only there: the intake writes the name itself."""
    from_outside = ce.extensions.get("partner") or ce.extensions.get("submitter")
    return Request(
        event.request_id,
        event.member_id,
        event.contact_id,
        event.roles,
        event.class_,
        event.template,
        dict(event.data),
        event.not_before,
        from_outside,
    )

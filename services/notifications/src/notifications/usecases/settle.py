"""Settle a message: write down what became of it, and say so to everybody, in one transaction."""

from datetime import datetime

from chassis.outbox import Outbox
from contracts.codec import CloudEvent
from contracts.event import one_line
from contracts.notifications import NotificationSettled
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters import metrics
from notifications.adapters.tables import MessageRow


async def settle(
    session: AsyncSession, outbox: Outbox, row: MessageRow, outcome: str, at: datetime, reason: str | None = None
) -> None:
    """The revision grows with every outcome. What a message said is not kept once it has gone, or never will."""
    row.status, row.settled_at, row.revision = outcome, at, row.revision + 1
    row.reason = one_line(reason) if reason else None
    if outcome != "held":
        row.data = {}
    metrics.SETTLED.labels(row.channel, outcome).inc()
    if not row.contact_id:  # a stranger who wrote to us: nobody else's business
        row.address = None
        return
    settled = NotificationSettled.model_validate(
        {
            "notification_id": row.message_id,
            "revision": row.revision,
            "member_id": row.member_id,
            "contact_id": row.contact_id,
            "cause": row.cause,
            "template": row.template,
            "class": row.class_,
            "channel": row.channel,
            "outcome": outcome,
            "reason": row.reason,
            "at": at,
        }
    )
    await outbox.emit(session, settled, cause=cause_of(row))


def cause_of(row: MessageRow) -> CloudEvent:
    """As much of the envelope of what caused a message as what follows from it passes on."""
    return CloudEvent(row.cause, row.source, "", None, None, b"", dict(row.origin))

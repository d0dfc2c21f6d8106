"""From a raw record to an event: decoded and validated one by one, its identity and trace bound while it is handled."""

from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar

from contracts.codec import CloudEvent, decode_kafka, parse
from contracts.event import Event, Refused
from contracts.topics import topic, topic_of
from opentelemetry.trace import SpanKind
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import logs, metrics, tracing
from chassis.apply import Apply, Record
from chassis.dead_letters import Rejection
from chassis.retry import reason_of

# The event being handled: what is emitted meanwhile is caused by it.
_cause: ContextVar[CloudEvent | None] = ContextVar("cause", default=None)


def cause() -> CloudEvent | None:
    """The event that is being handled now, if any."""
    return _cause.get()


def ce_id_of(record: Record) -> str:
    """The event's id as far as the record has a readable one; for logs only."""
    for name, value in record.headers:
        if name == "ce_id" and value is not None:
            return str(value.decode("utf-8", "backslashreplace"))[:200]
    return ""


def _event_of(ce: CloudEvent, on: str) -> Event | None:
    """The event; None for one of ours that is newer than this version. What is not ours is refused by the codec."""
    if ce.type.startswith("driveline."):
        try:
            topic_of(ce.type)
        except Refused:
            return None
    event = parse(ce, strict=False)
    if event.topic != on:
        raise Refused("type", f"{ce.type!r} does not belong on topic {on!r}")
    return event


def _is_compacted(name: str) -> bool:
    try:
        return topic(name).cleanup == "compact"
    except Refused:
        return False


def event_applier(handler: Callable[[Event, CloudEvent, AsyncSession], Awaitable[None]], group: str) -> Apply:
    """The handler of single events as one of records: refused records are returned, the others applied in order."""

    async def apply(records: Sequence[Record], session: AsyncSession) -> list[Rejection]:
        rejected: list[Rejection] = []
        for record in records:
            if record.value is None and _is_compacted(record.topic):
                metrics.IGNORED.labels(record.topic, group).inc()  # a tombstone: its last revision said all there is
                continue
            try:
                ce = decode_kafka(record.headers, record.value)
                event = _event_of(ce, record.topic)
            except Refused as refused:
                rejected.append(Rejection(record, reason_of(refused)))
                continue
            if event is None:
                metrics.IGNORED.labels(record.topic, group).inc()
            else:
                await handle(handler, event, ce, session)
        return rejected

    return apply


async def handle(
    handler: Callable[[Event, CloudEvent, AsyncSession], Awaitable[None]],
    event: Event,
    ce: CloudEvent,
    session: AsyncSession,
) -> None:
    """Call the handler with the event as the cause, its trace continued and its id in every line logged."""
    token = _cause.set(ce)
    try:
        parent = ce.extensions.get("traceparent")
        with (
            tracing.span(f"apply {event.topic}", traceparent=parent, kind=SpanKind.CONSUMER),
            logs.bound(ce_id=ce.id, traceparent=tracing.traceparent()),
        ):
            await handler(event, ce, session)
    finally:
        _cause.reset(token)

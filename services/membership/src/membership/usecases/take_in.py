"""Take in: what outsiders submit goes to the inner topics, or is refused with a reason; each event by itself."""

from asyncio import Future
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.producer import Producer
from contracts.codec import CloudEvent, encode_kafka
from contracts.event import Refused
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import grants, receipts
from membership.adapters.receipts import Receipt
from membership.domain.errors import NotAllowedError, RuleBrokenError
from membership.usecases.inspect_event import Inspected, accepted, inspect, permit
from membership.usecases.submitter import Submitter


@dataclass(frozen=True, slots=True)
class Arrived:
    """One submitted event, or why it is none; the marks are those under which its receipt is kept."""

    event: CloudEvent | Refused
    ce_id: str
    ce_source: str
    ce_type: str

    @classmethod
    def whole(cls, ce: CloudEvent) -> "Arrived":
        """An event that could be read."""
        return cls(ce, ce.id, ce.source, ce.type)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one event. `forbidden` tells a refusal of the sender from one of the content."""

    receipt: Receipt
    topic: str | None = None
    forbidden: bool = False


class TakeIn:
    """The rule of the intake, for a batch of one submitter's events, on whichever way they came."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    async def __call__(self, session: AsyncSession, submitter: Submitter, arrived: Sequence[Arrived]) -> list[Taken]:
        """One outcome for each event, in order; returns when Kafka has acknowledged all that was accepted.

        Receipts are written in the caller's transaction. Two queries and one insert, however many events there are.
        """
        found = [_inspected(a) for a in arrived]
        member_ids = {f.member_id for f in found if isinstance(f, Inspected) and f.member_id is not None}
        standing = await grants.standing(session, submitter.partner, sorted(member_ids))
        taken: list[Taken] = []
        sent: list[Future[Any]] = []
        for a, f in zip(arrived, found, strict=True):
            try:
                if not isinstance(f, Inspected):
                    raise f
                permit(f, submitter, standing)
                ce, key = accepted(f, submitter)
                headers, value = encode_kafka(ce)
            except (Refused, RuleBrokenError) as why:
                receipt = Receipt(a.ce_id, a.ce_source, a.ce_type, "refused", str(why))
                taken.append(Taken(receipt, forbidden=isinstance(why, NotAllowedError)))
            else:
                sent.append(await self._producer.send_soon(f.event.topic, value, key=key, headers=headers))
                taken.append(Taken(Receipt(a.ce_id, a.ce_source, a.ce_type, "accepted"), f.event.topic))
        await self._producer.confirm(sent)
        await receipts.write(session, submitter.name, [t.receipt for t in taken])
        return taken


def _inspected(arrived: Arrived) -> Inspected | Refused:
    if isinstance(arrived.event, Refused):
        return arrived.event
    try:
        return inspect(arrived.event)
    except Refused as why:
        return why

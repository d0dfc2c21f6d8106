"""From Kafka: a partner's records, one partition's part of a batch at a time, to the intake's rule and back."""

import json
from collections.abc import Sequence

from chassis.apply import Record
from contracts.codec import MAX_EVENT_BYTES, decode_kafka
from contracts.event import Refused, one_line
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters.refusals import Refusal, Refusals
from membership.usecases.submitter import Submitter
from membership.usecases.take_in import Arrived, TakeIn

# A partner's own topic and no other: not the topic of what was refused of it.
PATTERN = r"^partner\.[a-z0-9][a-z0-9-]{0,39}$"
GROUP = "membership.intake"
_LONGEST_MARK = 200


class PartnerRecords:
    """Translates records into submitted events, and what was refused into the partner's topic of refusals."""

    def __init__(self, take_in: TakeIn, refusals: Refusals) -> None:
        self._take_in = take_in
        self._refusals = refusals

    async def apply(self, records: Sequence[Record], session: AsyncSession) -> None:
        """Nothing is rejected to the dead letters: a bad record's sender is told on its own topic and its receipt."""
        partner = records[0].topic.removeprefix("partner.")
        taken = await self._take_in(session, Submitter.of_partner(partner), [_arrived(record) for record in records])
        refused = [
            Refusal(
                t.receipt.ce_id,
                t.receipt.ce_source,
                t.receipt.ce_type,
                t.receipt.reason or "",
                record.topic,
                record.partition,
                record.offset,
                record.key,
            )
            for record, t in zip(records, taken, strict=True)
            if t.receipt.outcome == "refused"
        ]
        if refused:
            await self._refusals.send(partner, refused)


def _arrived(record: Record) -> Arrived:
    try:
        return Arrived.whole(decode_kafka(record.headers, record.value))
    except Refused as why:
        marks = _marks(record)
        at = f"{record.topic}/{record.partition}/{record.offset}"
        return Arrived(why, marks.get("id") or at, marks.get("source") or "", marks.get("type") or "")


def _marks(record: Record) -> dict[str, str]:
    """As much of an unreadable event's identity as can be read, so that its sender finds the receipt by its own id."""
    found: dict[str, object] = {}
    if record.value is not None and len(record.value) <= MAX_EVENT_BYTES:
        try:
            body = json.loads(record.value)
        except (ValueError, RecursionError):
            body = None
        if isinstance(body, dict) and "specversion" in body:
            found = {name: body.get(name) for name in ("id", "source", "type")}
    for name, value in record.headers:
        if name in ("ce_id", "ce_source", "ce_type") and value is not None:
            found[name[3:]] = value.decode("utf-8", "replace")
    return {name: one_line(mark, _LONGEST_MARK) for name, mark in found.items() if isinstance(mark, str)}

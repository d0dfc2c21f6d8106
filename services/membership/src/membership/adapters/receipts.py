"""Receipts in PostgreSQL: what became of each submitted event, written a batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters.tables import RECEIPT, ReceiptRow

# What a later stage refused stays refused when the intake sees the same event again.
_WRITE = text(
    """
    INSERT INTO receipt (submitter, ce_id, ce_source, ce_type, outcome, reason)
    SELECT :submitter, * FROM unnest(
        CAST(:ids AS text[]), CAST(:sources AS text[]), CAST(:types AS text[]), CAST(:outcomes AS text[]),
        CAST(:reasons AS text[]))
    ON CONFLICT (submitter, ce_id, ce_source) DO UPDATE
    SET ce_type = excluded.ce_type, outcome = excluded.outcome, reason = excluded.reason, at = now()
    WHERE NOT receipt.later
    """
)
_REFUSE_LATER = text(
    """
    INSERT INTO receipt (submitter, ce_id, ce_source, ce_type, outcome, reason, later)
    VALUES (:submitter, :ce_id, :ce_source, :ce_type, 'refused', :reason, true)
    ON CONFLICT (submitter, ce_id, ce_source) DO UPDATE
    SET outcome = 'refused', reason = excluded.reason, later = true, at = now()
    """
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Accepted, or refused with a reason."""

    ce_id: str
    ce_source: str
    ce_type: str
    outcome: str
    reason: str | None = None
    at: datetime | None = None


async def write(session: AsyncSession, submitter: str, receipts: Sequence[Receipt]) -> None:
    """Write a batch of one submitter's receipts; of two for one event the last one counts."""
    last = list({(r.ce_id, r.ce_source): r for r in receipts}.values())
    if last:
        await session.execute(
            _WRITE,
            {
                "submitter": submitter,
                "ids": [r.ce_id for r in last],
                "sources": [r.ce_source for r in last],
                "types": [r.ce_type for r in last],
                "outcomes": [r.outcome for r in last],
                "reasons": [r.reason for r in last],
            },
        )


async def refuse_later(session: AsyncSession, submitter: str, receipt: Receipt) -> None:
    """A stage after the intake could not apply the event."""
    fields = {
        "ce_id": receipt.ce_id,
        "ce_source": receipt.ce_source,
        "ce_type": receipt.ce_type,
        "reason": receipt.reason,
    }
    await session.execute(_REFUSE_LATER, fields | {"submitter": submitter})


async def read(session: AsyncSession, ce_id: str, submitter: str | None) -> list[Receipt]:
    """The receipts of this id, newest first: one submitter's own, or everybody's when None."""
    table = RECEIPT
    query = select(ReceiptRow).where(table.c.ce_id == ce_id).order_by(table.c.at.desc()).limit(100)
    if submitter is not None:
        query = query.where(table.c.submitter == submitter)
    rows = (await session.execute(query)).scalars()
    return [Receipt(r.ce_id, r.ce_source, r.ce_type, r.outcome, r.reason, r.at) for r in rows]

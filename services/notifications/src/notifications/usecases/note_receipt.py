"""Note a delivery receipt: a text has arrived when all its parts have, and failed when one of them did."""

from collections.abc import Callable
from datetime import datetime

from chassis.database import Database
from chassis.outbox import Outbox
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters import messages, metrics, parts
from notifications.adapters.tables import MessageRow
from notifications.adapters.texter import Receipt
from notifications.usecases.settle import settle

# From these a receipt leads on: one that was unknown is known by it.
OPEN = ("sent", "unknown")


class NoteReceipt:
    """Receipts come in any order, more than once, and before the answer to what they are about is written down."""

    def __init__(self, database: Database, outbox: Outbox, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock

    async def __call__(self, receipt: Receipt) -> None:
        """In a transaction of its own; the carrier is answered after that."""
        metrics.RECEIPTS.labels(receipt.state).inc()
        now = self._clock()
        async with self._database.transaction() as session:
            about = await parts.receipted(session, receipt.ids, receipt.phone, receipt.state, now)
            row = await messages.locked(session, about) if about is not None else None
            if row is not None:
                await settle_by_receipts(session, self._outbox, row, now, receipt.reason)


async def settle_by_receipts(
    session: AsyncSession, outbox: Outbox, row: MessageRow, now: datetime, reason: str | None = None
) -> None:
    """Settle a text by what is known of its parts, if that is enough."""
    states = await parts.states_of(session, row.message_id)
    if row.status not in OPEN or not states:
        return
    if "failed" in states:
        await settle(session, outbox, row, "failed", now, reason or "the receipt says that it was not delivered")
    elif all(state == "delivered" for state in states):
        await settle(session, outbox, row, "delivered", now)

"""Note a benchmark: who follows the cell hears of it once an epoch, if it moved as far as they said."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters import subscriptions
from notifications.domain.cause import Cause
from notifications.domain.movement import movement
from notifications.domain.notice import Notice
from notifications.usecases.plan_messages import plan_messages

CLASS = "digest"


class NoteBenchmark:
    """From released, rounded numbers only."""

    async def __call__(
        self,
        session: AsyncSession,
        cell: str,
        epoch: int,
        policy_id: str,
        now_shown: Mapping[str, str],
        shown_before: Mapping[str, str],
        cause: Cause,
        now: datetime,
    ) -> None:
        """A cell that is shown for the first time, or without the number that is followed, has not moved."""
        moved = movement(cell.partition("|")[0], now_shown, shown_before)
        if moved is None:
            return
        for row in await subscriptions.not_told_of(session, cell, epoch):
            if not moved.reaches(row.threshold):
                continue
            row.told_epoch = epoch
            data = {"cell": cell, "before": moved.before, "now": moved.now, "policy_id": policy_id, "epoch": epoch}
            to = row.contact_id or None
            notice = Notice("benchmark_moved", CLASS, row.member_id, to, alone=to is not None, data=data, about=cell)
            await plan_messages(session, cause, [notice], now)

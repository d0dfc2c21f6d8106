"""Subscribe to a benchmark's cell: hear of it when its median, or share, moves as far as one says."""

from collections.abc import Callable, Sequence
from datetime import datetime

from chassis.database import Database
from contracts.codec import new_id

from notifications.adapters import subscriptions
from notifications.adapters.tables import SubscriptionRow


class Subscriptions:
    """A member's own, or one of its people's."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def add(self, member_id: str, contact_id: str | None, cell: str, threshold: str) -> SubscriptionRow:
        """The same cell again changes the threshold, and nothing else."""
        row = SubscriptionRow(
            subscription_id=new_id(),
            member_id=member_id,
            contact_id=contact_id or "",
            cell=cell,
            threshold=threshold,
            told_epoch=0,
            made_at=self._clock(),
        )
        async with self._database.transaction() as session:
            return await subscriptions.keep(session, row)

    async def of(self, member_id: str) -> Sequence[SubscriptionRow]:
        """Oldest first."""
        async with self._database.session() as session:
            return await subscriptions.of_member(session, member_id)

    async def drop(self, member_id: str, subscription_id: str) -> bool:
        """False if this member has none of that id."""
        async with self._database.transaction() as session:
            return await subscriptions.drop(session, member_id, subscription_id)

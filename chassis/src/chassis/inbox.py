"""The inbox: an event is applied once, because its identity is written in the transaction of its effect."""

from datetime import UTC, datetime, timedelta

from contracts.codec import CloudEvent
from sqlalchemy import Column, DateTime, Index, MetaData, String, Table, delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession


def inbox_table(metadata: MetaData, name: str = "inbox") -> Table:
    """Declare the inbox on a service's metadata, for its migrations."""
    table = Table(
        name,
        metadata,
        Column("consumer", String(120), primary_key=True),
        Column("ce_source", String(400), primary_key=True),
        Column("ce_id", String(400), primary_key=True),
        Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )
    Index(f"{name}_seen_at_idx", table.c.seen_at)
    return table


class Inbox:
    """Remembers which events one consumer has applied. A CloudEvent is identified by source and id together."""

    def __init__(self, table: Table, consumer: str = "") -> None:
        self.table = table
        self.consumer = consumer

    async def first_time(self, session: AsyncSession, ce: CloudEvent) -> bool:
        """Write the event down in the caller's transaction; False when it was there already."""
        statement = (
            insert(self.table)
            .values(consumer=self.consumer, ce_source=ce.source, ce_id=ce.id)
            .on_conflict_do_nothing()
            .returning(self.table.c.ce_id)
        )
        return (await session.execute(statement)).scalar_one_or_none() is not None

    async def forget(self, session: AsyncSession, older_than: timedelta) -> int:
        """Delete rows that no redelivery can ask for any more; keep at least the topic's retention."""
        before = datetime.now(UTC) - older_than
        result = await session.execute(delete(self.table).where(self.table.c.seen_at < before))
        return int(getattr(result, "rowcount", 0))

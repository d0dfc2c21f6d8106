"""Forget what nobody can ask for any more: old codes, receipts of nothing, digests of texts."""

from datetime import datetime

from chassis.database import Database

from notifications.adapters import codes, inbound_log, parts


async def forget_old(database: Database, now: datetime) -> None:
    """One round."""
    async with database.transaction() as session:
        await codes.forget(session, now)
        await parts.forget(session, now)
        await inbound_log.forget(session, now)

"""Keeping the newest revision of a row, whatever the order in which revisions arrive."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession


async def keep_newest(session: AsyncSession, table: Table, row: dict[str, Any]) -> bool:
    """Write a row unless this revision or a newer one is there already (False); the table's key is its first column."""
    key = next(iter(table.primary_key.columns)).name
    statement = upsert(table).values(row)
    newer = {name: statement.excluded[name] for name in row if name != key}
    older = table.c.revision < statement.excluded.revision
    upsert_ = statement.on_conflict_do_update(index_elements=[key], set_=newer, where=older)
    return (await session.execute(upsert_.returning(table.c[key]))).scalar_one_or_none() is not None

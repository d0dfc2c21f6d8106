"""A database that is what the tables say."""

from collections.abc import Callable
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from chassis.migrations import upgrade_async
from matching.adapters.tables import Base
from matching.migrate import ROOT
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine


def differences(connection: Connection) -> Any:
    return compare_metadata(MigrationContext.configure(connection), Base.metadata)


async def test_the_migrations_make_the_database_that_the_tables_describe(postgres: Callable[..., str]) -> None:
    dsn = postgres("matching")
    for _ in range(2):  # the second time there is nothing to do
        await upgrade_async(ROOT, dsn)
    engine = create_async_engine(dsn)
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    # Alembic's own table of what was applied is none of ours.
    assert [one for one in found if "alembic_version" not in repr(one)] == []

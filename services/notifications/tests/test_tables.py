"""The database is what the tables say, and an older one becomes it with what was in it."""

from collections.abc import Callable
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from chassis.migrations import config, upgrade_async
from notifications.adapters.tables import Base
from notifications.migrate import ROOT
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine


def differences(connection: Connection) -> Any:
    return compare_metadata(MigrationContext.configure(connection), Base.metadata)


def first_shape(connection: Connection) -> None:
    made = config(ROOT, "")
    made.attributes["connection"] = connection
    command.upgrade(made, "0001")


async def test_the_migrations_make_the_database_that_the_tables_describe(postgres: Callable[..., str]) -> None:
    dsn = postgres("notifications")
    engine = create_async_engine(dsn)
    async with engine.begin() as connection:
        await connection.run_sync(first_shape)
        known = "INSERT INTO contact (contact_id, revision, roles, consents, erased) VALUES ('c-1', 3, '{owner}', '[]', false)"
        await connection.execute(text(known))
    for _ in range(2):  # the second time there is nothing to do
        await upgrade_async(ROOT, dsn)
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
        kept = (await connection.execute(text("SELECT contact_id, revision FROM contact"))).all()
    await engine.dispose()
    assert [one for one in found if "alembic_version" not in repr(one)] == []
    assert [tuple(row) for row in kept] == [("c-1", 3)]

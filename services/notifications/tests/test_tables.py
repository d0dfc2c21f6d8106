"""A database of the first shape becomes one of today with what was in it."""

from collections.abc import Callable

from alembic import command
from chassis.migrations import config, upgrade_async
from notifications.migrate import ROOT
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine


def first_shape(connection: Connection) -> None:
    made = config(ROOT, "")
    made.attributes["connection"] = connection
    command.upgrade(made, "0001")


async def test_what_was_known_stays_known(postgres: Callable[..., str]) -> None:
    dsn = postgres("notifications")
    engine = create_async_engine(dsn)
    async with engine.begin() as connection:
        await connection.run_sync(first_shape)
        known = "INSERT INTO contact (contact_id, revision, roles, consents, erased) VALUES ('c-1', 3, '{owner}', '[]', false)"
        await connection.execute(text(known))
    for _ in range(2):  # the second time there is nothing to do
        await upgrade_async(ROOT, dsn)
    async with engine.connect() as connection:
        kept = (await connection.execute(text("SELECT contact_id, revision FROM contact"))).all()
    await engine.dispose()
    assert [tuple(row) for row in kept] == [("c-1", 3)]

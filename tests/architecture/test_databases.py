"""Every service's migrations make the database that its tables describe, from nothing, and running them again changes nothing."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from chassis.migrations import upgrade_async
from contracts.topics import SERVICES
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine


def metadata_of(service: str) -> MetaData:
    tables = import_module(f"{service}.adapters.tables")
    found = getattr(tables, "metadata", None)
    metadata = tables.Base.metadata if found is None else found
    assert isinstance(metadata, MetaData)
    return metadata


@pytest.mark.parametrize("service", SERVICES)
async def test_the_migrations_make_what_the_tables_describe(service: str, postgres: Callable[..., str]) -> None:
    dsn, metadata = postgres(service), metadata_of(service)
    for _ in range(2):
        await upgrade_async(import_module(f"{service}.migrate").ROOT, dsn)

    def differences(connection: Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    engine = create_async_engine(dsn)
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    # Alembic's own table of what was applied is none of ours.
    assert [one for one in found if "alembic_version" not in repr(one)] == []
    assert {"outbox"} < metadata.tables.keys()

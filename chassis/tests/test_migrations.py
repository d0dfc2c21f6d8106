"""Migrations bring a database to the newest shape, once, also when two processes start together."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from chassis.migrations import upgrade_async
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import create_async_engine

ENV = """
from chassis.migrations import run_env
from sqlalchemy import MetaData
run_env(MetaData())
"""
FIRST = """
revision = "0001"
down_revision = None
from alembic import op
import sqlalchemy as sa
def upgrade():
    op.create_table("shops", sa.Column("id", sa.String, primary_key=True))
"""
SECOND = """
revision = "0002"
down_revision = "0001"
from alembic import op
import sqlalchemy as sa
def upgrade():
    op.add_column("shops", sa.Column("zip", sa.String))
"""
BROKEN = """
revision = "0003"
down_revision = "0002"
from alembic import op
import sqlalchemy as sa
def upgrade():
    op.create_table("half", sa.Column("id", sa.String, primary_key=True))
    raise RuntimeError("this migration is broken")
"""


def service(root: Path, *versions: str) -> Path:
    folder = root / "migrations" / "versions"
    folder.mkdir(parents=True, exist_ok=True)
    (root / "migrations" / "env.py").write_text(ENV)
    (root / "migrations" / "script.py.mako").write_text("")
    for number, version in enumerate(versions, 1):
        (folder / f"{number:04}_x.py").write_text(version)
    return root


async def shape(dsn: str) -> dict[str, list[str]]:
    engine = create_async_engine(dsn)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(
                lambda sync: {
                    table: [column["name"] for column in inspect(sync).get_columns(table)]
                    for table in inspect(sync).get_table_names()
                    if table != "alembic_version"
                }
            )
    finally:
        await engine.dispose()


async def test_a_database_is_brought_to_the_newest_shape_and_stays(tmp_path: Path, postgres: Callable[[], str]) -> None:
    dsn = postgres()
    await upgrade_async(service(tmp_path, FIRST), dsn)
    assert await shape(dsn) == {"shops": ["id"]}
    await upgrade_async(service(tmp_path, FIRST, SECOND), dsn)
    await upgrade_async(service(tmp_path, FIRST, SECOND), dsn)
    assert await shape(dsn) == {"shops": ["id", "zip"]}


async def test_two_at_once_take_turns(tmp_path: Path, postgres: Callable[[], str]) -> None:
    dsn = postgres()
    await asyncio.gather(*(upgrade_async(service(tmp_path, FIRST, SECOND), dsn) for _ in range(3)))
    assert await shape(dsn) == {"shops": ["id", "zip"]}


async def test_a_migration_that_fails_leaves_nothing_half_done(tmp_path: Path, postgres: Callable[[], str]) -> None:
    dsn = postgres()
    with pytest.raises(RuntimeError, match="this migration is broken"):
        await upgrade_async(service(tmp_path, FIRST, SECOND, BROKEN), dsn)
    assert await shape(dsn) == {}

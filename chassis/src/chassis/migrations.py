"""Bringing a service's database to the newest shape: Alembic, run by program, safe to run by several at once."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

# Two processes that start together take turns.
_LOCK = 3_141_592


def config(package_root: Path, dsn: str) -> Config:
    """Alembic's configuration for `<package_root>/migrations`, without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(Path(package_root) / "migrations"))
    made.set_main_option("path_separator", "os")
    made.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    made.attributes["dsn"] = dsn
    return made


async def upgrade_async(package_root: Path, dsn: str, to: str = "head") -> None:
    """Apply what is missing up to the revision `to`, under a lock; nothing when nothing is."""
    engine = create_async_engine(dsn, poolclass=pool.NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await connection.run_sync(_run, config(package_root, dsn), to)
    finally:
        await engine.dispose()


def _run(connection: Connection, made: Config, to: str) -> None:
    made.attributes["connection"] = connection
    command.upgrade(made, to)


def upgrade(package_root: Path, dsn: str) -> None:
    """`python -m <service>.migrate`: upgrade and return."""
    asyncio.run(upgrade_async(package_root, dsn))


def run_env(metadata: MetaData) -> None:
    """All that a service's `migrations/env.py` needs to say: `run_env(tables.metadata)`."""
    from alembic import context

    connection = context.config.attributes.get("connection")
    if connection is None:
        raise RuntimeError("migrations: run them with chassis.migrations.upgrade(package_root, dsn)")
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()

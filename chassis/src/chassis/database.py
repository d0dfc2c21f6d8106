"""The service's own PostgreSQL database: one engine, sessions, one transaction at a time."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

# A server that answers no more is a fault that may pass, not a reason to hang: the statement is given up and retried.
STATEMENT_TIMEOUT_S = 30.0
CONNECT_TIMEOUT_S = 5.0


def make_engine(
    dsn: str, *, pool_size: int, max_overflow: int, server_settings: Mapping[str, str] | None = None
) -> AsyncEngine:
    """An asyncpg engine that gives up on a silent server.

    Without pre-ping, which is three round trips in asyncpg: after a restart of the server one statement fails, the pool
    drops all its connections, and whoever retries gets a new one.
    """
    return create_async_engine(
        dsn,
        pool_size=pool_size,
        max_overflow=max_overflow,
        hide_parameters=True,  # an error is logged; people's addresses and sign-in links are not
        connect_args={
            "timeout": CONNECT_TIMEOUT_S,
            "command_timeout": STATEMENT_TIMEOUT_S,
            "server_settings": dict(server_settings or {}),
        },
    )


class Database:
    """The database of one service; nobody else connects to it."""

    def __init__(self, dsn: str, *, pool_size: int = 8, max_overflow: int = 4) -> None:
        self.dsn = dsn
        self.engine = make_engine(dsn, pool_size=pool_size, max_overflow=max_overflow)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session without a transaction begun: `async with database.session() as s, s.begin(): ...`."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session inside one transaction, committed at the end, rolled back by any exception."""
        async with self.session() as session, session.begin():
            yield session

    async def ready(self, within_s: float = 2.0) -> bool:
        """Whether the server answers a query in time."""
        try:
            async with asyncio.timeout(within_s), self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except Exception:  # noqa: BLE001 - whatever it is, it is not ready
            return False
        return True

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()

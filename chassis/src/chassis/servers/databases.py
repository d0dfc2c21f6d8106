"""Roles and databases on a PostgreSQL server, one of each for every owner."""

import asyncio
import hashlib
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg

T = TypeVar("T")
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Await `work` on a thread of its own, so that it may be called where a loop already runs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@dataclass(frozen=True)
class Admin:
    """Makes databases through an address whose role may create roles and databases."""

    address: str

    def answers(self) -> bool:
        try:
            run(self._execute("SELECT 1"))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            return False
        return True

    def database(self, name: str) -> str:
        """The SQLAlchemy asyncpg DSN of role and database `name`, made if missing; nobody else may connect to it."""
        if not NAME.fullmatch(name):
            raise ValueError(f"database: {name!r} is no plain name")
        # Derived, so that a role made by an earlier run is found again without a secret kept beside it.
        password = hashlib.sha256(f"{name}:{self.address_secret}".encode()).hexdigest()[:32]
        run(self._make(name, password))
        where = urlsplit(self.address)
        return f"postgresql+asyncpg://{name}:{password}@{where.hostname}:{where.port or 5432}/{name}"

    def drop(self, name: str) -> None:
        run(self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'DROP ROLE IF EXISTS "{name}"'))

    @property
    def address_secret(self) -> str:
        return urlsplit(self.address).password or ""

    async def _make(self, name: str, password: str) -> None:
        connection = await asyncpg.connect(self.address, timeout=10)
        try:
            role = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
            verb = "ALTER" if role else "CREATE"
            await connection.execute(f"{verb} ROLE \"{name}\" LOGIN PASSWORD '{password}'")
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                await connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
                await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
        finally:
            await connection.close()

    async def _execute(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.address, timeout=5)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

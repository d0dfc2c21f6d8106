"""Waiting for what a test expects, with a deadline and a picture of what is there instead."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from chassis.database import Database
from sqlalchemy import text

T = TypeVar("T")


async def until(look: Callable[[], Awaitable[T]], right: Callable[[T], bool], within_s: float = 30) -> T:
    """What `look` sees once it is right."""
    deadline = time.monotonic() + within_s
    while not right(seen := await look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {within_s:g} s; there is {seen!r}")
        await asyncio.sleep(0.05)
    return seen


async def messages(database: Database, cause: str) -> list[dict[str, Any]]:
    """The messages of a cause."""
    query = text("SELECT * FROM message WHERE cause = :cause ORDER BY contact_id, channel, template")
    async with database.session() as session:
        return [dict(row) for row in (await session.execute(query, {"cause": cause})).mappings()]


async def settled(database: Database, cause: str, *outcomes: tuple[str, str, str]) -> list[dict[str, Any]]:
    """The messages of a cause, once they are exactly these: (template, channel, status)."""

    def right(rows: list[dict[str, Any]]) -> bool:
        return sorted((r["template"], r["channel"], r["status"]) for r in rows) == sorted(outcomes)

    return await until(lambda: messages(database, cause), right)

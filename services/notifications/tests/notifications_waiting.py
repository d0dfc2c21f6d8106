"""Waiting for what a test expects, with a deadline and a picture of what is there instead."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from chassis.database import Database
from chassis.servers.mailbox import Mail, Mailbox
from chassis.servers.sms_centre import SmsCentre
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


async def inbox(mailbox: Mailbox, address: str, count: int = 1) -> list[Mail]:
    """What lies in an inbox, once so many mails are there."""
    return await until(lambda: asyncio.to_thread(mailbox.inbox, address), lambda mails: len(mails) == count)


async def texts(centre: SmsCentre, phone: str, count: int = 1) -> list[str]:
    """What a phone was sent, once so many texts are there."""
    found = await until(lambda: asyncio.to_thread(centre.texts, phone), lambda said: len(said) == count)
    return [text.text for text in found]


async def known(database: Database, table: str, key: str, revision: int) -> None:
    """Wait until this revision of a member, a contact or a proposal has been heard of."""
    query = text(f"SELECT revision FROM {table} WHERE {table}_id = :key")  # noqa: S608

    async def look() -> int | None:
        async with database.session() as session:
            found: int | None = (await session.execute(query, {"key": key})).scalar_one_or_none()
            return found

    await until(look, lambda seen: seen == revision)

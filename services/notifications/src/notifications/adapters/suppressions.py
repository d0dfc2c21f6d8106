"""Addresses that asked for no more: known by their digests, so that the list outlives an erasure and names nobody."""

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters.tables import SUPPRESSION

EVERYTHING = "*"


def digest(address: str) -> str:
    """What an address is known by; upper case in a mail address does not make it another one."""
    return sha256(address.strip().casefold().encode()).hexdigest()


async def suppress(session: AsyncSession, channel: str, address: str, class_: str, at: datetime, reason: str) -> bool:
    """No messages of this class (`*`: none at all) to this address any more; False if that was so already."""
    row = {"channel": channel, "digest": digest(address), "class": class_, "at": at, "reason": reason}
    statement = insert(SUPPRESSION).values(row).on_conflict_do_nothing().returning(SUPPRESSION.c.digest)
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def lift(session: AsyncSession, channel: str, address: str) -> None:
    """The person wants to hear from us again."""
    mine = (SUPPRESSION.c.channel == channel) & (SUPPRESSION.c.digest == digest(address))
    await session.execute(delete(SUPPRESSION).where(mine))


async def stopped(
    session: AsyncSession, addresses: Collection[tuple[str, str]]
) -> dict[tuple[str, str], frozenset[str]]:
    """For each (channel, address) that is on the list, the classes that it asked not to get."""
    by_digest = {(channel, digest(address)): (channel, address) for channel, address in addresses}
    s = SUPPRESSION.c
    statement = select(s.channel, s.digest, s["class"]).where(s.digest.in_({d for _, d in by_digest}))
    found: dict[tuple[str, str], set[str]] = {}
    for channel, hashed, class_ in await session.execute(statement):
        if (channel, hashed) in by_digest:
            found.setdefault(by_digest[channel, hashed], set()).add(class_)
    return {key: frozenset(classes) for key, classes in found.items()}

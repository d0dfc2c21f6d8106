"""Signing keys in PostgreSQL, and the tokens that are signed with them (ES256)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters.tables import KEY, KeyRow

ALGORITHM = "ES256"
_ONE_AT_A_TIME = 0x6B_6579


async def signing(session: AsyncSession) -> ECKey:
    """The key that signs now; the first caller ever makes it."""
    key = await _current(session)
    if key is None:
        await session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        key = await _current(session) or await _add(session)
    return key


async def rotate(session: AsyncSession) -> str:
    """Sign with a new key from now on; returns its id. The old one stays published for as long as `published` says."""
    await session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    table = KEY
    await session.execute(update(table).where(table.c.retired_at.is_(None)).values(retired_at=func.now()))
    return str((await _add(session)).kid)


async def published(session: AsyncSession, keep_retired: timedelta) -> dict[str, Any]:
    """The public keys as a JWK set: the one that signs, and those retired so recently that their tokens still count."""
    await signing(session)
    table = KEY
    alive = or_(table.c.retired_at.is_(None), table.c.retired_at > datetime.now(UTC) - keep_retired)
    rows = (await session.execute(select(KeyRow).where(alive).order_by(table.c.made_at))).scalars()
    return {"keys": [_public(ECKey.import_key(row.private_jwk)) for row in rows]}


def sign(key: ECKey, claims: Mapping[str, Any]) -> str:
    """A signed access token."""
    return jwt.encode({"alg": ALGORITHM, "typ": "at+jwt", "kid": key.kid}, dict(claims), key, algorithms=[ALGORITHM])


async def _current(session: AsyncSession) -> ECKey | None:
    table = KEY
    query = select(KeyRow).where(table.c.retired_at.is_(None)).order_by(table.c.made_at.desc()).limit(1)
    row = (await session.execute(query)).scalar()
    return ECKey.import_key(row.private_jwk) if row else None


async def _add(session: AsyncSession) -> ECKey:
    key = ECKey.generate_key("P-256", auto_kid=True)
    await session.execute(insert(KEY).values(kid=key.kid, private_jwk=key.as_dict(private=True)))
    return key


def _public(key: ECKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}

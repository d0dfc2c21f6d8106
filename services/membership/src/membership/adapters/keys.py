"""Signing keys in PostgreSQL, and the tokens that are signed with them (ES256)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.tokens import REFETCH_S
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters.tables import KEY, KeyRow

ALGORITHM = "ES256"
# A verifier that meets an unknown key asks for the keys at most every REFETCH_S: a key that is published longer than
# that before it signs is never unknown.
PUBLISHED_AHEAD = timedelta(seconds=1.5 * REFETCH_S)
_ONE_AT_A_TIME = 0x6B_6579


async def signing(session: AsyncSession) -> ECKey:
    """The key that signs now: the newest that has been published for long enough. The first caller ever makes one."""
    known = await _known(session)
    if not known:
        await session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        known = await _known(session) or [await _add(session)]
    ready = [row for row in known if row.made_at <= datetime.now(UTC) - PUBLISHED_AHEAD]
    return ECKey.import_key((ready[-1] if ready else known[0]).private_jwk)


async def rotate(session: AsyncSession) -> str:
    """Make a new key, which signs as soon as it has been published for long enough; returns its id."""
    await session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    await signing(session)
    return (await _add(session)).kid


async def published(session: AsyncSession, longest_token: timedelta) -> dict[str, Any]:
    """The public keys as a JWK set: every key by which a token may be signed that has not expired."""
    await signing(session)
    known = await _known(session)
    gone = datetime.now(UTC) - longest_token - PUBLISHED_AHEAD
    superseded = sum(row.made_at < gone for row in known) - 1
    return {"keys": [_public(ECKey.import_key(row.private_jwk)) for row in known[max(0, superseded) :]]}


def sign(key: ECKey, claims: Mapping[str, Any], *, kind: str = "at+jwt") -> str:
    """A signed access token, or one of another kind, such as a session's."""
    return jwt.encode({"alg": ALGORITHM, "typ": kind, "kid": key.kid}, dict(claims), key, algorithms=[ALGORITHM])


async def _known(session: AsyncSession) -> list[KeyRow]:
    return list((await session.execute(select(KeyRow).order_by(KEY.c.made_at, KEY.c.kid))).scalars())


async def _add(session: AsyncSession) -> KeyRow:
    key = ECKey.generate_key("P-256", auto_kid=True)
    added = insert(KeyRow).values(kid=key.kid, private_jwk=key.as_dict(private=True)).returning(KeyRow)
    return (await session.execute(added)).scalar_one()


def _public(key: ECKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}

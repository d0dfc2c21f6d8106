"""Links by which one side answers one proposal without signing in: signed with a secret of this service's own."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Literal

from chassis.database import Database
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from matching.adapters.tables import SECRET

Side = Literal["offerer", "requester"]
ALGORITHM = "HS256"
SIDES: dict[str, Side] = {"o": "offerer", "r": "requester"}
_NAME = "answer links"


class LinkRefused(Exception):
    """Not a link of ours, or changed on its way."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says: which side of which proposal may answer, and until when."""

    proposal_id: str
    side: Side
    ends_at: datetime


class Links:
    """Makes and reads links. The secret is made once, by the process that needs it first, and shared by the database."""

    def __init__(self, database: Database, base_url: str) -> None:
        self._database = database
        self._base_url = base_url
        self._key: OctKey | None = None

    async def url(self, link: Link) -> str:
        """The address at which that side answers."""
        claims = {"p": link.proposal_id, "s": link.side[0], "exp": ceil(link.ends_at.timestamp())}
        token = jwt.encode({"alg": ALGORITHM}, claims, await self._secret(), algorithms=[ALGORITHM])
        return f"{self._base_url}/answers/{token}"

    async def read(self, token: str) -> Link:
        """What a link says, whether it has ended or not; raises LinkRefused."""
        try:
            claims = jwt.decode(token, await self._secret(), algorithms=[ALGORITHM]).claims
            return Link(str(claims["p"]), SIDES[claims["s"]], datetime.fromtimestamp(claims["exp"], UTC))
        except (JoseError, ValueError, TypeError, KeyError, OverflowError) as why:
            raise LinkRefused(type(why).__name__) from None

    async def _secret(self) -> OctKey:
        if self._key is None:
            # In a transaction of its own: the caller's may be rolled back after a link was made with it.
            async with self._database.transaction() as session:
                made = upsert(SECRET).values(name=_NAME, value=secrets.token_bytes(32)).on_conflict_do_nothing()
                await session.execute(made)
                kept = (await session.execute(select(SECRET.c.value).where(SECRET.c.name == _NAME))).scalar_one()
            self._key = OctKey.import_key(kept)
        return self._key

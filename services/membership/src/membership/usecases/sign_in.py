"""Sign in: a link is looked at as often as one likes and used up once, for a session that every service verifies."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chassis.database import Database
from chassis.signed_in import MEMBER, OPERATE
from chassis.tokens import SESSION
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import contacts, keys, members, sign_in_links
from membership.adapters.sign_in_links import Link
from membership.settings import Settings


@dataclass(frozen=True, slots=True)
class Somebody:
    """Whom a link signs in; an operator has neither contact nor member."""

    subject: str
    name: str
    member_id: str | None = None
    member_name: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """What the browser keeps, and where it goes next."""

    token: str
    next: str


class SignIn:
    """Opens sessions."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    async def look(self, token: str) -> Somebody | None:
        """Whom this link signs in; None when it is used, over, or never was. Nothing changes."""
        async with self._database.session() as session:
            link = await sign_in_links.find(session, token, datetime.now(UTC))
            return await self._somebody(session, link) if link else None

    async def __call__(self, token: str) -> Session | None:
        """A session for the first who comes with this link; None for everybody after."""
        now = datetime.now(UTC)
        async with self._database.transaction() as session:
            link = await sign_in_links.use_up(session, token, now)
            who = await self._somebody(session, link) if link else None
            if link is None or who is None:
                return None
            issued = int(now.timestamp())
            claims: dict[str, Any] = {
                "iss": self._settings.issuer.rstrip("/"),
                "sub": who.subject,
                "aud": "driveline",
                "iat": issued,
                "exp": issued + self._settings.session_ttl_s,
                "jti": secrets.token_urlsafe(12),
                "name": who.name,
                "scope": MEMBER if who.member_id else OPERATE,
            }
            claims |= {"member_id": who.member_id} if who.member_id else {}
            return Session(keys.sign(await keys.signing(session), claims, kind=SESSION), link.next)

    async def _somebody(self, session: AsyncSession, link: Link) -> Somebody | None:
        """As they are now: whoever was erased, or whose member has left, since the link was sent, is nobody."""
        if link.contact_id is None:
            return Somebody(str(link.operator), "Operator")
        contact = await contacts.read(session, link.contact_id)
        member = await members.read(session, contact.member_id) if contact else None
        if contact is None or contact.erased or member is None or member.status == "left":
            return None
        name = contact.reach.name or contact.reach.email or contact.reach.phone or ""
        return Somebody(contact.contact_id, name, contact.member_id, member.profile.name)

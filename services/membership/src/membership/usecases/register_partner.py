"""Register a partner, or a member's own system, and give it credentials."""

from collections.abc import Iterable
from dataclasses import dataclass

from chassis.database import Database
from contracts.vocabulary import SCOPES
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import members, partners, passwords
from membership.adapters.partners import Client
from membership.domain.errors import UnknownMemberError
from membership.domain.grants import check_scopes
from membership.domain.namespace import check_partner_name

# `operate` is the administrator's: neither a partner nor a member can have it.
GRANTABLE = frozenset(SCOPES) - {"operate"}


@dataclass(frozen=True, slots=True)
class Registered:
    """A client; its secret is known only in the moment in which it is made."""

    client_id: str
    client_secret: str | None
    scopes: frozenset[str]
    new: bool


class RegisterPartner:
    """Writes partners and clients."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, name: str, scopes: Iterable[str], *, new_secret: bool = False) -> Registered:
        """A partner known before keeps its secret, unless a new one is asked for, and has these scopes from now on."""
        check_partner_name(name)
        allowed = check_scopes(scopes, GRANTABLE)
        async with self._database.transaction() as session:
            await partners.save_partner(session, name, allowed)
            return await self._client(session, Client(f"partner-{name}", "", allowed, partner=name), new_secret)

    async def for_member(self, member_id: str, scopes: Iterable[str], *, new_secret: bool = False) -> Registered:
        """Credentials for a member's own system, which reaches that member's things only."""
        allowed = check_scopes(scopes, GRANTABLE)
        async with self._database.transaction() as session:
            if await members.read(session, member_id) is None:
                raise UnknownMemberError(member_id)
            return await self._client(session, Client(member_id, "", allowed, member_id=member_id), new_secret)

    async def _client(self, session: AsyncSession, wanted: Client, new_secret: bool) -> Registered:
        known = await partners.client(session, wanted.client_id)
        secret = passwords.new_secret() if known is None or new_secret else None
        stored = await passwords.hashed(secret) if secret else known.secret_hash if known else ""
        client = Client(wanted.client_id, stored, wanted.scopes, wanted.partner, wanted.member_id)
        await partners.save_client(session, client)
        return Registered(client.client_id, secret, client.scopes, known is None)

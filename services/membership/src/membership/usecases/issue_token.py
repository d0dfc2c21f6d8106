"""Issue a token: OAuth2 client credentials for partners, members' systems and the administrator."""

import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chassis.database import Database
from contracts.vocabulary import SCOPES

from membership.adapters import keys, partners, passwords
from membership.adapters.partners import Client
from membership.settings import Settings

BOOTSTRAP = "bootstrap"


class TokenError(Exception):
    """A refusal in the words of RFC 6749, section 5.2."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class Token:
    """A signed token, the seconds it is good for, and its scopes."""

    access_token: str
    expires_in: int
    scope: str


class IssueToken:
    """Knows who a client is, and signs what it may do."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    async def __call__(self, client_id: str, secret: str, asked: str | None) -> Token:
        """`asked` is a list of scopes separated by spaces; None asks for all that the client has."""
        if client_id == BOOTSTRAP:
            client, ttl = self._administrator(secret), self._settings.bootstrap_token_ttl_s
        else:
            client, ttl = await self._known(client_id, secret), self._settings.token_ttl_s
        scopes = client.scopes if asked is None else frozenset(asked.split())
        for scope in sorted(scopes - client.scopes):
            raise TokenError("invalid_scope", f"client '{client_id}' does not have '{scope}'")
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self._settings.issuer.rstrip("/"),
            "sub": client_id,
            "client_id": client_id,
            "aud": "driveline",
            "iat": now,
            "exp": now + ttl,
            "jti": secrets.token_urlsafe(12),
            "scope": " ".join(sorted(scopes)),
        }
        claims |= {"partner": client.partner} if client.partner else {}
        claims |= {"member_id": client.member_id} if client.member_id else {}
        async with self._database.transaction() as session:
            key = await keys.signing(session)
        return Token(keys.sign(key, claims), ttl, str(claims["scope"]))

    async def jwks(self) -> dict[str, Any]:
        """The public keys, among them every key whose tokens may still be about."""
        told = self._settings
        longest = max(told.token_ttl_s, told.bootstrap_token_ttl_s, told.session_ttl_s)
        async with self._database.transaction() as session:
            return await keys.published(session, timedelta(seconds=longest))

    def _administrator(self, secret: str) -> Client:
        known = self._settings.bootstrap_secret
        if known is None or not hmac.compare_digest(known.get_secret_value().encode(), secret.encode()):
            raise TokenError("invalid_client", "client id or secret is wrong")
        return Client(BOOTSTRAP, "", frozenset(SCOPES))

    async def _known(self, client_id: str, secret: str) -> Client:
        async with self._database.session() as session:
            client = await partners.client(session, client_id)
        if client is None or not await passwords.matches(secret, client.secret_hash):
            raise TokenError("invalid_client", "client id or secret is wrong")
        return client

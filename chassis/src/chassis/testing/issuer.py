"""Membership as far as verifiers see it: keys that it publishes, bearer and session tokens that it signs."""

import time
from collections.abc import Mapping
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from chassis.tokens import SESSION

ISSUER = "http://membership.example"


class Issuer:
    """`Verifier(ISSUER, fetch=issuer.fetch)` trusts its tokens; `away` makes it unreachable, `asked` counts fetches."""

    def __init__(self) -> None:
        self.keys: list[Any] = [ECKey.generate_key("P-256", parameters={"kid": "first"})]
        self.away = False
        self.asked = 0

    async def fetch(self) -> Mapping[str, Any]:
        """The public keys."""
        self.asked += 1
        if self.away:
            raise httpx.ConnectError("connection refused")
        return KeySet(self.keys).as_dict(private=False)

    def token(self, key: Any = None, alg: str = "ES256", typ: str | None = None, **claims: Any) -> str:
        """A bearer token of the client `ase`, unless the claims say otherwise; a claim that is None is left out."""
        key = key or self.keys[-1]
        body = {"iss": ISSUER, "sub": "ase", "exp": int(time.time()) + 60, "scope": "pay:write", **claims}
        body = {name: value for name, value in body.items() if value is not None}
        header = {"alg": alg, "kid": key.kid} | ({"typ": typ} if typ else {})
        return jwt.encode(header, body, key, algorithms=[alg])

    def session(self, contact_id: str, member_id: str | None, name: str = "Pat", **claims: Any) -> str:
        """What the cookie `driveline_session` of a person holds after they signed in."""
        return self.token(
            typ=SESSION, **{"sub": contact_id, "member_id": member_id, "name": name, "scope": "member", **claims}
        )

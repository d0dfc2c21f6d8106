"""An issuer of tokens for these tests: its keys at `/.well-known/jwks.json`, as any OIDC issuer has them."""

import time
from typing import Any

from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey


class Issuer:
    def __init__(self, url: str) -> None:
        self.url = url
        self._key = ECKey.generate_key("P-256", {"kid": "k-1"})
        self.app = FastAPI()
        self.app.get("/.well-known/jwks.json")(self._jwks)

    async def _jwks(self) -> dict[str, Any]:
        return {"keys": [self._key.as_dict(private=False)]}

    def token(self, scope: str, *, subject: str = "tests", typ: str = "JWT", **claims: str) -> str:
        body = {"iss": self.url, "sub": subject, "exp": int(time.time()) + 3600, "scope": scope, **claims}
        return jwt.encode({"alg": "ES256", "kid": "k-1", "typ": typ}, body, self._key, algorithms=["ES256"])

    def headers(self, scope: str, **claims: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(scope, **claims)}"}

"""Verifying bearer tokens locally: the issuer's public keys are fetched, kept, and go on working while it is away."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import httpx
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis import logs

ALGORITHMS = ["ES256", "Ed25519"]
# An unknown key id asks the issuer at most this often: forged tokens must not become requests to it.
REFETCH_S = 10.0
# Without any key yet: often, so that a service is of use soon after membership has come.
FIRST_FETCH_S = 0.5
# Old keys are looked up again after this long, so that a withdrawn one stops working; if the issuer is away they stay.
STALE_S = 900.0
LEEWAY_S = 30
# The header `typ` of the tokens in browsers' cookies (RFC 8725, 3.11): what stands in a cookie calls no API, and what calls
# an API signs nobody in.
SESSION = "session+jwt"

Fetch: TypeAlias = Callable[[], Awaitable[Mapping[str, Any]]]

log = logs.get(__name__)


class TokenRefused(Exception):
    """No valid token, or not enough scope; `status` is the HTTP answer's."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(f"token: {problem}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a client or person (`subject`), for a member or as a partner, with scopes."""

    subject: str
    member_id: str | None
    partner: str | None
    scopes: frozenset[str]

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any]) -> "Caller":
        """Read `sub`, `member_id`, `partner` and `scope` (words separated by spaces)."""
        scope = claims.get("scope", "")
        words = scope.split() if isinstance(scope, str) else [str(word) for word in scope]
        member_id, partner = claims.get("member_id"), claims.get("partner")
        return cls(
            str(claims["sub"]),
            str(member_id) if member_id else None,
            str(partner) if partner else None,
            frozenset(words),
        )


class Verifier:
    """Checks signature, issuer and time of a token with the issuer's keys."""

    def __init__(self, issuer: str, *, fetch: Fetch | None = None) -> None:
        self.issuer = issuer.rstrip("/")
        self._fetch = fetch or self._fetch_over_http
        self._keys: KeySet | None = None
        self._fetched = self._asked = float("-inf")
        self._asking = asyncio.Lock()
        self._registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.issuer},
            sub={"essential": True},
            exp={"essential": True},
        )

    async def _fetch_over_http(self) -> Mapping[str, Any]:
        async with httpx.AsyncClient(timeout=3.0) as client:
            answer = await client.get(f"{self.issuer}/.well-known/jwks.json")
            answer.raise_for_status()
            keys: Mapping[str, Any] = answer.json()
            return keys

    async def refresh(self) -> bool:
        """Ask for the keys now, unless that was done a moment ago; what is known stays when that fails."""
        began = time.monotonic()
        async with self._asking:
            if self._fetched > began:
                return True  # somebody else asked while we waited
            pause = REFETCH_S if self._keys is not None else FIRST_FETCH_S
            if time.monotonic() - self._asked < pause:
                return False
            self._asked = time.monotonic()
            try:
                self._keys = KeySet.import_key_set(dict(await self._fetch()))  # type: ignore[arg-type]
            except (httpx.HTTPError, OSError, JoseError, ValueError, KeyError, TypeError) as away:
                log.warning("issuer's keys not fetched", issuer=self.issuer, reason=repr(away))
                return False
            self._fetched = time.monotonic()
            return True

    async def claims(self, token: str, *, session: bool = False) -> dict[str, Any]:
        """The claims of a valid bearer token, or of a session's; raises TokenRefused with 401, or 503 without any key."""
        if self._keys is None or time.monotonic() - self._fetched > STALE_S:
            await self.refresh()
        if self._keys is None:
            raise TokenRefused(503, "cannot be checked now, the issuer's keys are not known yet")
        try:
            decoded = self._decode(token)
        except _UnknownKeyError:
            if not await self.refresh():
                raise TokenRefused(401, "signed with an unknown key") from None
            try:
                decoded = self._decode(token)
            except _UnknownKeyError:
                raise TokenRefused(401, "signed with an unknown key") from None
        try:
            self._registry.validate(decoded.claims)
        except JoseError as invalid:
            raise TokenRefused(401, _problem(invalid)) from None
        if (decoded.header.get("typ") == SESSION) is not session:
            raise TokenRefused(401, "is not a session's" if session else "is a session's, of use on pages only")
        return dict(decoded.claims)

    def _decode(self, token: str) -> jwt.Token:
        assert self._keys is not None  # noqa: S101
        known = {key.kid for key in self._keys.keys}

        def find(obj: Any) -> Any:
            kid = obj.headers().get("kid")
            if kid is None or kid not in known:
                raise _UnknownKeyError
            return self._keys.get_by_kid(kid) if self._keys is not None else None

        try:
            return jwt.decode(token, find, algorithms=ALGORITHMS)
        except _UnknownKeyError:
            raise
        except (JoseError, ValueError, TypeError, KeyError) as invalid:
            raise TokenRefused(401, _problem(invalid)) from None


class _UnknownKeyError(Exception):
    pass


def _problem(invalid: Exception) -> str:
    name = type(invalid).__name__
    known = {
        "ExpiredTokenError": "has expired",
        "BadSignatureError": "has a wrong signature",
        "InvalidClaimError": "was issued by somebody else or is not valid yet",
        "MissingClaimError": "lacks a claim (iss, sub, exp)",
        "UnsupportedAlgorithmError": "is signed with an algorithm that is not allowed",
    }
    return known.get(name, "is not a valid token")


bearer = HTTPBearer(auto_error=False, description="A token from membership's POST /oauth/token")


async def caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Caller:
    """Who calls; raises TokenRefused(401) without a valid token."""
    if credentials is None:
        raise TokenRefused(401, "is missing (Authorization: Bearer ...)")
    verifier: Verifier = request.app.state.verifier
    return Caller.from_claims(await verifier.claims(credentials.credentials))


def require(*scopes: str) -> Callable[..., Awaitable[Caller]]:
    """A dependency that lets in who has all these scopes: `who: Annotated[Caller, Depends(require("operate"))]`."""

    async def allowed(who: Annotated[Caller, Depends(caller)]) -> Caller:
        missing = [scope for scope in scopes if scope not in who.scopes]
        if missing:
            raise TokenRefused(403, f"lacks the scope {missing[0]}")
        return who

    return allowed

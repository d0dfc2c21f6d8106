"""Who looks at a page: the person behind the session cookie, verified locally; and the tokens that protect their forms."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import Request

from chassis.tokens import TokenRefused, Verifier

COOKIE = "driveline_session"
MEMBER, OPERATE = "member", "operate"


@dataclass(frozen=True, slots=True)
class Person:
    """A contact of a member, signed in. `session` is the token in the cookie: a secret of this browser and of ours."""

    contact_id: str
    member_id: str
    name: str
    session: str = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class SignedInOperator:
    """Somebody who runs the system, signed in; no member's person, so that no member's page takes them for one."""

    subject: str
    name: str
    session: str = field(repr=False, compare=False)


class SignInNeeded(Exception):
    """Nobody is signed in; the answer is a redirect (303) to `address`, which leads back to the page afterwards."""

    def __init__(self, address: str) -> None:
        super().__init__(f"sign in at {address}")
        self.address = address


class FormRefused(Exception):
    """A form that this session was not given; the answer is 403."""

    def __init__(self) -> None:
        super().__init__("form: was not given to this session, open its page again")


async def signed_in(request: Request) -> Person:
    """The person behind the cookie; raises SignInNeeded. 503 (TokenRefused) as long as no key of the issuer is known."""
    if (person := _person(*await _session(request))) is None:
        raise SignInNeeded(_sign_in_address(request))
    return person


async def maybe_signed_in(request: Request) -> Person | None:
    """The person behind the cookie, or None: for pages that are for everybody."""
    try:
        return _person(*await _session(request))
    except TokenRefused:
        return None


async def signed_in_operator(request: Request) -> SignedInOperator:
    """The operator behind the cookie; like `signed_in`, and a member's person is not one."""
    if (operator := _operator(*await _session(request))) is None:
        raise SignInNeeded(_sign_in_address(request))
    return operator


async def whoever(request: Request) -> Person | SignedInOperator | None:
    """The person or the operator behind the cookie, or None."""
    try:
        session = await _session(request)
    except TokenRefused:
        return None
    return _person(*session) or _operator(*session)


def form_token(who: Person | SignedInOperator) -> str:
    """The value of the hidden field `form_token`: known to this session's pages, and to no other site (CSRF)."""
    # The cookie's content is what a forger cannot read, and every process of a service is shown it: no secret is to be
    # kept and shared for this.
    return hmac.new(who.session.encode(), b"driveline form", hashlib.sha256).hexdigest()


def check_form_token(who: Person | SignedInOperator, token: str) -> None:
    """Raises FormRefused unless the form was given to this session."""
    if not hmac.compare_digest(form_token(who).encode(), token.encode()):
        raise FormRefused


async def _session(request: Request) -> tuple[Mapping[str, Any], str]:
    """The claims in the cookie and the cookie itself; no claims where there is no valid one."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        return {}, ""
    verifier: Verifier = request.app.state.verifier
    try:
        return await verifier.claims(token, session=True), token
    except TokenRefused as refused:
        if refused.status == 503:
            raise
        return {}, ""


def _person(claims: Mapping[str, Any], token: str) -> Person | None:
    member_id = claims.get("member_id")
    if MEMBER not in _scopes(claims) or not member_id:
        return None
    return Person(str(claims["sub"]), str(member_id), str(claims.get("name") or ""), token)


def _operator(claims: Mapping[str, Any], token: str) -> SignedInOperator | None:
    if OPERATE not in _scopes(claims) or claims.get("member_id"):
        return None
    return SignedInOperator(str(claims["sub"]), str(claims.get("name") or ""), token)


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    return str(claims.get("scope", "")).split()


def _sign_in_address(request: Request) -> str:
    return f"{request.app.state.accounts_url}/sign-in?{urlencode({'next': _page(request)})}"


def _page(request: Request) -> str:
    """Where to come back to: this page, or for a form that was sent the page that it was on."""
    base = request.app.state.public_url or f"{request.url.scheme}://{request.url.netloc}"
    if request.method in {"GET", "HEAD"}:
        query = f"?{request.url.query}" if request.url.query else ""
        return f"{base}{request.url.path}{query}"
    referer = urlsplit(request.headers.get("referer", ""))
    return referer.geturl() if f"{referer.scheme}://{referer.netloc}" == base else f"{base}/"

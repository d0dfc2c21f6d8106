"""Tokens and keys: OAuth2 client credentials, JWKS, and the document that tells where both are."""

import base64
import binascii
from typing import Annotated, Any

from contracts.vocabulary import SCOPES
from fastapi import APIRouter, Form, Header, Response

from membership.entrypoints.http.access import Operator
from membership.usecases.issue_token import IssueToken, TokenError
from membership.usecases.rotate_keys import RotateKeys


def router(issuer: str, issue: IssueToken, rotate: RotateKeys) -> APIRouter:
    """The routes of the issuer."""
    routes = APIRouter(tags=["identity"])
    base = issuer.rstrip("/")

    @routes.post("/oauth/token")
    async def token(
        response: Response,
        grant_type: Annotated[str, Form()] = "",
        client_id: Annotated[str | None, Form()] = None,
        client_secret: Annotated[str | None, Form()] = None,
        scope: Annotated[str | None, Form()] = None,
        authorization: Annotated[str | None, Header()] = None,
    ) -> dict[str, Any]:
        """A token for client credentials, in the form or by HTTP Basic (RFC 6749, section 4.4)."""
        if grant_type != "client_credentials":
            raise TokenError("unsupported_grant_type", "only client_credentials is supported")
        given = _basic(authorization) or (client_id or "", client_secret or "")
        made = await issue(*given, scope)
        response.headers["Cache-Control"] = "no-store"
        return {
            "access_token": made.access_token,
            "token_type": "Bearer",
            "expires_in": made.expires_in,
            "scope": made.scope,
        }

    @routes.get("/.well-known/jwks.json")
    async def jwks(response: Response) -> dict[str, Any]:
        """The public keys by which tokens are verified."""
        response.headers["Cache-Control"] = "public, max-age=60"
        return await issue.jwks()

    @routes.get("/.well-known/openid-configuration")
    async def configuration() -> dict[str, Any]:
        """Where the token endpoint and the keys are."""
        return {
            "issuer": base,
            "token_endpoint": f"{base}/oauth/token",
            "jwks_uri": f"{base}/.well-known/jwks.json",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "scopes_supported": list(SCOPES),
        }

    @routes.post("/v1/keys/rotate", status_code=201)
    async def rotate_keys(_: Operator) -> dict[str, str]:
        """Sign with a new key from now on; tokens of the old one go on being good until they expire."""
        return {"kid": await rotate()}

    return routes


def _basic(authorization: str | None) -> tuple[str, str] | None:
    kind, _, packed = (authorization or "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise TokenError("invalid_client", "the Authorization header is not Basic credentials") from None
    if not colon:
        raise TokenError("invalid_client", "the Authorization header is not Basic credentials")
    return client_id, secret

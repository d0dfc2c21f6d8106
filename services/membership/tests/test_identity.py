"""Tokens that anybody can verify with the published keys, scopes that narrow, keys that rotate."""

import base64
import json

import httpx
import pytest
from chassis.tokens import Caller, Verifier
from contracts.vocabulary import SCOPES
from membership_system import ADMIN, System


async def test_the_administrators_token_has_every_scope_and_is_good_for_a_day(system: System) -> None:
    form = {"grant_type": "client_credentials", "client_id": ADMIN[0], "client_secret": ADMIN[1]}
    async with httpx.AsyncClient() as client:
        answer = (await client.post(f"{system.url}/oauth/token", data=form)).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 86_400)
    claims = await Verifier(system.url).claims(answer["access_token"])
    assert (claims["iss"], claims["sub"], claims["aud"]) == (system.url, "bootstrap", "driveline")
    assert Caller.from_claims(claims) == Caller("bootstrap", None, None, frozenset(SCOPES))


async def test_a_partners_token_names_the_partner_and_carries_its_scopes(system: System) -> None:
    token = (await system.partner("ase"))["authorization"].removeprefix("Bearer ")
    caller = Caller.from_claims(await Verifier(system.url).claims(token))
    assert caller == Caller("partner-ase", None, "ase", frozenset({"credentials:write"}))


async def test_a_token_can_be_asked_for_with_fewer_scopes_and_by_http_basic(system: System) -> None:
    basic = base64.b64encode(f"partner-wrenchway:{system.secrets['wrenchway']}".encode()).decode()
    form = {"grant_type": "client_credentials", "scope": "pay:write"}
    async with httpx.AsyncClient(base_url=system.url, headers={"authorization": f"Basic {basic}"}) as client:
        narrow = await client.post("/oauth/token", data=form)
        wide = await client.post("/oauth/token", data=form | {"scope": "pay:write operate"})
    assert narrow.json()["scope"] == "pay:write"
    assert (wide.status_code, wide.json()) == (
        400,
        {"error": "invalid_scope", "error_description": "client 'partner-wrenchway' does not have 'operate'"},
    )


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_id": "bootstrap", "client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "partner-ase", "client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, 401, "invalid_client"),
    ],
)
async def test_no_token_without_the_right_secret(system: System, form: dict[str, str], status: int, error: str) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{system.url}/oauth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_new_key_is_published_at_once_and_signs_nothing_yet(system: System, api: httpx.AsyncClient) -> None:
    kid = (await api.post("/v1/keys/rotate")).json()["kid"]
    keys = (await api.get("/.well-known/jwks.json")).json()["keys"]
    assert keys[-1]["kid"] == kid
    assert {(key["kty"], key["crv"], key["use"], key["alg"]) for key in keys} == {("EC", "P-256", "sig", "ES256")}
    assert not any("d" in key for key in keys)
    token = (await system.partner("ase"))["authorization"].removeprefix("Bearer ")
    assert json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"] == keys[0]["kid"]


async def test_the_configuration_tells_where_tokens_and_keys_are(system: System, api: httpx.AsyncClient) -> None:
    said = (await api.get("/.well-known/openid-configuration")).json()
    assert said["issuer"] == system.url
    assert said["token_endpoint"] == f"{system.url}/oauth/token"
    assert said["jwks_uri"] == f"{system.url}/.well-known/jwks.json"


async def test_registering_again_restates_scopes_and_keeps_the_secret(system: System, api: httpx.AsyncClient) -> None:
    again = await api.post("/v1/partners", json={"name": "ase", "scopes": ["credentials:write"]})
    assert (again.status_code, again.json()) == (
        200,
        {"name": "ase", "scopes": ["credentials:write"], "client_id": "partner-ase", "client_secret": None},
    )
    assert (await api.get("/v1/partners")).json()["ase"] == ["credentials:write"]
    for body, line in (
        (
            {"name": "Big ASE", "scopes": []},
            "partner: 'Big ASE' is not a name of 1 to 40 lower-case letters, digits and hyphens",
        ),
        ({"name": "ase", "scopes": ["operate"]}, "scopes: 'operate' is not one of "),
    ):
        refused = await api.post("/v1/partners", json=body)
        assert refused.status_code == 422
        assert refused.json()["error"].startswith(line)

"""Tokens are verified with the issuer's keys, and with the keys already known while the issuer is away."""

import time
from typing import Annotated, Any

import httpx
import pytest
from chassis.http import make_app
from chassis.settings import ServiceSettings
from chassis.testing.issuer import ISSUER, Issuer
from chassis.tokens import Caller, TokenRefused, Verifier, require
from fastapi import Depends, FastAPI
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey

from chassis import tokens


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def verifier(issuer: Issuer) -> Verifier:
    return Verifier(ISSUER, fetch=issuer.fetch)


async def test_a_token_of_the_issuer_is_accepted(issuer: Issuer, verifier: Verifier) -> None:
    claims = await verifier.claims(issuer.token(member_id="shop-42", partner="ase"))
    who = Caller.from_claims(claims)
    assert who == Caller("ase", "shop-42", "ase", frozenset({"pay:write"}))


async def test_known_keys_go_on_working_while_membership_is_away(issuer: Issuer, verifier: Verifier) -> None:
    await verifier.claims(issuer.token())
    issuer.away = True
    assert (await verifier.claims(issuer.token()))["sub"] == "ase"
    verifier._fetched = verifier._asked = time.monotonic() - tokens.STALE_S - 1  # a quarter of an hour later
    assert (await verifier.claims(issuer.token()))["sub"] == "ase"
    assert issuer.asked == 2


async def test_a_new_key_is_fetched_when_a_token_names_it(
    issuer: Issuer, verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    await verifier.claims(issuer.token())
    issuer.keys.append(OKPKey.generate_key("Ed25519", parameters={"kid": "second"}))
    monkeypatch.setattr(tokens, "REFETCH_S", 0.0)
    assert (await verifier.claims(issuer.token(alg="Ed25519")))["sub"] == "ase"


async def test_unknown_keys_do_not_become_requests_to_the_issuer(issuer: Issuer, verifier: Verifier) -> None:
    await verifier.claims(issuer.token())
    stranger = ECKey.generate_key("P-256", parameters={"kid": "stranger"})
    for _ in range(20):
        with pytest.raises(TokenRefused, match="token: signed with an unknown key"):
            await verifier.claims(issuer.token(stranger))
    assert issuer.asked <= 2


async def test_without_any_key_the_answer_is_try_again_not_refused(issuer: Issuer, verifier: Verifier) -> None:
    issuer.away = True
    with pytest.raises(TokenRefused) as refused:
        await verifier.claims(issuer.token())
    assert refused.value.status == 503


@pytest.mark.parametrize(
    ("claims", "problem"),
    [
        ({"exp": 1_600_000_000}, "has expired"),
        ({"iss": "http://elsewhere.example"}, "was issued by somebody else"),
        ({"exp": None}, "lacks a claim"),
        ({"sub": None}, "lacks a claim"),
        ({"nbf": 4_000_000_000}, "is not valid yet"),
    ],
)
async def test_what_is_wrong_with_a_token_is_said_in_one_line(
    issuer: Issuer, verifier: Verifier, claims: dict[str, Any], problem: str
) -> None:
    with pytest.raises(TokenRefused, match=problem) as refused:
        await verifier.claims(issuer.token(**claims))
    assert refused.value.status == 401


async def test_forged_tokens_are_refused(issuer: Issuer, verifier: Verifier) -> None:
    public = KeySet(issuer.keys).as_dict(private=False)["keys"][0]
    secret = OctKey.import_key(str(public["x"]), parameters={"kid": "first"})
    impostor = ECKey.generate_key("P-256", parameters={"kid": "first"})
    good = issuer.token()
    forged = [
        issuer.token(impostor),
        issuer.token(secret, alg="HS256"),
        "eyJhbGciOiJub25lIiwia2lkIjoiZmlyc3QifQ.eyJzdWIiOiJhc2UifQ.",
        good[:-8] + "AAAAAAAA",
        "not a token",
        "",
        "a.b.c",
    ]
    for token in forged:
        with pytest.raises(TokenRefused) as refused:
            await verifier.claims(token)
        assert refused.value.status == 401, token


def application(verifier: Verifier) -> FastAPI:
    settings = ServiceSettings(kafka="k:1", redis="redis://r", postgres="postgresql+asyncpg://p", issuer=ISSUER)
    app = make_app("shop", settings, verifier=verifier)

    @app.get("/v1/pay")
    async def pay(who: Annotated[Caller, Depends(require("pay:write"))]) -> dict[str, str]:
        return {"subject": who.subject}

    return app


@pytest.mark.parametrize(
    ("scope", "header", "status", "line"),
    [
        ("pay:write operate", "Bearer {}", 200, None),
        ("benefits:write", "Bearer {}", 403, "token: lacks the scope pay:write"),
        ("", "Bearer {}", 403, "token: lacks the scope pay:write"),
        ("pay:write", "Bearer {}x", 401, "token: has a wrong signature"),
        ("pay:write", "Basic {}", 401, "token: is missing (Authorization: Bearer ...)"),
        ("pay:write", None, 401, "token: is missing (Authorization: Bearer ...)"),
    ],
)
async def test_a_route_lets_in_whom_its_scope_allows(
    issuer: Issuer, verifier: Verifier, scope: str, header: str | None, status: int, line: str | None
) -> None:
    transport = httpx.ASGITransport(application(verifier))
    headers = {"Authorization": header.format(issuer.token(scope=scope))} if header else {}
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        answer = await client.get("/v1/pay", headers=headers)
    assert answer.status_code == status
    assert answer.json() == ({"subject": "ase"} if line is None else {"error": line})
    assert ("www-authenticate" in answer.headers) is (status == 401)

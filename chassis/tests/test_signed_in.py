"""Pages know the person behind the cookie, send everybody else to sign in, and take back only forms that they gave out."""

from typing import Annotated

import httpx
import pytest
from chassis.http import make_app
from chassis.settings import ServiceSettings
from chassis.signed_in import (
    COOKIE,
    Person,
    SignedInOperator,
    check_form_token,
    form_token,
    maybe_signed_in,
    signed_in,
    signed_in_operator,
)
from chassis.testing.issuer import ISSUER, Issuer
from chassis.tokens import Caller, Verifier, caller, require
from fastapi import Depends, FastAPI, Form


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def application(issuer: Issuer, **told: str) -> FastAPI:
    settings = ServiceSettings(kafka="k:1", redis="redis://r", postgres="postgresql+asyncpg://p", issuer=ISSUER, **told)
    app = make_app("matching", settings, verifier=Verifier(ISSUER, fetch=issuer.fetch))

    @app.get("/home")
    async def home(who: Annotated[Person, Depends(signed_in)]) -> dict[str, str]:
        return {"contact": who.contact_id, "member": who.member_id, "name": who.name, "form": form_token(who)}

    @app.post("/home")
    async def answer(who: Annotated[Person, Depends(signed_in)], form_token: Annotated[str, Form()] = "") -> str:
        check_form_token(who, form_token)
        return "done"

    @app.get("/open")
    async def open_page(who: Annotated[Person | None, Depends(maybe_signed_in)]) -> str | None:
        return who.name if who else None

    @app.get("/operate")
    async def operate(who: Annotated[SignedInOperator, Depends(signed_in_operator)]) -> str:
        return who.subject

    @app.get("/v1/mine")
    async def mine(who: Annotated[Caller, Depends(caller)]) -> str | None:
        return who.member_id

    @app.get("/v1/operate")
    async def call(who: Annotated[Caller, Depends(require("operate"))]) -> str:
        return who.subject

    return app


def browser(app: FastAPI, cookie: str | None = None) -> httpx.AsyncClient:
    cookies = {COOKIE: cookie} if cookie is not None else None
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://match.example:8002", cookies=cookies)


async def test_a_page_knows_the_person_behind_the_cookie(issuer: Issuer) -> None:
    async with browser(application(issuer), issuer.session("c-1", "shop-42", "Pat Doe")) as pat:
        said = (await pat.get("/home")).json()
        assert (await pat.get("/open")).json() == "Pat Doe"
    assert (said["contact"], said["member"], said["name"]) == ("c-1", "shop-42", "Pat Doe")


async def test_without_a_session_the_answer_leads_to_sign_in_and_back(issuer: Issuer) -> None:
    async with browser(application(issuer)) as stranger:
        answer = await stranger.get("/home?show=agreed&page=2")
        assert (await stranger.get("/open")).json() is None
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "http://membership.example/sign-in?next=http%3A%2F%2Fmatch.example%3A8002%2Fhome%3Fshow%3Dagreed%26page%3D2",
    )


async def test_behind_a_proxy_browsers_are_sent_to_public_addresses(issuer: Issuer) -> None:
    app = application(issuer, public_url="https://match.example.org/", accounts_url="https://join.example.org/")
    async with browser(app) as stranger:
        answer = await stranger.get("/home")
    assert answer.headers["location"] == (
        "https://join.example.org/sign-in?next=https%3A%2F%2Fmatch.example.org%2Fhome"
    )


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://match.example:8002/home?show=agreed", "http%3A%2F%2Fmatch.example%3A8002%2Fhome%3Fshow%3Dagreed"),
        ("http://evil.example/home", "http%3A%2F%2Fmatch.example%3A8002%2F"),
        ("", "http%3A%2F%2Fmatch.example%3A8002%2F"),
    ],
)
async def test_a_form_sent_after_the_session_ended_leads_back_to_the_page_it_was_on(
    issuer: Issuer, referer: str, back: str
) -> None:
    async with browser(application(issuer)) as late:
        answer = await late.post("/home", headers={"referer": referer})
    assert (answer.status_code, answer.headers["location"]) == (303, f"http://membership.example/sign-in?next={back}")


async def test_what_is_no_session_signs_nobody_in(issuer: Issuer) -> None:
    bad = [
        issuer.token(sub="c-1", member_id="shop-42", scope="member"),  # a bearer token, whatever it says
        issuer.token(sub="c-1", member_id="shop-42", scope="member", typ="at+jwt"),
        issuer.session("c-1", "shop-42", exp=1_600_000_000),
        issuer.session("c-1", "shop-42", iss="http://elsewhere.example"),
        issuer.session("c-1", "shop-42", scope="pay:write"),
        issuer.session("c-1", None),
        issuer.session("c-1", "shop-42")[:-8] + "AAAAAAAA",
        "not a token",
        "",
    ]
    for cookie in bad:
        async with browser(application(issuer), cookie) as somebody:
            assert (await somebody.get("/home")).status_code == 303, cookie
            assert (await somebody.get("/open")).json() is None, cookie


async def test_a_session_calls_no_api(issuer: Issuer) -> None:
    for token in (issuer.session("c-1", "shop-42"), issuer.session("operator", None, scope="operate")):
        headers = {"Authorization": f"Bearer {token}"}
        async with browser(application(issuer), token) as somebody:
            for path in ("/v1/mine", "/v1/operate"):
                answer = await somebody.get(path, headers=headers)
                assert (answer.status_code, answer.json()) == (
                    401,
                    {"error": "token: is a session's, of use on pages only"},
                )
                assert (await somebody.get(path)).status_code == 401


async def test_an_operator_is_no_members_person_and_the_other_way_round(issuer: Issuer) -> None:
    async with browser(application(issuer), issuer.session("operator", None, scope="operate")) as operator:
        assert (await operator.get("/operate")).json() == "operator"
        assert (await operator.get("/home")).status_code == 303
    for session in (issuer.session("c-1", "shop-42"), issuer.session("c-1", "shop-42", scope="member operate")):
        async with browser(application(issuer), session) as pat:
            assert (await pat.get("/operate")).status_code == 303


async def test_a_form_is_taken_from_the_session_that_it_was_given_to(issuer: Issuer) -> None:
    app = application(issuer)
    pat, kim = issuer.session("c-1", "shop-42"), issuer.session("c-2", "shop-42")
    async with browser(app, pat) as hers, browser(app, kim) as his:
        given = (await hers.get("/home")).json()["form"]
        assert (await hers.post("/home", data={"form_token": given})).json() == "done"
        refused = [
            await his.post("/home", data={"form_token": given}),
            await hers.post("/home", data={"form_token": ""}),
            await hers.post("/home"),
            await hers.post("/home", data={"form_token": "ü"}),
        ]
    for answer in refused:
        assert (answer.status_code, answer.json()) == (
            403,
            {"error": "form: was not given to this session, open its page again"},
        )


async def test_as_long_as_nothing_can_be_verified_nobody_is_sent_away_to_sign_in(issuer: Issuer) -> None:
    issuer.away = True
    async with browser(application(issuer), issuer.session("c-1", "shop-42")) as pat:
        answer = await pat.get("/home")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert (await pat.get("/open")).json() is None


def test_a_session_is_not_shown_where_a_person_is_printed() -> None:
    assert (
        repr(Person("c-1", "shop-42", "Pat", "secret")) == "Person(contact_id='c-1', member_id='shop-42', name='Pat')"
    )

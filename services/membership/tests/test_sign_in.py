"""Signing in by a link that comes by mail: who gets one, what it does once, where it leads, and what it does not tell."""

import asyncio
import uuid
from typing import Any

import httpx
import pytest
from chassis.signed_in import COOKIE
from chassis.tokens import TokenRefused, Verifier
from membership_system import HOME, Log, System, shop


async def person(api: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """A fresh shop with one contact, who has an address of their own; the contact as membership shows it."""
    mark = uuid.uuid4().hex[:8]
    asked = shop(
        name="Elm Street Garage",
        contacts=[{"name": "Pat Doe", "email": f"Pat@{mark}.example", "roles": ["owner"], **fields}],
    )
    member_id = (await api.post("/v1/members", json=asked)).raise_for_status().json()["member_id"]
    contact: dict[str, Any] = (await api.get(f"/v1/members/{member_id}")).json()["contacts"][0]
    return contact


def browser(system: System) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=system.url, headers={"accept": "text/html"}, timeout=30)


async def link_of(api: httpx.AsyncClient, body: dict[str, Any]) -> str:
    answer = await api.post("/v1/sign-in-links", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"])


async def test_a_link_comes_by_mail_signs_in_once_and_is_over(system: System, api: httpx.AsyncClient, log: Log) -> None:
    pat = await person(api)
    async with browser(system) as hers:
        told = await hers.post("/sign-in", data={"email": f" {pat['email'].upper()} "})
        assert told.status_code == 200
        assert "If we know that address, a link is on its way." in told.text
        [mail] = await log.bodies("notification.requested", contact_id=pat["contact_id"])
        url = mail["data"]["url"]
        assert mail == {
            "request_id": mail["request_id"],
            "member_id": pat["member_id"],
            "contact_id": pat["contact_id"],
            "class": "transactional",
            "template": "sign_in",
            "data": {"url": url, "name": "Pat Doe", "member": "Elm Street Garage", "minutes": 15},
        }
        for _ in range(3):  # a mail scanner, and another, and Pat
            page = await hers.get(url)
            assert page.status_code == 200
            assert "Welcome, Pat Doe" in page.text
            assert "You sign in for <strong>Elm Street Garage</strong>." in page.text
            assert "set-cookie" not in page.headers
        signed = await hers.post(url)
        assert (signed.status_code, signed.headers["location"]) == (303, HOME)
        cookie = signed.headers["set-cookie"]
        assert cookie.endswith("HttpOnly; Max-Age=28800; Path=/; SameSite=lax")
        again, page = await hers.post(url), await hers.get(url)
        assert (again.status_code, page.status_code) == (410, 410)
        assert "This link is over" in page.text
        claims = await Verifier(system.url).claims(hers.cookies[COOKIE], session=True)
        assert {name: claims[name] for name in ("iss", "sub", "member_id", "name", "scope")} == {
            "iss": system.url,
            "sub": pat["contact_id"],
            "member_id": pat["member_id"],
            "name": "Pat Doe",
            "scope": "member",
        }
        assert claims["exp"] - claims["iat"] == 8 * 3600
        own = await hers.get("/")
        assert "in good standing" in own.text
        assert "New Oxford, PA 17350" in own.text


async def test_the_answer_does_not_tell_who_is_known(system: System, api: httpx.AsyncClient, log: Log) -> None:
    pat = await person(api)
    left = await person(api)
    await api.delete(f"/v1/members/{left['member_id']}")
    erased = await person(api)
    await api.delete(f"/v1/members/{erased['member_id']}/contacts/{erased['contact_id']}")
    nobody = f"nobody-{uuid.uuid4().hex[:8]}@example.com"
    async with browser(system) as somebody:
        answers = [
            await somebody.post("/sign-in", data={"email": email})
            for email in (nobody, left["email"], erased["email"], pat["email"])
        ]
    assert len({(answer.status_code, answer.text) for answer in answers}) == 1
    await log.bodies("notification.requested", contact_id=pat["contact_id"])  # the last one; so the others got none
    for contact in (left, erased):
        assert await log.bodies("notification.requested", within_s=0.5, contact_id=contact["contact_id"]) == []


async def test_twenty_at_once_with_one_link_and_one_is_signed_in(system: System, api: httpx.AsyncClient) -> None:
    url = await link_of(api, {"contact_id": (await person(api))["contact_id"]})
    async with browser(system) as anybody:
        answers = await asyncio.gather(*(anybody.post(url) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 19


async def test_one_address_gets_a_few_mails_and_then_a_pause(system: System, api: httpx.AsyncClient, log: Log) -> None:
    pat, nobody = await person(api), f"nobody-{uuid.uuid4().hex[:8]}@example.com"
    async with browser(system) as somebody:
        for email in (pat["email"], nobody):  # the limit does not tell who is known either
            asked = [somebody.post("/sign-in", data={"email": spelled}) for spelled in [email, email.upper()] * 4]
            answers = await asyncio.gather(*asked)
            assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429] * 3
    assert len(await log.bodies("notification.requested", 6, within_s=3, contact_id=pat["contact_id"])) == 5


async def test_who_is_a_contact_of_two_members_gets_a_link_for_each(
    system: System, api: httpx.AsyncClient, log: Log
) -> None:
    one, other = await person(api, email="x@gmail.com"), await person(api, email="X@gmail.com")
    async with browser(system) as somebody:
        await somebody.post("/sign-in", data={"email": "x@gmail.com"})
    for contact in (one, other):
        [mail] = await log.bodies("notification.requested", contact_id=contact["contact_id"])
        assert mail["member_id"] == contact["member_id"]


@pytest.mark.parametrize(
    ("next_page", "leads_to"),
    [
        ("", HOME),
        ("http://match.example:8002/home?show=agreed", "http://match.example:8002/home?show=agreed"),
        ("http://pay.example:8003/benchmarks", "http://pay.example:8003/benchmarks"),
        ("http://match.example:8003/home", None),
        ("https://match.example:8002/home", None),
        ("http://evil.example/", None),
        ("//evil.example/", None),
        ("/home", None),
        ("javascript:alert(1)", None),
        ("http://match.example:8002@evil.example/", None),
        ("http://match.example:8002\\@evil.example/", None),
        ("http://evil.example\\.match.example:8002/", None),
        ("http://match.example:8002/\r\nSet-Cookie: a=b", None),
        (" http://match.example:8002/", None),
        ("http://[match.example:8002/", None),
    ],
)
async def test_signing_in_leads_to_pages_of_the_house_only(
    system: System, api: httpx.AsyncClient, next_page: str, leads_to: str | None
) -> None:
    contact_id = (await person(api))["contact_id"]
    made = await api.post("/v1/sign-in-links", json={"contact_id": contact_id, "next": next_page})
    async with browser(system) as somebody:
        form = await somebody.get("/sign-in", params={"next": next_page})
        sent = await somebody.post("/sign-in", data={"email": "a@b.example", "next": next_page})
        if leads_to is None:
            assert (made.status_code, made.json()["error"][:6]) == (422, "next: ")
            assert (form.status_code, sent.status_code) == (400, 400)
            assert "is not a page of ours" in form.text
        else:
            assert (form.status_code, sent.status_code) in {(200, 200), (200, 429)}
            assert (await somebody.post(made.json()["url"])).headers["location"] == leads_to


async def test_an_operator_signs_in_as_nobodys_person(system: System, api: httpx.AsyncClient) -> None:
    url = await link_of(api, {"operator": True})
    async with browser(system) as operator:
        assert "You sign in as an operator" in (await operator.get(url)).text
        assert (await operator.post(url)).headers["location"] == f"{system.url}/"
        claims = await Verifier(system.url).claims(operator.cookies[COOKIE], session=True)
        assert (claims["sub"], claims["scope"], claims.get("member_id")) == ("bootstrap", "operate", None)
        page = await operator.get("/")
        assert "Everybody who takes part, by kind and standing." in page.text
        assert '<th scope="row">business</th>' in page.text


async def test_only_operators_make_links_by_hand(system: System, api: httpx.AsyncClient) -> None:
    contact_id = (await person(api))["contact_id"]
    refused = await api.post("/v1/sign-in-links", json={"contact_id": contact_id}, headers=await system.partner("ase"))
    assert (refused.status_code, refused.json()) == (403, {"error": "token: lacks the scope operate"})
    for body, line in (
        ({"contact_id": "c-none"}, "contact_id: 'c-none' is not a contact"),
        ({}, "body: Value error, give contact_id, or operator: true"),
        ({"contact_id": contact_id, "operator": True}, "body: Value error, give contact_id, or operator: true"),
        ({"contact_id": contact_id, "scope": "operate"}, "scope: Extra inputs are not permitted"),
    ):
        answer = await api.post("/v1/sign-in-links", json=body)
        assert (answer.status_code, answer.json()) == (422, {"error": line})


async def test_a_session_signs_out_by_its_own_form_only(system: System, api: httpx.AsyncClient) -> None:
    url = await link_of(api, {"contact_id": (await person(api))["contact_id"]})
    async with browser(system) as hers:
        await hers.post(url)
        page = (await hers.get("/")).text
        form_token = page.partition('name="form_token" value="')[2].partition('"')[0]
        assert (await hers.post("/sign-out", data={"form_token": "forged"})).status_code == 403
        assert COOKIE in hers.cookies
        out = await hers.post("/sign-out", data={"form_token": form_token})
        assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
        assert COOKIE not in hers.cookies
        assert (await hers.get("/")).status_code == 303
        assert (await hers.post("/sign-out")).status_code == 303


async def test_another_site_cannot_sign_somebody_in(system: System, api: httpx.AsyncClient) -> None:
    url = await link_of(api, {"contact_id": (await person(api))["contact_id"]})
    async with browser(system) as victim:
        refused = await victim.post(url, headers={"sec-fetch-site": "cross-site", "origin": "http://evil.example"})
        assert refused.status_code == 403
        assert "set-cookie" not in refused.headers
        assert (await victim.post(url, headers={"sec-fetch-site": "same-origin"})).status_code == 303


async def test_whoever_was_erased_since_is_not_signed_in(system: System, api: httpx.AsyncClient) -> None:
    pat = await person(api)
    url = await link_of(api, {"contact_id": pat["contact_id"]})
    await api.delete(f"/v1/members/{pat['member_id']}/contacts/{pat['contact_id']}")
    async with browser(system) as hers:
        assert [(await hers.get(url)).status_code, (await hers.post(url)).status_code] == [410, 410]


async def test_a_session_is_no_bearer_token_and_the_other_way_round(system: System, api: httpx.AsyncClient) -> None:
    pat = await person(api)
    url = await link_of(api, {"contact_id": pat["contact_id"]})
    async with browser(system) as hers:
        await hers.post(url)
        session = hers.cookies[COOKIE]
        for headers in ({"authorization": f"Bearer {session}"}, {}):
            assert (await hers.get(f"/v1/members/{pat['member_id']}", headers=headers)).status_code == 401
    bearer = api.headers["authorization"].removeprefix("Bearer ")
    with pytest.raises(TokenRefused, match="is not a session's"):
        await Verifier(system.url).claims(bearer, session=True)


async def test_what_is_no_address_is_said_beside_the_field(system: System) -> None:
    async with browser(system) as somebody:
        answer = await somebody.post("/sign-in", data={"email": "pat<at>example", "next": HOME})
    assert answer.status_code == 400
    assert 'aria-invalid="true" aria-describedby="problem"' in answer.text
    assert "pat&lt;at&gt;example" in answer.text
    assert f'name="next" value="{HOME}"' in answer.text


async def test_links_and_addresses_stay_out_of_the_logs(system: System, api: httpx.AsyncClient) -> None:
    pat = await person(api)
    url = await link_of(api, {"contact_id": pat["contact_id"]})
    async with browser(system) as hers:
        await hers.post("/sign-in", data={"email": pat["email"]})
        await hers.get(url)
        await hers.post(url)
    written = (system.folder / "membership.log").read_text()
    assert "sign-in link made" in written
    for secret in (url.rpartition("/")[2], pat["email"], "/sign-in/"):
        assert secret not in written

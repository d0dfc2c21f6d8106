"""Over HTTP: who may do what, what a repeat does, what is refused and in which words."""

import asyncio
from typing import Any

import httpx
import pytest
from matching_market import mark, town
from matching_process import Running, until

NEED = {"kind": "mentor", "zip": "17401"}
OFFER = {"kind": "mentor", "zip": "17350"}


@pytest.mark.parametrize(
    ("claims", "path", "body", "status", "line"),
    [
        (
            {"member_id": "school-3"},
            "/v1/needs",
            NEED | {"member_id": "school-4"},
            403,
            "member_id: 'school-3' may not",
        ),
        ({"member_id": "shop-42"}, "/v1/offers", OFFER | {"member_id": "shop-1"}, 403, "member_id: 'shop-42' may not"),
        (
            {"partner": "wrenchway", "scope": "partnerships:write"},
            "/v1/needs",
            NEED | {"member_id": "school-3"},
            403,
            "partner: 'wrenchway' sends partnership.* events to the intake instead",
        ),
        (
            {"member_id": "school-3", "scope": "pay:write"},
            "/v1/needs",
            NEED,
            403,
            "token: lacks the scope partnerships:write",
        ),
        (
            {"member_id": "school-3"},
            "/v1/needs",
            NEED | {"need_id": "wrenchway/n-7"},
            403,
            "need_id: 'wrenchway/n-7' is in the name space of 'wrenchway', not yours",
        ),
        ({}, "/v1/needs", NEED, 422, "member_id: is missing"),
        ({"member_id": "school-3"}, "/v1/needs", NEED | {"zip": "00000"}, 422, "zip: '00000' is not in the ZIP table"),
        (
            {"member_id": "school-3"},
            "/v1/needs",
            NEED | {"place": 1},
            422,
            "place: is not a field of partnership.requested",
        ),
        ({"member_id": "school-3"}, "/v1/needs", NEED | {"need_id": 7}, 422, "need_id: 7 is not text"),
        ({"member_id": "school-3"}, "/v1/needs", [], 422, "body: a list is not a JSON object"),
        ({"member_id": "shop-42"}, "/v1/offers", OFFER | {"capacity": 0}, 422, "capacity: 0 is less than 1"),
        ({"member_id": "shop-42"}, "/v1/proposals/pr-none/accept", {}, 404, "proposal_id: 'pr-none' is not known"),
    ],
)
async def test_what_is_refused(
    matching: Running, claims: dict[str, str], path: str, body: Any, status: int, line: str
) -> None:
    async with matching.api(**claims) as client:
        answer = await client.post(path, json=body)
    assert (answer.status_code, answer.json()) == (status, {"error": line})


async def test_without_a_token_there_is_nothing(matching: Running) -> None:
    async with matching.browser() as client:
        for method, path in (
            ("POST", "/v1/needs"),
            ("GET", "/v1/needs"),
            ("GET", "/v1/needs/n-7"),
            ("DELETE", "/v1/offers/o-9"),
            ("POST", "/v1/proposals/pr-1/agree"),
            ("GET", "/v1/members/shop-42/partnerships"),
        ):
            assert (await client.request(method, path)).status_code == 401, path


async def test_others_see_and_change_nothing(matching: Running) -> None:
    here = await town(matching)
    need = await here.ask()
    proposal_id = need["proposals"][0]["proposal_id"]
    stranger = mark("shop")
    async with matching.api(member_id=stranger) as client:
        answers = [
            await client.get(f"/v1/needs/{need['need_id']}"),
            await client.delete(f"/v1/needs/{need['need_id']}"),
            await client.get(f"/v1/offers/{here.offers[0]}"),
            await client.delete(f"/v1/offers/{here.offers[0]}"),
            await client.get(f"/v1/proposals/{proposal_id}"),
            await client.post(f"/v1/proposals/{proposal_id}/accept"),
            await client.post(f"/v1/proposals/{proposal_id}/decline", json={"member_id": here.shops[0]}),
            await client.get(f"/v1/members/{here.shops[0]}/partnerships"),
            await client.get("/v1/needs"),
            await client.post("/v1/needs", json=NEED | {"need_id": need["need_id"], "revision": 7}),
        ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert (await here.say(need["proposals"][0], "agree", here.shops[0])).status_code == 403
    assert here.states(await here.need(need["need_id"])) == [(0, "proposed")]


async def test_the_same_again_is_no_error_and_something_else_is_a_conflict(matching: Running) -> None:
    school, need_id = mark("school"), mark("n")
    async with matching.api(member_id=school) as teacher:

        async def ask(**fields: Any) -> tuple[int, int | str]:
            answer = await teacher.post("/v1/needs", json=NEED | {"need_id": need_id, **fields})
            return answer.status_code, answer.json().get("error") or answer.json()["revision"]

        assert await ask(revision=1, title="one") == (201, 1)
        assert await ask(revision=1, title="one") == (200, 1)
        assert await ask(revision=1, title="two") == (409, "revision: 1 is not newer than 1, which is there")
        assert await ask(title="two") == (201, 2)
        assert await ask(revision=1, title="one") == (409, "revision: 1 is not newer than 2, which is there")
        assert (await teacher.delete(f"/v1/needs/{need_id}")).json()["state"] == "withdrawn"
        assert await ask(title="three") == (201, 4)
        assert (await teacher.get(f"/v1/needs/{need_id}")).json()["state"] == "open"
    told = await matching.all_told("partnership.requested", need_id=need_id)
    assert sorted(body["revision"] for body in told) == [1, 2, 4]
    told = await matching.all_told("partnership.withdrawn", need_id=need_id)
    assert [body["revision"] for body in told] == [3]


async def test_many_at_once_under_one_id_are_one(matching: Running) -> None:
    school, shop, need_id, offer_id = mark("school"), mark("shop"), mark("n"), mark("o")
    async with matching.api(member_id=school) as teacher, matching.api(member_id=shop) as garage:
        asked = [teacher.post("/v1/needs", json=NEED | {"need_id": need_id, "revision": 1}) for _ in range(8)]
        offered = [garage.post("/v1/offers", json=OFFER | {"offer_id": offer_id, "revision": 1}) for _ in range(8)]
        answers = await asyncio.gather(*asked, *offered)
    assert sorted(answer.status_code for answer in answers) == [200] * 14 + [201] * 2
    assert len(await matching.all_told("partnership.requested", need_id=need_id)) == 1


async def test_answers_at_once_from_both_sides_leave_one_state(matching: Running) -> None:
    here = await town(matching, shops=1)
    need = await here.ask()
    proposal = need["proposals"][0]
    answers = await asyncio.gather(
        *(here.say(proposal, "accept", here.shops[0]) for _ in range(4)),
        *(here.say(proposal, "decline", here.school) for _ in range(4)),
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    [(_, state)] = here.states(await here.need(need["need_id"]))
    assert state == "declined"  # the school may still say no after the shop has said yes
    told = await matching.all_told("partnership.declined", need_id=need["need_id"])
    assert len(told) == 1


async def test_a_second_different_answer_is_refused_in_one_line(matching: Running) -> None:
    here = await town(matching, shops=1)
    proposal = (await here.ask())["proposals"][0]
    assert (await here.say(proposal, "accept", here.shops[0])).status_code == 200
    assert (await here.say(proposal, "accept", here.shops[0])).status_code == 200
    no = await here.say(proposal, "decline", here.shops[0])
    line = f"proposal_id: '{proposal['proposal_id']}' was accepted by '{here.shops[0]}' before"
    assert (no.status_code, no.json()) == (409, {"error": line})
    early = await here.say(proposal, "complete", here.shops[0])
    line = f"proposal_id: '{proposal['proposal_id']}' is accepted, not agreed"
    assert (early.status_code, early.json()) == (409, {"error": line})


async def test_an_operator_acts_for_whoever_is_asked(matching: Running) -> None:
    here = await town(matching, shops=1)
    async with matching.api() as operator:
        body = {"kind": here.kind, "zip": here.region.centre, "member_id": here.school, "need_id": mark("wrenchway/n")}
        need = (await operator.post("/v1/needs", json=body)).json()
        path = f"/v1/proposals/{need['proposals'][0]['proposal_id']}"
        assert (await operator.post(f"{path}/accept")).json()["state"] == "accepted"
        assert (await operator.post(f"{path}/agree")).json()["state"] == "agreed"
        unclear = await operator.post(f"{path}/complete")
        assert (unclear.status_code, unclear.json()) == (422, {"error": "member_id: is missing: for whom?"})
        for member_id in (here.school, here.shops[0]):
            done = await operator.post(f"{path}/complete", json={"member_id": member_id})
        assert done.json()["state"] == "completed"
        assert (await operator.get(f"/v1/needs/{need['need_id']}")).json()["outcome"] == "agreed"


async def test_operators_read_all_needs_page_by_page(matching: Running) -> None:
    here = await town(matching, shops=0)
    asked = {(await here.ask())["need_id"] for _ in range(5)}
    seen, after = set[str](), ""
    async with matching.api() as operator:
        while after is not None:
            page = (await operator.get("/v1/needs", params={"state": "open", "after": after, "limit": 2})).json()
            assert {need["state"] for need in page["needs"]} <= {"open"}
            seen |= {need["need_id"] for need in page["needs"]}
            after = page["next"]
        assert asked <= seen
        assert (await operator.get("/v1/needs", params={"state": "lost"})).status_code == 422


async def test_a_member_sees_all_that_it_takes_part_in(matching: Running) -> None:
    here = await town(matching, shops=1, capacity=2)
    needs = [await here.ask(title=title) for title in ("one", "two")]
    async with here.shop(0) as shop, here.teacher() as teacher:
        mine = (await shop.get(f"/v1/members/{here.shops[0]}/partnerships")).json()
        theirs = (await teacher.get(f"/v1/members/{here.school}/partnerships")).json()
    assert [offer["offer_id"] for offer in mine["offers"]] == here.offers
    assert mine["needs"] == []
    assert {p["need_id"] for p in mine["proposals"]} == {need["need_id"] for need in needs}
    assert [need["title"] for need in theirs["needs"]] == ["two", "one"]
    assert theirs["proposals"] == mine["proposals"]


async def test_what_it_does_can_be_watched(matching: Running) -> None:
    here = await town(matching, shops=1)
    await here.say((await here.ask())["proposals"][0], "accept", here.shops[0])

    async def metrics() -> str:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{matching.url}/metrics")).text

    assert 'driveline_matching_answer_seconds_count{answer="accept"}' in await metrics()
    await until(metrics, lambda seen: 'driveline_matching_proposals{state="accepted"} 0.0' not in seen, within_s=30)
    assert 'driveline_matching_needs{state="open"}' in await metrics()

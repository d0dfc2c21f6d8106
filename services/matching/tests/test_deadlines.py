"""Deadlines by durable timers: who does not answer loses the turn, and a need that finds nobody comes to its end."""

from datetime import UTC, datetime, timedelta

from matching_market import mark, requested, town
from matching_process import Hasty, Running


async def test_who_does_not_answer_loses_the_turn_to_the_next(hasty: Hasty) -> None:
    here = await town(hasty)
    need = await here.ask()
    until = datetime.fromisoformat(need["proposals"][0]["answer_until"])
    need = await here.until(need["need_id"], (0, "expired"), (1, "proposed"))
    assert timedelta() <= datetime.fromisoformat(need["proposals"][0]["since"]) - until < timedelta(seconds=3)
    late = await here.say(need["proposals"][0], "accept", here.shops[0])
    assert (late.status_code, late.json()["error"]) == (
        409,
        f"proposal_id: '{need['proposals'][0]['proposal_id']}' is expired already",
    )
    [told] = await hasty.told("partnership.expired", need_id=need["need_id"])
    assert (told["reason"], told["offer_id"], told["revision"]) == ("no_answer", here.offers[0], 2)


async def test_a_school_that_does_not_agree_in_time_lets_the_shop_go(hasty: Hasty) -> None:
    here = await town(hasty, shops=1)
    need = await here.ask()
    await here.say(need["proposals"][0], "accept", here.shops[0])
    need = await here.until(need["need_id"], (0, "expired"), state="ended", outcome="expired", within_s=30)
    [told] = await hasty.told("partnership.expired", need_id=need["need_id"], reason="no_answer")
    assert told["revision"] == 3
    other = await here.ask()
    assert here.states(other) == [(0, "proposed")]


async def test_a_need_that_finds_nobody_ends_and_says_so(hasty: Hasty) -> None:
    here = await town(hasty, shops=0)
    need = await here.ask(title="Brake day", contact_id="c-9")
    await here.until(need["need_id"], state="ended", outcome="expired", within_s=30)
    told = await hasty.all_told("partnership.expired", need_id=need["need_id"])
    assert told == [
        {
            "need_id": need["need_id"],
            "revision": 1,
            "kind": "shop_tour",
            "title": "Brake day",
            "requested_by": here.school,
            "contact_id": "c-9",
            "zip": here.region.centre,
            "reason": "no_candidate",
        }
    ]


async def test_a_need_with_one_of_two_places_agreed_ends_with_that(hasty: Hasty) -> None:
    here = await town(hasty, shops=1)
    need = await here.ask(places=2)
    await here.say(need["proposals"][0], "accept", here.shops[0])
    await here.say(need["proposals"][0], "agree", here.school)
    await here.until(need["need_id"], (0, "agreed"), state="ended", outcome="agreed", within_s=30)
    assert await hasty.all_told("partnership.expired", need_id=need["need_id"]) == []


async def test_a_link_ends_with_its_time(hasty: Hasty) -> None:
    here = await town(hasty, shops=1)
    need = await here.ask()
    [told] = await hasty.told("partnership.proposed", need_id=need["need_id"])
    await here.until(need["need_id"], (0, "expired"))
    async with hasty.browser() as browser:
        for answer in (
            await browser.get(told["answer_url"]),
            await browser.post(told["answer_url"], data={"answer": "yes"}, follow_redirects=True),
        ):
            assert answer.status_code == 410
            assert "The time for an answer is over" in answer.text


async def test_a_need_whose_day_is_over_ends_at_once_by_event_and_is_refused_over_http(matching: Running) -> None:
    here, need_id = await town(matching, shops=1), mark("n")
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date()
    await matching.tell(requested(need_id, here.school, here.region.centre, answer_by=yesterday))
    await here.until(need_id, state="ended", outcome="expired")
    async with here.teacher() as teacher:
        body = {"kind": here.kind, "zip": here.region.centre, "answer_by": yesterday.isoformat()}
        answer = await teacher.post("/v1/needs", json=body)
    assert (answer.status_code, answer.json()) == (422, {"error": f"answer_by: '{yesterday}' is over"})

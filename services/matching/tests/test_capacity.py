"""Capacity: never oversold however many ask at once, and given back on every way out."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from matching_market import Town, joined, mark, member, requested, town
from matching_process import Running, until
from sqlalchemy import text


async def in_force(running: Running, offer_id: str) -> int:
    async with running.database.session() as session:
        query = text(
            "SELECT count(*) FROM proposal WHERE offer_id = :o AND state IN ('proposed', 'accepted', 'agreed', 'completed')"
        )
        return (await session.execute(query, {"o": offer_id})).scalar() or 0


async def test_twenty_at_once_on_an_offer_for_two_get_exactly_two(matching: Running) -> None:
    here = await town(matching, shops=1, capacity=2, period="month")
    needs = await asyncio.gather(*(here.ask(starts_on="2027-02-01") for _ in range(20)))
    assert Counter(tuple(here.states(need)) for need in needs) == {((0, "proposed"),): 2, (): 18}
    assert await in_force(matching, here.offers[0]) == 2


async def test_the_same_by_event(matching: Running) -> None:
    here = await town(matching, shops=2, capacity=2, period="month")
    schools, need_ids = [mark("school") for _ in range(20)], [mark("n") for _ in range(20)]
    await matching.tell(
        *(
            requested(need_id, one, here.region.centre, starts_on="2027-02-01")
            for need_id, one in zip(need_ids, schools, strict=True)
        )
    )

    async def taken() -> list[int]:
        return [await in_force(matching, offer_id) for offer_id in here.offers]

    assert await until(taken, lambda seen: seen == [2, 2]) == [2, 2]
    async with matching.api() as operator:
        seen = [(await operator.get(f"/v1/needs/{need_id}")).json() for need_id in need_ids]
    assert Counter(len(need.get("proposals", [])) for need in seen) == {0: 16, 1: 4}


@pytest.mark.parametrize(
    ("period", "day", "in_it", "after"),
    [
        ("week", "2027-02-01", "2027-02-07", "2027-02-08"),
        ("month", "2027-02-01", "2027-02-28", "2027-03-01"),
        ("quarter", "2027-02-01", "2027-03-31", "2027-04-01"),
        ("year", "2027-02-01", "2027-12-31", "2028-01-01"),
    ],
)
async def test_every_period_has_its_own(matching: Running, period: str, day: str, in_it: str, after: str) -> None:
    here = await town(matching, shops=1, period=period)
    asked = [here.states(await here.ask(starts_on=when)) for when in (day, in_it, after)]
    assert asked == [[(0, "proposed")], [], [(0, "proposed")]]


async def test_once_is_once(matching: Running) -> None:
    here = await town(matching, shops=1, period="once")
    asked = [here.states(await here.ask(starts_on=when)) for when in ("2027-02-01", "2031-02-01")]
    assert asked == [[(0, "proposed")], []]


async def declined_by_the_shop(here: Town, need: dict[str, Any]) -> None:
    await here.say(need["proposals"][0], "decline", here.shops[0])


async def declined_by_the_school(here: Town, need: dict[str, Any]) -> None:
    await here.say(need["proposals"][0], "accept", here.shops[0])
    await here.say(need["proposals"][0], "decline", here.school)


async def need_withdrawn(here: Town, need: dict[str, Any]) -> None:
    async with here.teacher() as teacher:
        await teacher.delete(f"/v1/needs/{need['need_id']}")


async def left_and_came_back(here: Town, need: dict[str, Any]) -> None:
    await joined(here.running, member(here.shops[0], 2, zip=here.region.near[0], status="left"))
    await here.until(need["need_id"], (0, "withdrawn"))
    await joined(here.running, member(here.shops[0], 3, zip=here.region.near[0]))


@pytest.mark.parametrize("way_out", [declined_by_the_shop, declined_by_the_school, need_withdrawn, left_and_came_back])
async def test_every_way_out_gives_it_back_to_who_waits(matching: Running, way_out: Any) -> None:
    here = await town(matching, shops=1)
    first, second = await here.ask(), await here.ask()
    assert here.states(second) == []
    await way_out(here, first)
    await here.until(second["need_id"], (0, "proposed"))
    assert await in_force(matching, here.offers[0]) == 1


async def test_more_capacity_serves_who_waits_and_less_takes_nothing_back(matching: Running) -> None:
    here = await town(matching, shops=1)
    needs = [await here.ask() for _ in range(3)]
    body = {"offer_id": here.offers[0], "kind": here.kind, "zip": here.region.near[0]}
    async with here.shop(0) as shop:
        await shop.post("/v1/offers", json=body | {"capacity": 3})
        for need in needs:
            await here.until(need["need_id"], (0, "proposed"))
        await shop.post("/v1/offers", json=body | {"capacity": 1})
    assert here.states(await here.ask()) == []
    assert await in_force(matching, here.offers[0]) == 3

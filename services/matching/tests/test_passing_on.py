"""Who says no, or is gone, passes the request on to the next nearest; a need may have several places."""

from matching_market import joined, mark, member, offered, requested, school, town
from matching_process import Running


async def test_declined_the_next_nearest_is_asked_in_the_same_moment(matching: Running) -> None:
    here = await town(matching, shops=3)
    need = await here.ask()
    assert here.states(need) == [(0, "proposed")]
    no = await here.say(need["proposals"][0], "decline", here.shops[0], reason="no lift free that week")
    assert (no.status_code, no.json()["declined_by"]) == (200, here.shops[0])
    need = await here.need(need["need_id"])
    assert here.states(need) == [(0, "declined"), (1, "proposed")]
    await here.say(need["proposals"][1], "accept", here.shops[1])
    await here.say(need["proposals"][1], "decline", here.school)
    need = await here.need(need["need_id"])
    assert here.states(need) == [(0, "declined"), (1, "declined"), (2, "proposed")]
    [told] = await matching.told("partnership.declined", need_id=need["need_id"], declined_by=here.shops[0])
    assert (told["reason"], told["revision"]) == ("no lift free that week", 2)
    [told] = await matching.told("partnership.declined", need_id=need["need_id"], declined_by=here.school)
    assert told["revision"] == 3


async def test_a_need_with_places_has_as_many_proposals_alive_and_no_more(matching: Running) -> None:
    here = await town(matching, shops=3)
    need = await here.ask(places=2)
    need = await here.until(need["need_id"], (0, "proposed"), (1, "proposed"))
    await here.say(need["proposals"][0], "decline", here.shops[0])
    need = await here.until(need["need_id"], (0, "declined"), (1, "proposed"), (2, "proposed"))
    for place in (1, 2):
        await here.say(need["proposals"][place], "accept", here.shops[place])
        assert (await here.say(need["proposals"][place], "agree", here.school)).json()["state"] == "agreed"
    await here.until(need["need_id"], (0, "declined"), (1, "agreed"), (2, "agreed"), state="filled", outcome="agreed")


async def test_a_withdrawn_offer_lets_go_of_who_waits_and_the_next_is_asked(matching: Running) -> None:
    here = await town(matching)
    need = await here.ask()
    async with here.shop(0) as shop:
        for _ in range(2):  # twice is no error
            answer = await shop.delete(f"/v1/offers/{here.offers[0]}")
            assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    await here.until(need["need_id"], (0, "withdrawn"), (1, "proposed"))
    [told] = await matching.told("partnership.expired", need_id=need["need_id"])
    assert (told["reason"], told["offer_id"]) == ("withdrawn", here.offers[0])
    assert len(await matching.told("partnership.withdrawn", offer_id=here.offers[0])) == 1
    after = await here.ask()
    assert here.states(after) == []  # the second shop has one place a lifetime, and it is taken


async def test_a_withdrawn_need_lets_go_of_who_was_asked_and_has_its_outcome(matching: Running) -> None:
    here = await town(matching)
    need = await here.ask()
    async with here.teacher() as teacher:
        for _ in range(2):
            answer = await teacher.delete(f"/v1/needs/{need['need_id']}")
            assert (answer.status_code, answer.json()["outcome"]) == (200, "withdrawn")
    await here.until(need["need_id"], (0, "withdrawn"), state="withdrawn")
    told = await matching.told("partnership.expired", 2, need_id=need["need_id"], reason="withdrawn")
    assert sorted(t.get("offer_id", "the need itself") for t in told) == [here.offers[0], "the need itself"]
    assert (await here.say(need["proposals"][0], "accept", here.shops[0])).status_code == 409
    assert here.states(await here.ask()) == [(0, "proposed")]  # its capacity is free again


async def test_a_member_that_leaves_is_let_go_and_the_next_is_asked(matching: Running) -> None:
    here = await town(matching)
    need = await here.ask()
    await here.say(need["proposals"][0], "accept", here.shops[0])
    await joined(matching, member(here.shops[0], 2, zip=here.region.near[0], status="lapsed"))
    await here.until(need["need_id"], (0, "withdrawn"), (1, "proposed"))


async def test_what_was_agreed_stays_agreed_when_a_member_leaves(matching: Running) -> None:
    here = await town(matching)
    need = await here.ask()
    await here.say(need["proposals"][0], "accept", here.shops[0])
    await here.say(need["proposals"][0], "agree", here.school)
    await joined(matching, member(here.shops[0], 2, zip=here.region.near[0], status="left"))
    other = await here.ask()
    assert here.states(other) == [(1, "proposed")]
    await here.until(need["need_id"], (0, "agreed"), outcome="agreed")


async def test_a_school_that_leaves_has_its_needs_withdrawn(matching: Running) -> None:
    here = await town(matching)
    need = await here.ask()
    await joined(matching, school(here.school, 2, zip=here.region.centre, status="left"))
    await here.until(need["need_id"], (0, "withdrawn"), outcome="withdrawn")


async def test_only_who_suits_is_asked(matching: Running) -> None:
    here = await town(matching, shops=4)
    await joined(
        matching,
        member(here.shops[0], 2, zip=here.region.near[0], shop_type="quick_lube"),
        member(
            here.shops[1],
            2,
            zip="96813",
            locations=[{"location_id": "l-1", "zip": here.region.near[1], "shop_type": "tire_store"}],
        ),
        member(here.shops[2], 2, zip=here.region.near[2], status="grace"),
    )
    other_kind, own = mark("o"), mark("o")
    await matching.tell(
        offered(other_kind, here.shops[0], here.region.centre, kind="mentor"),
        offered(own, here.school, here.region.centre),
    )
    need = await here.ask(shop_types=["independent_repair", "tire_store"], places=4)
    await here.until(need["need_id"], (1, "proposed"), (2, "proposed"), (3, "proposed"))


async def test_neither_goes_farther_than_it_says(matching: Running) -> None:
    here = await town(matching, shops=4, radius_miles=1)
    near, wide = await here.ask(radius_miles=1), await here.ask()
    assert (here.states(near), here.states(wide)) == ([], [])
    async with here.shop(3) as shop:
        body = {"offer_id": here.offers[3], "kind": here.kind, "zip": here.region.near[3], "radius_miles": 40}
        assert (await shop.post("/v1/offers", json=body)).json()["revision"] == 2
    await here.until(wide["need_id"], (3, "proposed"))
    assert here.states(await here.need(near["need_id"])) == []


async def test_a_need_that_finds_nobody_is_looked_at_again_when_somebody_comes(matching: Running) -> None:
    here = await town(matching, shops=1)
    late, offer = mark("shop"), mark("o")
    first, second = await here.ask(), await here.ask()
    assert (here.states(first), here.states(second)) == ([(0, "proposed")], [])
    here.offers.append(offer)
    await matching.tell(offered(offer, late, here.region.near[1]))  # before matching knows who that is
    await joined(matching, member(late, zip=here.region.near[1]))
    await here.until(second["need_id"], (1, "proposed"))


async def test_who_waited_longest_gets_what_comes_back(matching: Running) -> None:
    here = await town(matching, shops=1)
    taken, first, second = await here.ask(), await here.ask(), await here.ask()
    await here.say(taken["proposals"][0], "decline", here.shops[0])
    await here.until(first["need_id"], (0, "proposed"))
    assert here.states(await here.need(second["need_id"])) == []


async def test_a_changed_need_lets_go_of_what_does_not_suit_it_any_more(matching: Running) -> None:
    here = await town(matching)
    need = await here.ask()
    again = requested(need["need_id"], here.school, here.region.centre, 2, kind="mentor")
    await matching.tell(again)
    await here.until(need["need_id"], (0, "withdrawn"), kind="mentor", state="open")

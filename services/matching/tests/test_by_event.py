"""The path by events, in any order and any number of times; what can never be applied stands alone."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from contracts.notifications import PartnershipAnswered
from matching_market import mark, offered, requested, school, town, withdrawn
from matching_process import Running, until
from sqlalchemy import text


def answered(need: dict[str, Any], place: int, member_id: str, answer: str, **fields: Any) -> PartnershipAnswered:
    proposal = need["proposals"][place]
    said = {
        "need_id": proposal["need_id"],
        "proposal_id": proposal["proposal_id"],
        "member_id": member_id,
        "contact_id": "c-1",
        "answer": answer,
        "channel": "sms",
        "answered_at": datetime.now(UTC),
    }
    return PartnershipAnswered.model_validate(said | fields)


async def dead(running: Running, topic: str) -> float:
    async with httpx.AsyncClient() as client:
        lines = (await client.get(f"{running.url}/metrics")).text.splitlines()
    name = f'driveline_records_dead_lettered_total{{group="matching",topic="{topic}"}}'
    return next((float(line.split()[-1]) for line in lines if line.startswith(name)), 0.0)


async def test_from_a_need_to_an_agreement_by_events_alone(matching: Running) -> None:
    here = await town(matching, shops=2)
    need_id = mark("wrenchway/n")
    for _ in range(2):
        await matching.tell(requested(need_id, here.school, here.region.centre, title="Brake day"))
    need = await here.until(need_id, (0, "proposed"))
    await matching.tell(*[answered(need, 0, here.shops[0], "decline")] * 2)
    need = await here.until(need_id, (0, "declined"), (1, "proposed"))
    await matching.tell(*[answered(need, 1, here.shops[1], "accept")] * 2)
    await here.until(need_id, (0, "declined"), (1, "accepted"))
    await matching.tell(*[answered(need, 1, here.school, "accept")] * 2)
    await here.until(need_id, (0, "declined"), (1, "agreed"), outcome="agreed")
    for topic, count in {"proposed": 2, "declined": 1, "accepted": 1, "agreed": 1}.items():
        told = await matching.all_told(f"partnership.{topic}", need_id=need_id)
        assert len(told) == count, topic


async def test_the_offer_may_come_after_the_need(matching: Running) -> None:
    here = await town(matching, shops=0)
    shop, need_id, offer_id = mark("shop"), mark("n"), mark("o")
    here.offers.append(offer_id)
    from matching_market import joined, member

    await matching.tell(requested(need_id, here.school, here.region.centre))
    await here.until(need_id, state="open")
    await joined(matching, member(shop, zip=here.region.near[0]))
    await matching.tell(offered(offer_id, shop, here.region.near[0]))
    await here.until(need_id, (0, "proposed"))


async def test_any_order_of_revisions_and_withdrawals_ends_the_same(matching: Running) -> None:
    here = await town(matching, shops=1)
    need_ids = [mark("n") for _ in range(6)]
    for need_id in need_ids:
        at = (need_id, here.school, here.region.centre)
        history = [
            requested(*at, 1, title="one", places=3),
            requested(*at, 4, title="four"),
            withdrawn(here.school, 3, need_id=need_id),
            withdrawn(here.school, 5, need_id=need_id),
        ] * 2
        random.shuffle(history)
        await matching.tell(*history)
    for need_id in need_ids:
        need = await until(lambda need_id=need_id: here.need(need_id), lambda seen: seen["state"] == "withdrawn")
        assert (need["revision"], need["title"], need["places"]) == (4, "four", 1)


async def test_a_newer_revision_opens_a_withdrawn_need_and_offer_again(matching: Running) -> None:
    here = await town(matching, shops=1)
    need_id = mark("n")
    await matching.tell(withdrawn(here.shops[0], 2, offer_id=here.offers[0]))
    await matching.tell(withdrawn(here.school, 1, need_id=need_id), requested(need_id, here.school, here.region.centre))
    await here.until(need_id, state="withdrawn", outcome="withdrawn")
    await matching.tell(requested(need_id, here.school, here.region.centre, 2))
    await here.until(need_id, state="open")
    await matching.tell(offered(here.offers[0], here.shops[0], here.region.near[0], 3))
    await here.until(need_id, (0, "proposed"))


async def test_nobody_touches_what_is_another_members(matching: Running) -> None:
    here, other = await town(matching), mark("school")
    need = await here.ask(title="Brake day")
    before = await dead(matching, "partnership.requested"), await dead(matching, "partnership.offered")
    await matching.tell(
        requested(need["need_id"], other, here.region.centre, 9),
        offered(here.offers[1], other, here.region.centre, 9),
        withdrawn(other, 9, need_id=need["need_id"]),
        withdrawn(other, 9, offer_id=here.offers[0]),
    )
    await until(lambda: dead(matching, "partnership.requested"), lambda seen: seen == before[0] + 1)
    await until(lambda: dead(matching, "partnership.offered"), lambda seen: seen == before[1] + 1)
    await matching.tell(withdrawn(here.shops[1], 2, offer_id=here.offers[1]))
    await until(lambda: here.offer(1), lambda seen: seen["state"] == "withdrawn")  # or the next one asked is that shop
    await here.say(need["proposals"][0], "decline", here.shops[0])
    need = await here.until(need["need_id"], (0, "declined"), state="open")
    assert need["title"] == "Brake day"


@pytest.mark.parametrize("wrong", ["unknown", "nobody of the two", "another need", "other than before", "late"])
async def test_an_answer_that_cannot_be_applied_goes_to_the_dead_letters_alone(matching: Running, wrong: str) -> None:
    here = await town(matching)
    need = await here.ask()
    shop = here.shops[0]
    bad = {
        "unknown": answered(need, 0, shop, "accept", proposal_id="pr-none"),
        "nobody of the two": answered(need, 0, here.shops[1], "accept"),
        "another need": answered(need, 0, shop, "accept", need_id="n-none"),
        "other than before": answered(need, 0, shop, "decline"),
        "late": answered(need, 0, shop, "accept", answered_at=datetime.now(UTC) + timedelta(days=9)),
    }[wrong]
    if wrong == "other than before":
        await here.say(need["proposals"][0], "accept", shop)
    before = await dead(matching, "partnership.answered")
    await matching.tell(bad)
    await until(lambda: dead(matching, "partnership.answered"), lambda seen: seen == before + 1)
    if wrong != "other than before":
        await here.until(need["need_id"], (0, "proposed"))
    await matching.tell(answered(need, 0, shop, "accept"))
    await here.until(need["need_id"], (0, "accepted"))


async def test_a_need_of_a_member_that_is_not_known_yet_is_served(matching: Running) -> None:
    here = await town(matching, shops=1)
    here.school = mark("school")
    need_id = mark("n")
    await matching.tell(requested(need_id, here.school, here.region.centre))
    await here.until(need_id, (0, "proposed"))
    await matching.tell(school(here.school, zip=here.region.centre), source="driveline/membership")


async def test_no_batch_of_events_leaves_work_behind(matching: Running) -> None:
    here = await town(matching, shops=3, capacity=100)
    need_ids = [mark("n") for _ in range(60)]
    await matching.tell(*(requested(need_id, here.school, here.region.centre) for need_id in need_ids))
    for need_id in need_ids:
        await here.until(need_id, (0, "proposed"))

    async def waiting() -> int:
        async with matching.database.session() as session:
            query = text("SELECT count(*) FROM outbox WHERE queue LIKE 'timer.%' AND next_attempt_at <= now()")
            return (await session.execute(query)).scalar() or 0

    await until(waiting, lambda seen: seen == 0)

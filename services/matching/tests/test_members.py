"""Matching knows who takes part and where, whatever the order in which it hears of it."""

import asyncio
import json
import random
import uuid
from typing import Any

import httpx
from contracts.codec import encode_kafka, new_event
from contracts.membership import MemberJoined, MemberUpdated
from matching_process import Running
from sqlalchemy import text

SITES = text(
    "SELECT site_id, zip, round(lat::numeric, 1)::text, timezone FROM site WHERE member_id = :m ORDER BY site_id"
)
MEMBER = text("SELECT revision, status, size FROM member WHERE member_id = :m")


def shop(member_id: str, revision: int, **fields: Any) -> MemberJoined | MemberUpdated:
    body = {
        "member_id": member_id,
        "revision": revision,
        "kind": "business",
        "status": "active",
        "name": "Elm Street Garage",
        "zip": "17350",
        "shop_type": "independent_repair",
        **fields,
    }
    return (MemberJoined if revision == 1 else MemberUpdated).model_validate(body)


async def tell(running: Running, *events: MemberJoined | MemberUpdated) -> None:
    for event in events:
        headers, value = encode_kafka(new_event(event, source="driveline/membership"))
        await running.producer.send_and_wait(event.topic, value, key=event.key().encode(), headers=headers)


async def rows(running: Running, query: Any, member_id: str, until: Any) -> list[Any]:
    async with asyncio.timeout(20), running.database.session() as session:
        while (found := [tuple(row) for row in await session.execute(query, {"m": member_id})]) != until:
            await session.rollback()
            await asyncio.sleep(0.05)
        return found


async def test_a_members_places_are_on_the_map(matching: Running) -> None:
    member_id = f"m-{uuid.uuid4().hex[:8]}"
    locations = [{"location_id": "l-1", "zip": "17401"}, {"location_id": "l-2", "zip": "00000"}]
    await tell(matching, shop(member_id, 1), shop(member_id, 2, locations=locations))
    await rows(matching, MEMBER, member_id, [(2, "active", None)])
    await rows(
        matching,
        SITES,
        member_id,
        [("", "17350", "39.9", "America/New_York"), ("l-1", "17401", "40.0", "America/New_York")],
    )


async def test_any_order_and_any_repetition_end_at_the_newest_revision(matching: Running) -> None:
    member_id, last = f"m-{uuid.uuid4().hex[:8]}", 3_000_000_009
    sizes = {1: "1_2", 2: "3_5", 3: "6_10", last: "11_20"}
    history = [shop(member_id, revision, size=size) for revision, size in sizes.items()] * 3
    random.shuffle(history)
    await tell(matching, *history)
    after = f"m-{uuid.uuid4().hex[:8]}"
    for revision in (1, 2):  # on every partition of both topics, behind the history
        await tell(matching, *(shop(f"{after}-{i}", revision) for i in range(40)))
        for i in range(40):
            await rows(matching, MEMBER, f"{after}-{i}", [(revision, "active", None)])
    await rows(matching, MEMBER, member_id, [(last, "active", "11_20")])


async def test_what_is_no_member_goes_to_the_dead_letters_alone(matching: Running, kafka: str) -> None:
    member_id = f"m-{uuid.uuid4().hex[:8]}"
    event = shop(member_id, 1)
    headers, value = encode_kafka(new_event(event, source="driveline/membership"))
    key = member_id.encode()
    bad = json.dumps(json.loads(value) | {"kind": "garage"}).encode()
    for record in (b"{", bad, None, value):
        await matching.producer.send_and_wait("member.joined", record, key=key, headers=headers)
    await rows(matching, MEMBER, member_id, [(1, "active", None)])
    async with httpx.AsyncClient() as client:
        metrics = (await client.get(f"{matching.url}/metrics")).text
    assert 'driveline_records_dead_lettered_total{group="matching",topic="member.joined"} 3.0' in metrics

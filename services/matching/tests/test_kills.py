"""Processes are killed with SIGKILL again and again: no request without an outcome, no capacity oversold or left taken."""

import asyncio
import itertools
import random
from collections import Counter, defaultdict
from typing import Any

import httpx
import pytest
from matching_market import Town, mark, requested, town
from matching_process import Hasty, until
from sqlalchemy import text

NEEDS = 120
LEAST_KILLS = 3  # on a fast machine it may all be over after two
IN_FORCE = ("proposed", "accepted", "agreed", "completed")
OUTCOMES = {
    "agreed": "agreed",
    "completed": "completed",
    "declined": "declined",
    "expired": "expired",
    "withdrawn": "expired",
}


async def persist(hasty: Hasty, member_id: str, path: str, body: Any) -> httpx.Response:
    """Ask either process until one answers; repeating is safe, because answers and needs with ids may be repeated."""
    for process in itertools.cycle(hasty.processes):
        try:
            async with httpx.AsyncClient(
                base_url=process.url, headers=hasty.keys.bearer(member_id=member_id)
            ) as client:
                answer = await client.post(path, json=body, timeout=10)
            if answer.status_code < 500:
                return answer
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError


async def answer_them(hasty: Hasty, here: Town, done: asyncio.Event) -> None:
    """Shops and school answer what they find on the log, as people do: some yes, some no, some never."""
    query = text(
        "SELECT proposal_id, state, offered_by FROM proposal WHERE requested_by = :m AND state IN ('proposed', 'accepted')"
    )

    async def answer_one(proposal_id: str, state: str, offered_by: str) -> None:
        verb = random.choice(["accept" if state == "proposed" else "agree"] * 2 + ["decline", None])
        if verb is not None:
            by = offered_by if state == "proposed" else here.school
            answer = await persist(hasty, by, f"/v1/proposals/{proposal_id}/{verb}", {})
            assert answer.status_code in (200, 409), answer.text

    while not done.is_set():
        async with hasty.database.session() as session:
            waiting = list(await session.execute(query, {"m": here.school}))
        # Side by side, or on a slow machine the proposals expire while one answer after the other waits for a process.
        await asyncio.gather(*(answer_one(*row) for row in waiting))
        await asyncio.sleep(0.2)


@pytest.mark.slow
async def test_every_need_has_an_outcome_and_no_capacity_is_oversold_or_left_taken(hasty: Hasty) -> None:
    here = await town(hasty, shops=4, capacity=12, period="month")
    need_ids, done = [mark("n") for _ in range(NEEDS)], asyncio.Event()

    async def ask(need_id: str) -> None:
        if random.random() < 0.5:
            await hasty.tell(requested(need_id, here.school, here.region.centre, starts_on="2027-02-01"))
            return
        body = {
            "need_id": need_id,
            "revision": 1,
            "kind": here.kind,
            "zip": here.region.centre,
            "starts_on": "2027-02-01",
        }
        answer = await persist(hasty, here.school, "/v1/needs", body)
        assert answer.status_code in (200, 201), answer.text

    async def kill() -> None:
        for count in itertools.count():
            if done.is_set() and count >= LEAST_KILLS:
                return
            process = hasty.processes[count % 2]
            await asyncio.sleep(random.uniform(0.3, 1.5))
            process.kill()
            process.start()
            await process.ready()

    async def ended() -> Counter[str]:
        query = text("SELECT state, count(*) FROM need WHERE need_id = ANY(:ids) GROUP BY state")
        async with hasty.database.session() as session:
            return Counter({row[0]: row[1] for row in await session.execute(query, {"ids": need_ids})})

    async with asyncio.TaskGroup() as side_by_side:  # whichever fails ends the others
        side_by_side.create_task(kill())
        side_by_side.create_task(answer_them(hasty, here, done))
        for need_id in need_ids:
            await ask(need_id)
        states = await until(ended, lambda seen: seen["filled"] + seen["ended"] == NEEDS, within_s=150)
        done.set()
    assert states["filled"] > 0
    assert states["ended"] > 0
    await check_rows(hasty, here)
    await check_log(hasty, need_ids)


async def check_rows(hasty: Hasty, here: Town) -> None:
    async with hasty.database.session() as session:
        query = text("SELECT offer_id, state, count(*) FROM proposal WHERE requested_by = :m GROUP BY 1, 2")
        rows = list(await session.execute(query, {"m": here.school}))
    taken = Counter[str]()
    for offer_id, state, count in rows:
        assert state not in ("proposed", "accepted"), "nobody is waited for"
        taken[offer_id] += count if state in IN_FORCE else 0
    assert all(count <= 12 for count in taken.values()), taken


async def check_log(hasty: Hasty, need_ids: list[str]) -> None:
    """What the log tells of each proposal and need is what the rows say, whatever was killed in between."""
    told: dict[str, dict[int, str]] = defaultdict(dict)
    needs: dict[str, str] = {}
    for name in ("proposed", "accepted", "agreed", "declined", "expired"):
        for body in await hasty.all_told(f"partnership.{name}"):
            if "proposal_id" in body:
                told[body["proposal_id"]][body["revision"]] = name
            else:
                needs[body["need_id"]] = body["reason"]
    async with hasty.database.session() as session:
        query = text("SELECT proposal_id, revision, state, need_id FROM proposal WHERE need_id = ANY(:ids)")
        proposals = list(await session.execute(query, {"ids": need_ids}))
        query = text("SELECT need_id, state FROM need WHERE need_id = ANY(:ids)")
        states = dict(tuple(row) for row in await session.execute(query, {"ids": need_ids}))
    for proposal_id, revision, state, _ in proposals:
        assert sorted(told[proposal_id]) == list(range(1, revision + 1))
        assert told[proposal_id][revision] == OUTCOMES[state]
    held = {need_id for *_, state, need_id in proposals if state in IN_FORCE}
    assert len(states) == len(need_ids)
    for need_id, state in states.items():
        assert (state == "filled") == (need_id in held)
        assert needs.get(need_id) == (None if need_id in held else "no_candidate")

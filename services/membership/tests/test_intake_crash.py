"""The intake killed with SIGKILL while events flow: nothing lost, nothing doubled in effect."""

import asyncio
import json
from collections import defaultdict

import httpx
from aiokafka import ConsumerRecord
from chassis.database import Database
from membership_system import Log, System, binary, body_of, pay
from sqlalchemy import text

EVENTS = 4_000
RECEIPTS = text("SELECT count(*), count(*) FILTER (WHERE outcome = 'accepted') FROM receipt WHERE ce_id LIKE 'crash-%'")


async def test_a_killed_intake_loses_and_doubles_nothing(system: System, api: httpx.AsyncClient, log: Log) -> None:
    ours = [await system.join(api, grant="vendor") for _ in range(8)]
    database = Database(system.dsn)

    async def receipts(at_least: int) -> tuple[int, int]:
        async with asyncio.timeout(60), database.session() as session:
            while (row := (await session.execute(RECEIPTS)).one())[0] < at_least:
                await session.rollback()
                await asyncio.sleep(0.02)
        return row[0], row[1]

    sending = asyncio.create_task(_send(log, ours))
    try:
        before, _ = await receipts(500)
        system.kill("membership.intake")
        assert before < EVENTS
        system.run("membership.intake")
        await sending
        assert await receipts(EVENTS) == (EVENTS, EVENTS)
    finally:
        await database.close()

    wanted = {f"vendor/crash-{i}" for i in range(EVENTS)}
    bodies: dict[str, set[bytes]] = defaultdict(set)
    identities: set[tuple[bytes, str]] = set()

    def new(record: ConsumerRecord[bytes, bytes]) -> bool:
        submission_id = body_of(record).get("submission_id", "")
        if submission_id not in wanted:
            return False
        identities.add((dict(record.headers)["ce_id"], submission_id))
        bodies[submission_id].add(record.value)
        return len(bodies[submission_id]) == 1

    await log.read("pay.submitted", new, EVENTS)
    assert set(bodies) == wanted
    # What was published and not yet committed goes out again, byte for byte and under the same identity.
    assert {len(spellings) for spellings in bodies.values()} == {1}
    assert len(identities) == EVENTS
    await system.ready("membership.intake")


async def _send(log: Log, ours: list[str]) -> None:
    for i in range(EVENTS):
        body = json.dumps(pay(ours[i % len(ours)], f"crash-{i}")).encode()
        await log.send_soon("partner.vendor", body, binary("pay.submitted", f"crash-{i}"))
        if i % 100 == 0:
            await asyncio.sleep(0.05)
    await log.flush()

"""A process killed between the effect and the commit: the event comes again and changes nothing."""

import asyncio
import os
import sys
from pathlib import Path

from chassis_shop import MEDIA, Shop, equals, story, until


async def spawn(shop: Shop, role: str, **more: str) -> asyncio.subprocess.Process:
    """The same service in a process of its own."""
    s = shop.settings
    environment = {
        **os.environ,
        "DRIVELINE_KAFKA": s.kafka,
        "DRIVELINE_REDIS": s.redis,
        "DRIVELINE_POSTGRES": s.postgres,
        "DRIVELINE_INSTANCE": s.instance,
        **more,
    }
    child = Path(__file__).with_name("chassis_child.py")
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(child),
        role,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_a_crash_between_effect_and_commit_applies_each_event_once(shop: Shop) -> None:
    before = await shop.committed(MEDIA)
    for number in range(20):
        await shop.publish(story(f"m-{number}"), partition=0)
    child = await spawn(shop, "between_effect_and_commit")
    assert await asyncio.wait_for(child.wait(), 30) == -9
    killed_after = await shop.count()
    assert killed_after > 0, "the effect was committed before the kill"
    assert await shop.committed(MEDIA) == before, "and the offset was not"

    seen = 0

    async def counting(event, ce, session):  # type: ignore[no-untyped-def]
        nonlocal seen
        seen += 1
        await shop.record_once(event, ce, session)

    shop.consume(counting)
    await shop.broker.start()
    await until(lambda: _caught_up(shop), 30)
    assert seen == 20, "all came again"
    assert await shop.things() == [f"m-{number}" for number in range(20)], "and changed nothing"


async def _caught_up(shop: Shop) -> bool:
    return await shop.committed(MEDIA) == await shop.end_offsets(MEDIA)


async def test_an_event_is_emitted_if_and_only_if_its_transaction_committed(shop: Shop) -> None:
    start = await shop.end_offsets(MEDIA)
    child = await spawn(shop, "emit_and_die")
    assert await asyncio.wait_for(child.wait(), 30) == -9
    assert await shop.outbox.due() == 1
    await shop.outbox.start(shop.broker)
    await until(lambda: equals(shop.outbox.due, 0))
    assert [record.key for record in await shop.read(MEDIA, start)] == [b"committed"]


async def test_a_killed_relay_loses_no_event(shop: Shop) -> None:
    start = await shop.end_offsets(MEDIA)
    async with shop.database.transaction() as session:
        await shop.outbox.emit_many(session, [story(f"m-{number}") for number in range(4000)])
    child = await spawn(shop, "relay")
    assert child.stdout is not None
    await asyncio.wait_for(child.stdout.readline(), 30)
    await until(lambda: _at_most(shop, 3500), 20)
    child.kill()
    await child.wait()
    left = await shop.outbox.due()
    assert 0 < left < 4000, "killed in the middle"
    sent = {record.key for record in await shop.read(MEDIA, start)}
    assert len(sent) >= 4000 - left

    await shop.expire_leases()
    await shop.outbox.start(shop.broker)
    await until(lambda: equals(shop.outbox.due, 0), 30)
    keys = [record.key for record in await shop.read(MEDIA, start)]
    assert set(keys) == {f"m-{number}".encode() for number in range(4000)}


async def _at_most(shop: Shop, rows: int) -> bool:
    return await shop.outbox.due() <= rows

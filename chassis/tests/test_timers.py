"""A durable timer fires once: not before its time, after a restart, and not again when its process dies while firing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chassis.timers import Timers
from chassis_shop import Shop, equals, until
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession
from test_crash import spawn

SOON = timedelta(seconds=0.3)


def writes(shop: Shop) -> Callable[[dict[str, Any], AsyncSession], Awaitable[None]]:
    async def fire(body: dict[str, Any], session: AsyncSession) -> None:
        await session.execute(insert(shop.applied), [{"ce_id": "timer", "thing": body["member"]}])

    return fire


async def schedule(shop: Shop, timer_id: str, at: datetime, **body: object) -> None:
    async with shop.database.transaction() as session:
        await Timers(shop.outbox).schedule(session, "renewal", timer_id, at, body)


async def test_a_timer_fires_once_after_a_restart_and_not_before_its_time(shop: Shop) -> None:
    due_at = datetime.now(UTC) + timedelta(seconds=1.5)
    await schedule(shop, "shop-42", due_at, member="shop-42")
    assert await shop.outbox.due() == 0
    first = shop.another()
    Timers(first.outbox).on("renewal")(writes(first))
    await first.producer.start()
    await first.outbox.start(first.broker)
    await asyncio.sleep(0.7)
    await first.stop()
    assert await shop.count() == 0

    Timers(shop.outbox).on("renewal")(writes(shop))
    await shop.outbox.start(shop.broker)
    await until(lambda: equals(shop.count, 1))
    assert datetime.now(UTC) >= due_at
    await asyncio.sleep(1.5)
    assert await shop.things() == ["shop-42"]


async def test_scheduling_again_moves_a_timer_and_cancelling_takes_it_back(shop: Shop) -> None:
    timers = Timers(shop.outbox)
    await schedule(shop, "moved", datetime.now(UTC) + timedelta(days=1), member="old plan")
    await schedule(shop, "moved", datetime.now(UTC) + SOON, member="new plan")
    await schedule(shop, "cancelled", datetime.now(UTC) + SOON, member="never")
    async with shop.database.transaction() as session:
        assert await timers.cancel(session, "renewal", "cancelled") is True
        assert await timers.cancel(session, "renewal", "nobody") is False
    timers.on("renewal")(writes(shop))
    await shop.outbox.start(shop.broker)
    await until(lambda: equals(shop.count, 1))
    await asyncio.sleep(1.2)
    assert await shop.things() == ["new plan"]


async def test_a_timer_scheduled_in_a_transaction_that_rolls_back_never_was(shop: Shop) -> None:
    timers = Timers(shop.outbox)
    async with shop.database.session() as session:
        await timers.schedule(session, "renewal", "shop-42", datetime.now(UTC), {"member": "shop-42"})
        await session.rollback()
    assert await shop.outbox.due() == 0


async def test_a_process_that_dies_while_firing_leaves_the_timer_to_the_next(shop: Shop) -> None:
    await schedule(shop, "shop-42", datetime.now(UTC), member="shop-42")
    child = await spawn(shop, "after_the_timer")
    assert await asyncio.wait_for(child.wait(), 30) == -9
    assert await shop.outbox.due() == 1
    await shop.expire_leases()
    Timers(shop.outbox).on("renewal")(writes(shop))
    await shop.outbox.start(shop.broker)
    await until(lambda: equals(shop.count, 1))


async def test_a_process_that_dies_after_the_effect_leaves_no_timer_behind(shop: Shop) -> None:
    await schedule(shop, "shop-42", datetime.now(UTC), member="shop-42")
    child = await spawn(shop, "after_the_timers_effect")
    assert await asyncio.wait_for(child.wait(), 30) == -9
    assert await shop.things() == ["shop-42"]
    await shop.expire_leases()
    assert await shop.outbox.due() == 0, "effect and end of the timer are one transaction"


async def test_two_processes_fire_each_timer_once_between_them(shop: Shop) -> None:
    for number in range(40):
        await schedule(shop, f"m-{number}", datetime.now(UTC), member=f"m-{number}")
    other = shop.another()
    for process in (shop, other):
        Timers(process.outbox).on("renewal")(writes(process))
    await other.producer.start()
    await asyncio.gather(shop.outbox.start(shop.broker), other.outbox.start(other.broker))
    await until(lambda: equals(shop.count, 40))
    await other.stop()
    assert sorted(await shop.things()) == sorted(f"m-{number}" for number in range(40))


async def test_a_timer_that_fails_is_tried_again(shop: Shop) -> None:
    attempts = 0

    async def fire(body: dict[str, Any], session: AsyncSession) -> None:
        nonlocal attempts
        attempts += 1
        await writes(shop)(body, session)
        if attempts < 3:
            raise ConnectionError("the mail relay is away")

    await schedule(shop, "shop-42", datetime.now(UTC), member="shop-42")
    Timers(shop.outbox).on("renewal")(fire)
    await shop.outbox.start(shop.broker)
    await until(lambda: equals(shop.count, 1))
    assert attempts == 3
    await until(lambda: equals(shop.outbox.due, 0))


async def test_a_time_without_a_zone_is_refused(shop: Shop) -> None:
    naive = datetime.now(UTC).replace(tzinfo=None)
    async with shop.database.session() as session:
        with pytest.raises(ValueError, match="at: has no time zone"):
            await Timers(shop.outbox).schedule(session, "renewal", "x", naive, {})

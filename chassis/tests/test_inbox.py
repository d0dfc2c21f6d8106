"""The inbox knows an event by its source and id, together with the effect or not at all."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from chassis.inbox import Inbox
from chassis_shop import Shop, story
from contracts.codec import CloudEvent, new_event
from sqlalchemy import func, select, update


def event(name: str = "m-1") -> CloudEvent:
    return new_event(story(name), source="driveline/test")


async def first_time(shop: Shop, ce: CloudEvent, consumer: str = "") -> bool:
    async with shop.database.transaction() as session:
        return await Inbox(shop.inbox.table, consumer).first_time(session, ce)


async def test_an_event_is_new_once_for_each_consumer(shop: Shop) -> None:
    ce = event()
    assert await first_time(shop, ce)
    assert not await first_time(shop, ce)
    assert await first_time(shop, replace(ce, source="driveline/elsewhere"))
    assert await first_time(shop, ce, consumer="another handler")


async def test_a_rolled_back_effect_leaves_the_event_new(shop: Shop) -> None:
    ce = event()
    async with shop.database.session() as session:
        assert await shop.inbox.first_time(session, ce)
        await session.rollback()
    assert await first_time(shop, ce)


async def test_of_two_at_the_same_time_one_is_first(shop: Shop) -> None:
    ce = event()
    answers = await asyncio.gather(*(first_time(shop, ce) for _ in range(8)))
    assert sorted(answers) == [False] * 7 + [True]


async def test_old_rows_are_forgotten_young_ones_kept(shop: Shop) -> None:
    old, young = event("old"), event("young")
    await first_time(shop, old)
    await first_time(shop, young)
    t = shop.inbox.table
    async with shop.database.transaction() as session:
        long_ago = func.now() - timedelta(days=40)
        await session.execute(update(t).where(t.c.ce_id == old.id).values(seen_at=long_ago))
        assert await shop.inbox.forget(session, timedelta(days=31)) == 1
        left = (await session.execute(select(t.c.ce_id))).scalars().all()
    assert left == [young.id]

"""A rebalance waits for the batch in hand: no record is worked on by two processes at once.

`Drain` uses FastStream's undocumented `subscriber.lock`; this is the test that fails when that stops working.
"""

import asyncio

from chassis_shop import MEDIA, Shop, equals, story, until
from contracts.codec import CloudEvent
from contracts.event import Event
from sqlalchemy.ext.asyncio import AsyncSession


class Slow:
    """Takes its time over each event, and notes when two work on the same one."""

    def __init__(self, shop: Shop, who: str, at_work: set[str], clashes: list[str], seconds: float) -> None:
        self.shop, self.who, self.at_work, self.clashes, self.seconds = shop, who, at_work, clashes, seconds

    async def __call__(self, event: Event, ce: CloudEvent, session: AsyncSession) -> None:
        thing = event.key()
        if thing in self.at_work:
            self.clashes.append(thing)
        self.at_work.add(thing)
        try:
            await asyncio.sleep(self.seconds)
            await self.shop.write(session, ce, thing, self.who)
        finally:
            self.at_work.discard(thing)


async def test_no_record_runs_twice_at_once_when_a_second_process_joins(shop: Shop) -> None:
    at_work: set[str] = set()
    clashes: list[str] = []
    for partition in range(6):
        for number in range(4):
            await shop.publish(story(f"p{partition}-{number}"), partition=partition)
    shop.consume(Slow(shop, "first", at_work, clashes, 0.4), max_records=24)
    await shop.broker.start()
    await until(lambda: at_work)
    other = shop.another()
    other.consume(Slow(other, "second", at_work, clashes, 0.01))
    await other.broker.start()
    await until(lambda: _caught_up(shop), 40)
    assert clashes == []
    # Without an inbox: what the first had in hand was committed before the second got it, so none came twice.
    assert sorted(await shop.things()) == sorted(f"p{p}-{n}" for p in range(6) for n in range(4))
    for partition in range(6):
        await shop.publish(story(f"p{partition}-late"), partition=partition)
    await until(lambda: equals(shop.count, 30), 20)
    mine, its = shop.broker.consumers[0].assignment, other.broker.consumers[0].assignment
    assert (len(mine), len(its), mine & its) == (3, 3, set())
    await other.stop()


async def test_a_stopping_process_finishes_its_batch_and_the_other_takes_over(shop: Shop) -> None:
    other = shop.another()
    for process in (shop, other):
        process.consume(Slow(process, "", set(), [], 0.02))
        await process.broker.start()
    await until(lambda: len(shop.broker.consumers[0].assignment) == 3)
    for number in range(60):
        await shop.publish(story(f"m-{number}"))
    await until(lambda: _some(shop))
    await other.stop()
    await until(lambda: _caught_up(shop), 40)
    assert sorted(await shop.things()) == sorted(f"m-{number}" for number in range(60))


async def _some(shop: Shop) -> bool:
    return await shop.count() > 5


async def _caught_up(shop: Shop) -> bool:
    return await shop.committed(MEDIA) == await shop.end_offsets(MEDIA)

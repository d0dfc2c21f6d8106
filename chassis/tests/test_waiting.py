"""A fault that may pass: the partition waits where everybody can see it, then goes on, and nothing is lost."""

from collections import Counter

import pytest
from chassis.retry import DEFECT_ATTEMPTS
from chassis.servers import NativePostgres
from chassis.settings import ServiceSettings
from chassis_shop import MEDIA, Shop, dead_is, equals, headers_of, story, until
from contracts.codec import CloudEvent
from contracts.event import Event
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import metrics


def waiting_metric(partition: int) -> float | None:
    for sample in next(iter(metrics.PARTITION_WAITING.collect())).samples:
        if sample.labels == {"topic": MEDIA, "partition": str(partition)}:
            return sample.value
    return None


class Flaky:
    """A handler that fails as a database fails, for chosen events, until it is repaired."""

    def __init__(self, shop: Shop, *broken: str) -> None:
        self.shop = shop
        self.broken = set(broken)
        self.tried: Counter[str] = Counter()

    async def __call__(self, event: Event, ce: CloudEvent, session: AsyncSession) -> None:
        self.tried[event.key()] += 1
        if event.key() in self.broken:
            raise DBAPIError("SELECT 1", None, ConnectionError("connection to server was lost"))
        await self.shop.record_once(event, ce, session)


async def test_a_partition_waits_alone_and_goes_on_when_the_fault_has_passed(shop: Shop) -> None:
    handler = Flaky(shop, "p1-2")
    consumer = shop.consume(handler)
    for number in range(5):
        await shop.publish(story(f"p1-{number}"), partition=1)
        await shop.publish(story(f"p4-{number}"), partition=4)
    await shop.broker.start()
    # The other partition is done, this one up to the record that fails; later ones wait behind it.
    await until(lambda: equals(shop.count, 7))
    await until(lambda: handler.tried["p1-2"] >= 3)
    assert sorted(await shop.things()) == ["p1-0", "p1-1", *(f"p4-{n}" for n in range(5))]
    assert (waiting_metric(1) or 0) >= 2
    assert waiting_metric(4) is None
    (wait,) = consumer.waiting
    assert (wait.topic, wait.partition, wait.reason) == (MEDIA, 1, "ConnectionError: connection to server was lost")
    assert len(wait.ce_id) == 36
    assert await shop.committed(MEDIA) == {**await shop.end_offsets(MEDIA), 1: wait.offset}
    # New records of the other partition are not held up meanwhile.
    await shop.publish(story("p4-late"), partition=4)
    await until(lambda: equals(shop.count, 8))

    handler.broken.clear()
    await until(lambda: equals(shop.count, 11))
    assert [thing for thing in await shop.things() if thing.startswith("p1")] == [f"p1-{n}" for n in range(5)]
    await until(lambda: waiting_metric(1) is None)
    assert await shop.dead() == []
    await until(lambda: _all_committed(shop))


async def test_an_operator_skips_the_record_to_the_dead_letters(shop: Shop) -> None:
    handler = Flaky(shop, "m-1")
    consumer = shop.consume(handler)
    for number in range(3):
        await shop.publish(story(f"m-{number}"), partition=2)
    await shop.broker.start()
    await until(lambda: any(wait.attempts >= 3 for wait in consumer.waiting))
    (wait,) = consumer.waiting
    assert consumer.skip(MEDIA, 3) is None
    assert consumer.skip(MEDIA, 2, wait.offset + 1) is None
    assert consumer.skip(MEDIA, 2, wait.offset) is not None
    await until(lambda: equals(shop.count, 2))
    assert await shop.things() == ["m-0", "m-2"]
    (dead,) = await shop.dead()
    headers = headers_of(dead)
    assert headers["dead_reason"] == b"skipped by an operator: ConnectionError: connection to server was lost"
    assert headers["dead_offset"] == str(wait.offset).encode()
    assert int(headers["dead_attempts"] or 0) >= 3
    assert list(consumer.waiting) == []


async def test_a_defect_that_stays_gives_its_partition_free_after_some_attempts(shop: Shop) -> None:
    tried: Counter[str] = Counter()

    async def buggy(event: Event, ce: CloudEvent, session: AsyncSession) -> None:
        tried[event.key()] += 1
        await shop.write(session, ce, event.key())
        if event.key() == "m-1":
            raise KeyError("colour")

    shop.consume(buggy)
    for number in range(3):
        await shop.publish(story(f"m-{number}"), partition=2)
    await shop.broker.start()
    await until(lambda: dead_is(shop, 1))
    await until(lambda: equals(shop.count, 2))
    assert await shop.things() == ["m-0", "m-2"]
    headers = headers_of((await shop.dead())[0])
    assert headers["dead_reason"] == b"KeyError: 'colour'"
    assert headers["dead_attempts"] == str(DEFECT_ATTEMPTS).encode()


@pytest.mark.timeout(120)
async def test_a_database_that_dies_and_returns_loses_nothing(shop: Shop, postgres_server: NativePostgres) -> None:
    """The real server is killed while events flow; what it had committed is not applied again."""
    settings = shop.settings.model_copy(update={"postgres": postgres_server.database("lasting")})
    lasting = Shop(ServiceSettings(**settings.model_dump()), shop.name)
    await lasting.create_tables()
    consumer = lasting.consume()
    try:
        await lasting.broker.start()
        for number in range(150):
            await shop.publish(story(f"m-{number}"))
            if number == 60:
                postgres_server.kill()
            if number == 120:
                await until(lambda: list(consumer.waiting))
                postgres_server.start()
        await until(lambda: equals(lasting.count, 150), 40)
        assert sorted(await lasting.things()) == sorted(f"m-{number}" for number in range(150))
        assert await shop.dead() == []
    finally:
        await lasting.stop()


async def test_kafka_keeps_the_offsets_of_what_waits_after_a_stop(shop: Shop) -> None:
    """Stopping while a partition waits must not commit the position, which is past the record."""
    handler = Flaky(shop, "m-1")
    shop.consume(handler)
    start = (await shop.end_offsets(MEDIA))[5]
    for number in range(3):
        await shop.publish(story(f"m-{number}"), partition=5)
    await shop.broker.start()
    await until(lambda: handler.tried["m-1"] >= 2)
    await shop.broker.stop()
    assert (await shop.committed(MEDIA))[5] == start + 1

    again = shop.another()
    again.consume()
    await again.broker.start()
    await until(lambda: equals(shop.count, 3))
    assert await shop.things() == ["m-0", "m-1", "m-2"]
    await again.stop()


async def _all_committed(shop: Shop) -> bool:
    return await shop.committed(MEDIA) == await shop.end_offsets(MEDIA)


async def test_a_statement_that_fails_takes_only_its_savepoint_with_it(shop: Shop) -> None:
    async def clumsy(event: Event, ce: CloudEvent, session: AsyncSession) -> None:
        await shop.write(session, ce, event.key())
        if event.key() == "m-1":
            await session.execute(text("SELECT 1/0"))

    for number in range(3):
        await shop.publish(story(f"m-{number}"), partition=0)
    shop.consume(clumsy)
    await shop.broker.start()
    await until(lambda: equals(shop.count, 2))
    assert await shop.things() == ["m-0", "m-2"]
    await until(lambda: dead_is(shop, 1))
    assert headers_of((await shop.dead())[0])["dead_reason"] == b"DivisionByZeroError: division by zero"

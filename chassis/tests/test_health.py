"""Liveness is progress: a consumer that only looks alive is found out."""

import asyncio
import time

import pytest
from chassis.consumer import Consumer
from chassis.health import Health
from chassis_shop import Shop, equals, story, until
from contracts.codec import CloudEvent
from contracts.event import Event
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import health


@pytest.fixture
async def living(shop: Shop) -> tuple[Shop, Consumer, Health]:
    consumer = shop.consume()
    probes = Health(database=shop.database, broker=shop.broker)
    await shop.broker.start()
    probes.started = True
    await until(lambda: consumer.settled)
    return shop, consumer, probes


async def test_a_service_is_ready_once_its_parts_answer_and_its_partitions_are_assigned(shop: Shop) -> None:
    consumer = shop.consume()
    probes = Health(database=shop.database, broker=shop.broker)
    assert await probes.ready() == [
        "kafka: not connected yet",
        f"consumer {shop.name}: no assignment yet",
    ]
    assert await probes.live() == [], "not ready is no reason to be restarted"
    await shop.broker.start()
    probes.started = True
    await until(lambda: consumer.settled)
    assert await probes.ready() == []


async def test_an_idle_consumer_is_alive(
    living: tuple[Shop, Consumer, Health], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, consumer, probes = living
    monkeypatch.setattr(health, "POLL_SILENCE_S", 0.8)
    await asyncio.sleep(1.2)
    assert await probes.live() == []
    assert time.monotonic() - consumer.drain.last_poll < 0.8


async def test_a_consumer_whose_loop_has_died_is_not_alive(
    living: tuple[Shop, Consumer, Health], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker's ping would stay green: the client still sends heartbeats."""
    shop, consumer, probes = living
    monkeypatch.setattr(health, "POLL_SILENCE_S", 0.5)
    assert consumer.drain.subscriber is not None
    for task in consumer.drain.subscriber.tasks:
        task.cancel()
    await until(lambda: _problems(probes), 5)
    assert (await probes.live())[0].startswith(f"consumer {shop.name}: has not polled for ")


async def test_records_that_are_there_and_not_read_are_noticed(
    living: tuple[Shop, Consumer, Health], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, consumer, probes = living
    monkeypatch.setattr(health, "FROZEN_S", 0.3)
    client = consumer.drain.consumer
    assert client is not None
    await shop.publish(story("first"), partition=0)
    await until(lambda: equals(shop.count, 1))
    poll = client.getmany

    async def only_looks_alive(*_args: object, **_kwargs: object) -> dict[object, object]:
        consumer.drain.last_poll = time.monotonic()
        await asyncio.sleep(0.05)
        return {}

    monkeypatch.setattr(client, "getmany", only_looks_alive)
    await asyncio.sleep(0.3)  # the real poll that is under way comes to its end
    await shop.publish(story("second"), partition=0)
    await until(lambda: _problems(probes), 10)
    assert "stuck at" in (await probes.live())[0]
    monkeypatch.setattr(client, "getmany", poll)
    await until(lambda: equals(shop.count, 2))
    assert await probes.live() == []


async def test_a_batch_that_hangs_is_noticed_and_a_slow_one_is_not(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    hang = asyncio.Event()

    async def hanging(event: Event, ce: CloudEvent, session: AsyncSession) -> None:
        await hang.wait()

    consumer = shop.consume(hanging)
    probes = Health(broker=shop.broker)
    await shop.publish(story("slow"), partition=0)
    await shop.broker.start()
    probes.started = True
    await until(lambda: consumer.busy_since is not None)
    assert await probes.live() == []
    monkeypatch.setattr(health, "BATCH_SILENCE_S", 0.2)
    await until(lambda: _problems(probes), 5)
    assert "batch without progress" in (await probes.live())[0]
    hang.set()
    await until(lambda: consumer.busy_since is None)
    assert await probes.live() == []


async def test_a_waiting_partition_is_no_reason_to_restart(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart would only lose the count of attempts; the metric and the log tell the operator."""
    monkeypatch.setattr(health, "FROZEN_S", 0.2)

    async def failing(event: Event, ce: CloudEvent, session: AsyncSession) -> None:
        raise ConnectionError("away")

    consumer = shop.consume(failing)
    probes = Health(broker=shop.broker)
    await shop.publish(story("a"), partition=0)
    await shop.broker.start()
    probes.started = True
    await until(lambda: list(consumer.waiting))
    for _ in range(8):
        assert await probes.live() == []
        await asyncio.sleep(0.1)


async def test_what_knows_that_it_cannot_go_on_says_so(shop: Shop) -> None:
    probes = Health()
    probes.unhealthy = "exchange: another partition count than before"
    assert await probes.live() == ["exchange: another partition count than before"]


async def _problems(probes: Health) -> bool:
    return bool(await probes.live())

"""Kafka is away when the exchange starts: the next attempt starts everything, and everything is collected."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from exchange.entrypoints.collector import consuming, log_position
from exchange.entrypoints.collector.ownership import Ownership, parts_of
from exchange_log import PARTITIONS, Log
from exchange_market import Market, member
from exchange_owner import owning
from exchange_system import World, running, until


def away_once(real: Callable[..., Any]) -> Callable[..., Any]:
    """Consumers of which the first cannot be started."""
    made: list[Any] = []

    def safe_consumer(*arguments: Any, **options: Any) -> Any:
        consumer = real(*arguments, **options)
        if not made:

            async def start() -> None:
                await asyncio.sleep(0.05)
                raise KafkaConnectionError("nobody answers yet")

            consumer.start = start
        made.append(consumer)
        return consumer

    return safe_consumer


@pytest.mark.parametrize("module", [log_position, consuming])
async def test_a_start_that_failed_halfway_is_made_good_by_the_next(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    monkeypatch.setattr(module, "safe_consumer", away_once(module.safe_consumer))
    async with running(world) as service:
        shops = [market.shop(n) for n in range(5)]
        await log.say("member.joined", *(member(shop) for shop in shops))
        await log.say("pay.submitted", *(market.pay(s, f"{20 + 2 * n}") for n, s in enumerate(shops)))
        await world.settled()
        await service.release()
        assert await service.median(market) == "24.00"
        assert (await service.http.get("/livez")).json() == {"live": True, "problems": []}


async def test_partitions_dealt_before_the_topics_were_heard_of_are_taken_all_the_same(world: World) -> None:
    """The group knows them, this process's client does not yet: it must not wait until the group deals anew."""
    async with owning(world, heard=False) as (shards, consumer):
        dealt = parts_of(2)
        consumer.assign(dealt)
        await shards.on_partitions_assigned(dealt)
        assert (shards.assigned, shards.waiting, shards.stopped) == (False, set(), {})
        await until(lambda: taken(shards))
        assert (shards.assigned, shards.waiting, shards.partitions, shards.stopped) == (True, {2}, PARTITIONS, {})


async def taken(shards: Ownership) -> bool:
    await shards.look()
    return shards.assigned

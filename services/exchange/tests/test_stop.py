"""A process that is told to go gives its shards back at once, whatever it has in hand."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from chassis.servers import NativeRedis
from exchange_log import Log
from exchange_market import Market, member
from exchange_system import World, make_world, running, until

from chassis import runtime


async def members_of(log: Log, group: str) -> list[Any]:
    admin = AIOKafkaAdminClient(bootstrap_servers=log.kafka)
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([group])
        return list(answer.groups[0][5])
    finally:
        await admin.close()


async def test_it_leaves_its_group_though_its_batch_hangs(
    log: Log, postgres: Callable[..., str], redis_server: NativeRedis, market: Market
) -> None:
    """Redis does not answer: others must not wait for the session to time out before they own the partitions."""
    world = await make_world(log, postgres("exchange"), redis_server.address)
    group = f"stops-{market.mark}"
    async with running(world, group=group):
        assert len(await members_of(log, group)) == 1
        await world.settled()
        await world.redis.client_pause(4500)
        await log.say("member.joined", *(member(market.shop(n)) for n in range(10)))
        began = time.monotonic()
    assert time.monotonic() - began < 4.5
    assert await members_of(log, group) == []
    await world.redis.aclose()


async def test_it_leaves_its_group_though_its_stop_was_given_up(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine a stop takes longer than it is given. Were it broken off, the member would keep its partitions:
    nobody would read them, and no release could be made until the group took them away, five minutes later."""
    group = f"stops-{market.mark}"
    async with running(world, group=group):
        with monkeypatch.context() as patch:
            patch.setattr(runtime, "STOP_S", 0.001)
            async with running(world, group=group):
                await until(lambda: there_are(2, log, group))
        await until(lambda: there_are(1, log, group))


async def there_are(members: int, log: Log, group: str) -> bool:
    return len(await members_of(log, group)) == members

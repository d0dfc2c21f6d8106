"""Redis loses everything, goes back in time, or dies: a replay, never a wrong number."""

from collections.abc import Callable
from typing import Any

import pytest
from chassis.metrics import exposition
from chassis.servers import NativeRedis
from exchange_log import PARTITIONS, Log
from exchange_market import Market, member
from exchange_system import World, make_world, running
from redis.asyncio import Redis

PAY = "pay.submitted"


@pytest.fixture(scope="module")
def log(left_log: Log) -> Log:
    """A store that lost its state folds all that was ever said."""
    return left_log


async def five_shops(log: Log, market: Market, *rates: str, **fields: Any) -> None:
    """The shops of a market, all in partition 1, join; and as many of them submit as there are rates."""
    shops = [market.shop(n, partition=1) for n in range(5)]
    await log.say("member.joined", *(member(shop) for shop in shops))
    await log.say(PAY, *(market.pay(s, rate, **fields) for s, rate in zip(shops, rates, strict=False)))


async def snapshot(redis: Redis) -> dict[bytes, bytes]:
    """What `BGSAVE` would write now."""
    return {key: await redis.dump(key) for key in await redis.keys()}  # type: ignore[misc]


async def rewind(redis: Redis, saved: dict[bytes, bytes]) -> None:
    """Go back to a snapshot in one step, as a restart from an older dump does."""
    pipeline = redis.pipeline(transaction=True).flushdb()
    for key, value in saved.items():
        pipeline.restore(key, 0, value)
    await pipeline.execute()


def reloads() -> float:
    lines = exposition()[0].decode().splitlines()
    return sum(float(x.rsplit(" ", 1)[1]) for x in lines if x.startswith("driveline_exchange_shard_reloads_total{"))


async def test_everything_is_lost_in_the_middle(world: World, log: Log, market: Market) -> None:
    """What comes next touches one topic only, whose watermark the loss left as it was: absent."""
    async with running(world) as service:
        shops = [market.shop(n, partition=1) for n in range(5)]
        await world.settled()
        # The store's other topics have positions, this market's first entry finds none for its own.
        await log.say("member.joined", *(member(shop) for shop in shops))
        await world.settled()
        before = reloads()
        await world.redis.flushdb()
        await log.say(PAY, *(market.pay(s, f"{20 + 2 * n}") for n, s in enumerate(shops[:3])))
        await world.settled(1)
        assert reloads() > before
        await log.say(PAY, *(market.pay(s, f"{26 + 2 * n}") for n, s in enumerate(shops[3:])))
        first = await service.cells(await service.release())
        assert await service.median(market) == "24.00"
    async with running(world) as service:
        assert (await service.http.get("/readyz")).json() == {"ready": True, "problems": []}
        second = await service.cells(await service.release())
    assert len(market.own(first)) > 10
    assert market.own(first) == market.own(second)


async def test_a_topic_that_had_nothing_yet_does_not_hide_the_loss(world: World, log: Log, market: Market) -> None:
    """A shard that never saw a record of a topic expects no watermark for it, and a store that lost everything has none.

    Comparing the touched topic alone would write on, over the ruins: a store without members that says where it stands.
    """
    topic = "technician-pay.submitted"  # to which no other test writes
    async with running(world):
        await log.say("member.joined", member(market.shop(0, partition=1)))
        await world.settled(1)
        assert f"next:{topic}" not in await world.store.meta(1)
        await world.redis.flushdb()
        await log.say(topic, market.pay(market.shop(0, partition=1), "20"))
        await world.settled(1)
        assert (await world.store.meta(1))["partitions"] == str(PARTITIONS)


async def test_an_older_state_comes_back(world: World, log: Log, market: Market) -> None:
    """Corrections, a withdrawal and a departure were applied since: all are applied again, none twice."""
    async with running(world) as service:
        await five_shops(log, market, "20", "22", "24")
        await world.settled()
        saved = await snapshot(world.redis)
        shops = [market.shop(n, partition=1) for n in range(5)]
        await log.say(PAY, market.pay(shops[0], "31", revision=2), market.pay(shops[3], "26"))
        await log.say("member.updated", member(shops[1], 2, status="lapsed"))
        await world.settled()
        await service.release()
        await rewind(world.redis, saved)
        await log.say(PAY, market.pay(shops[4], "28"))
        await log.say("member.updated", member(shops[1], 3, status="grace"))
        await service.release()
        # 22 24 26 28 31
        assert await service.median(market) == "26.00"
        live = await service.cells({"epoch": 2, "serial": 0})
    async with running(world) as service:  # the store itself is right too, not only what was in memory
        await service.release()
        again = await service.cells({"epoch": 3, "serial": 0})
    assert len(market.own(live)) > 10
    assert market.own(again) == market.own(live)


async def test_an_older_state_comes_back_while_nobody_runs(world: World, log: Log, market: Market) -> None:
    async with running(world):
        await five_shops(log, market, "20", "22")
        await world.settled()
        saved = await snapshot(world.redis)
        await five_shops(log, market, "21", "23", "25", "27", "29", revision=2)
        await world.settled()
    await rewind(world.redis, saved)
    async with running(world) as service:
        await service.release()
        assert await service.median(market) == "25.00"


async def test_redis_dies_with_its_data_and_comes_back_empty(
    log: Log, postgres: Callable[..., str], redis_server: NativeRedis, market: Market
) -> None:
    """What readers hold goes on being answered; what is published is there again from PostgreSQL, shards from the log."""
    world = await make_world(log, postgres("exchange"), redis_server.address)
    async with running(world) as service:
        await five_shops(log, market, "20", "22", "24", "26", "28")
        await service.release()
        redis_server.kill(flush=True)
        shops = [market.shop(n, partition=1) for n in range(5)]
        rates = ("30", "23", "25", "27", "29")
        await log.say(PAY, *(market.pay(shop, rate, revision=2) for shop, rate in zip(shops, rates, strict=True)))
        assert await service.median(market) == "24.00"
        redis_server.start()
        await service.release()
        assert await service.median(market) == "27.00"
        assert (await service.http.get("/livez")).status_code == 200
    await world.redis.aclose()

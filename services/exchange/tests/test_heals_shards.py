"""Every key of a shard damaged in every way, at rest and under a running owner: made again from the log, never a wrong number."""

import json
from typing import Any

import pytest
from exchange.adapters.shard_store import NotWhole
from exchange_damage import COMES_BACK, KEYS_AND_FIELDS, VALUES, bring_back, in_sixes, remember, values_of
from exchange_log import PARTITIONS, Log, binary
from exchange_market import Market, member
from exchange_system import World, running, samples, until

PAY = "pay.submitted"


@pytest.fixture(scope="module")
def log(left_log: Log) -> Log:
    """A shard that is made again folds all that was ever said."""
    return left_log


def healed() -> float:
    return sum(samples("driveline_exchange_shards_healed_total").values())


async def shops_everywhere(log: Log, market: Market) -> list[str]:
    """Thirty verified shops, five in each partition."""
    shops = [market.shop(n, partition=n % PARTITIONS) for n in range(30)]
    await log.say("member.joined", *(member(shop) for shop in shops))
    return shops


async def submit(log: Log, market: Market, shops: list[str], revision: int) -> None:
    """20.00, 20.50 ... 34.50 and a quarter more with every revision: the median is 27.25 + revision / 4."""
    entries = [market.pay(shop, f"{20 + revision / 4 + n / 2:.2f}", revision=revision) for n, shop in enumerate(shops)]
    await log.say(PAY, *entries)


async def test_damage_at_rest_is_healed_by_replay(world: World, log: Log, market: Market) -> None:
    """Six kinds of damage at a time while nobody runs; whoever starts next tells and heals all of them."""
    shops = await shops_everywhere(log, market)
    await submit(log, market, shops, 1)
    async with running(world) as service:
        first = market.own(await service.cells(await service.release()))
    assert len(first) > 10
    for deeds in in_sixes(KEYS_AND_FIELDS | VALUES):
        before = healed()
        for partition, (_, damage) in enumerate(deeds):
            await damage(world, partition)
        async with running(world) as service:
            assert healed() == before + len(deeds), deeds
            await world.settled()
            assert market.own(await service.cells(await service.release())) == first, deeds
            assert await service.median(market) == "27.50"


async def test_damage_under_a_running_owner_is_told_by_the_next_commit(world: World, log: Log, market: Market) -> None:
    """Again six at a time, met by corrections that are on their way."""
    shops = await shops_everywhere(log, market)
    await submit(log, market, shops, 1)
    async with running(world) as service:
        await service.release()
        for revision, deeds in enumerate(in_sixes(KEYS_AND_FIELDS), 2):
            before = healed()
            for partition, (_, damage) in enumerate(deeds):
                await damage(world, partition)
            await submit(log, market, shops, revision)
            await until(lambda: all_whole(world))
            await world.settled()
            assert healed() == before + len(deeds), deeds
            await service.release()
            assert await service.median(market) == f"{27.25 + revision / 4:.2f}", deeds
        last = market.own(await service.cells(await service.release()))
    async with running(world) as service:  # the store is right too, not only what was in memory
        assert market.own(await service.cells(await service.release())) == last


async def all_whole(world: World) -> bool:
    try:
        return all([await world.store.whole_meta(partition) for partition in range(PARTITIONS)])
    except NotWhole:
        return False


async def test_an_older_state_of_some_keys_comes_back(world: World, log: Log, market: Market) -> None:
    """A clean rewind of one partition, and torn ones: contributions older than the watermarks, and newer than those."""
    shops = await shops_everywhere(log, market)
    await submit(log, market, shops[:18], 1)

    async def come_back() -> None:
        for partition, kinds in enumerate(COMES_BACK):
            await bring_back(world, memory, partition, kinds)

    async with running(world) as service:
        await world.settled()
        memory = await remember(world)
        await log.say("member.updated", *(member(shop, 2, status="lapsed") for shop in shops[:12]))
        await submit(log, market, shops, 2)
        await service.release()
        await come_back()
        await submit(log, market, shops[:18], 3)
        live = market.own(await service.cells(await service.release()))
        assert len(live) > 10
    before = healed()
    await come_back()
    async with running(world) as service:
        assert healed() == before + len(COMES_BACK)
        assert market.own(await service.cells(await service.release())) == live
    await world.redis.flushdb()
    async with running(world) as service:
        assert market.own(await service.cells(await service.release())) == live


async def test_one_older_value_put_back_at_rest_is_healed_by_replay(world: World, log: Log, market: Market) -> None:
    """Whole in itself, of the right name, and vouched for by no watermark: only the sum of all values tells it."""
    shops = await shops_everywhere(log, market)
    await submit(log, market, shops, 1)
    async with running(world):
        await world.settled()
        members, pay = await values_of(world, "members"), await values_of(world, "pay")
        await log.say("member.updated", *(member(shop, 2) for shop in shops))
        await submit(log, market, shops, 2)
        await world.settled()
    redis: Any = world.redis
    for partition in range(PARTITIONS):
        kind, earlier = ("members", members) if partition % 2 else ("pay", pay)
        name, value = earlier[partition]
        assert await redis.hget(world.store.key(partition, kind), name) != value
        await redis.hset(world.store.key(partition, kind), name, value)
    before = healed()
    async with running(world) as service:
        assert healed() == before + PARTITIONS
        await world.settled()
        await service.release()
        assert await service.median(market) == "27.75"


async def test_a_replay_does_not_tell_again_what_a_release_has_counted(world: World, log: Log, market: Market) -> None:
    """Dead letters and strays went out before what lies behind them was counted: the operator has them already."""
    shops = await shops_everywhere(log, market)
    await submit(log, market, shops, 1)
    lost = market.shop(99, partition=5)
    await log.say("member.joined", member(lost))
    async with running(world) as service:
        await world.settled()
        await log.send(PAY, json.dumps(market.pay(lost, "90")).encode(), binary(PAY), key=lost, partition=0)
        await log.send(PAY, b"{", binary(PAY), key=shops[0], partition=0)
        await world.settled()
        before = market.own(await service.cells(await service.release()))
    ends = await log.ends("exchange.dead", PAY)
    await world.redis.flushdb()
    async with running(world) as service:
        await world.settled()
        assert market.own(await service.cells(await service.release())) == before
    assert await log.since(ends) == []

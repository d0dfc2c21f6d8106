"""Readers: what is published is in PostgreSQL; Redis only hands it on and may lose any of it."""

import pytest
from chassis.database import Database
from exchange.adapters.epochs import Epochs
from exchange.adapters.released_cells import ReleasedCells
from exchange_log import Log
from exchange_market import Market, member
from exchange_system import Service, World, running, until
from redis.asyncio import Redis

POINTER = "exchange:released"


@pytest.fixture
async def released(exchange: Service, log: Log, market: Market) -> Market:
    shops = [market.shop(n) for n in range(5)]
    await log.say("member.joined", *(member(shop) for shop in shops))
    await log.say("pay.submitted", *(market.pay(shop, f"{20 + 2 * n}") for n, shop in enumerate(shops)))
    await exchange.release()
    return market


async def stamp(redis: Redis) -> int:
    return int(await redis.get(POINTER) or 0)


async def cells(world: World) -> int:
    return int(await world.redis.hlen(f"{POINTER}:{await stamp(world.redis)}"))  # type: ignore[misc]


@pytest.mark.parametrize("lost", ["the pointer", "everything"])
async def test_a_running_reader_puts_back_what_redis_lost(exchange: Service, released: Market, lost: str) -> None:
    world = exchange.world
    was, count = await stamp(world.redis), await cells(world)
    assert count > 1
    keys = [POINTER] if lost == "the pointer" else [key async for key in world.redis.scan_iter(f"{POINTER}*")]
    await world.redis.unlink(*keys)
    await until(lambda: is_back(world, was, count))
    assert await exchange.median(released) == "24.00"


async def is_back(world: World, was: int, count: int) -> bool:
    return await stamp(world.redis) == was and await cells(world) == count


async def test_a_new_reader_finds_the_pointer_and_no_cells(exchange: Service, released: Market) -> None:
    """An older dump, an expired key: an epoch that looks empty must not be taken for one that is."""
    world = exchange.world
    await world.redis.unlink(f"{POINTER}:{await stamp(world.redis)}")
    async with running(world, group="another-reader") as reader:
        assert await reader.median(released) == "24.00"
    assert await cells(world) > 1


async def test_a_pointer_that_went_back_does_not_take_readers_back(exchange: Service, released: Market) -> None:
    world = exchange.world
    newest = await stamp(world.redis)
    await world.redis.set(POINTER, newest - 10_000)
    async with running(world, group="another-reader") as reader:
        assert (await reader.ask())["epoch"] == newest // 10_000
        assert await reader.median(released) == "24.00"
    assert await stamp(world.redis) == newest
    assert (await exchange.ask())["epoch"] == newest // 10_000


async def test_an_epoch_that_is_published_late_does_not_take_readers_back(exchange: Service, released: Market) -> None:
    """Whoever healed Redis with what was newest may get its turn after the next epoch is shown."""
    world = exchange.world
    database = Database(world.settings.postgres)
    epochs = Epochs(database)
    earlier = await epochs.newest()
    assert earlier is not None
    await exchange.release()
    late = ReleasedCells(world.redis, epochs)
    await late.catch_up()
    await late.publish(earlier)
    newest = await epochs.newest()
    assert newest is not None
    assert newest.stamp > earlier.stamp
    assert late.shown.epoch is not None
    assert late.shown.epoch.stamp == newest.stamp
    assert await stamp(world.redis) == newest.stamp
    await database.close()


async def test_cells_of_older_epochs_do_not_stay_in_redis(exchange: Service, released: Market) -> None:
    world = exchange.world
    was = await stamp(world.redis)
    await exchange.release()
    assert 0 < await world.redis.ttl(f"{POINTER}:{was}") <= 3600
    assert await world.redis.ttl(f"{POINTER}:{await stamp(world.redis)}") == -1
    assert await world.redis.keys("exchange:cut*") == []
    assert await world.redis.keys("*:building:*") == []

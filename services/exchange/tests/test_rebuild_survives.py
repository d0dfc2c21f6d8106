"""A builder, a server, the store are lost while a second generation is filled, or an epoch is made: it is exact all the same."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from exchange import rebuild as building
from exchange.adapters.generations import Build
from exchange.adapters.shard_store import ShardStore
from exchange.rebuild import rebuild
from exchange.usecases import rebuild as usecase
from exchange_children import Nursery
from exchange_damage import another_type
from exchange_generations import generations_in_redis, states, states_are
from exchange_log import Log, binary, dead
from exchange_market import Market
from exchange_shops import PAY, submit, thirty_shops
from exchange_system import World, composition, running, until

DEAD = "exchange.dead"


@pytest.fixture(scope="module")
def log(left_log: Log) -> Log:
    """A generation holds all that was ever said."""
    return left_log


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "_RESUME_S", 0.1)
    monkeypatch.setattr(usecase, "GRACE_S", 0.5)


async def test_a_builder_killed_between_its_steps(world: World, log: Log, market: Market, nursery: Nursery) -> None:
    """Each goes on from where the last one died; the one that had switched leaves nothing to do."""
    shops = await thirty_shops(log, market)
    await submit(log, market, shops)
    async with running(world) as service:
        before = await service.cells(await service.release())
        for death in ("before a batch is committed", "after a batch is committed", "before the generation is switched"):
            child = await nursery.start(world, death, "rebuild")
            await child.died()
            assert await states(world) == {1: "serving", 2: "building"}
        kept = await ShardStore(world.redis, 2).meta(0)
        served = await world.store.meta(0)
        assert {name: kept[name] for name in kept if name.startswith("next:")} == {
            name: served[name] for name in served if name.startswith("next:")
        }
        await submit(log, market, shops, revision=2)
        child = await nursery.start(world, "after the generation is switched", "rebuild")
        await child.died()
        assert '"error"' not in child.output
        await until(lambda: states_are(world, {1: "retired", 2: "serving"}))
        await service.release()
        assert await service.median(market) == "29.25"
        told = await rebuild(world.settings)
        assert told["generation"] == 3
        after = await service.cells(await service.release())
        assert market.own(after).keys() == market.own(before).keys()
        assert await service.median(market) == "29.25"


async def test_a_serving_process_killed_while_it_moves_over(
    world: World, log: Log, market: Market, nursery: Nursery
) -> None:
    shops = await thirty_shops(log, market)
    await submit(log, market, shops)
    child = await nursery.start(world, "following a generation")
    await child.ready()
    await rebuild(world.settings)
    await child.died()
    await submit(log, market, shops, revision=2)
    async with running(world) as service:
        await service.release()
        assert await service.median(market) == "29.25"
        await until(lambda: states_are(world, {1: "retired", 2: "serving"}))
        assert await generations_in_redis(world) == {"g2"}


async def test_redis_is_lost_while_it_is_filled(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once in the middle, and once just before it would have been switched to."""
    shops = await thirty_shops(log, market)
    await submit(log, market, shops)
    lost = []
    say = building._report

    def lose(done: int, total: int) -> None:
        say(done, total)
        if (done > 0 and not lost) or (done == total and len(lost) < 2):
            lost.append(asyncio.create_task(world.redis.flushdb()))

    monkeypatch.setattr(building, "_report", lose)
    async with running(world) as service:
        await world.settled()
        await rebuild(world.settings)
        assert len(lost) == 2
        await service.release()
        assert await service.median(market) == "28.25"
        await until(lambda: states_are(world, {1: "retired", 2: "serving"}))
        world.generation = 2
        await world.settled()
        await submit(log, market, shops, revision=2)
        await service.release()
        assert await service.median(market) == "29.25"


async def test_a_release_is_made_while_it_is_filled(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said after the release is not in it, and would be for shards that were filled before: so it is filled afresh.

    Two of thirty say something else after the release. Against it they are two who changed, too few to be told: the cell
    stays as it was, for four releases. To a shard that counts them as part of it nobody has changed, and it stays for good.
    """
    shops = await thirty_shops(log, market)
    await submit(log, market, shops)
    say = building._report
    releasing: list[asyncio.Task[Any]] = []

    def release(done: int, total: int) -> None:
        say(done, total)
        if done > 0 and not releasing:
            releasing.append(asyncio.create_task(release_and_correct()))

    async def release_and_correct() -> None:
        await service.release()
        await log.say(PAY, *(market.pay(shop, "99", revision=9) for shop in shops[:2]))

    switching = usecase.Rebuild._no_epoch_made

    @asynccontextmanager
    async def once_it_has_all_of_it(self: usecase.Rebuild, build: Build) -> AsyncIterator[None]:
        await releasing[0]
        await self._catch_up(build)
        async with switching(self, build):
            yield

    monkeypatch.setattr(building, "_report", release)
    monkeypatch.setattr(usecase.Rebuild, "_no_epoch_made", once_it_has_all_of_it)
    async with running(world) as service:
        await world.settled()
        told = await rebuild(world.settings)
        assert told["generation"] == 2
        for _ in range(4):
            await service.release()
            assert await service.median(market) == "28.25"
        await service.release()
        assert await service.median(market) is None


async def test_a_late_owner_writes_nothing_and_finds_the_new_one(world: World, log: Log, market: Market) -> None:
    """Its keys are gone under its hands, before it has looked who serves."""
    shops = await thirty_shops(log, market)
    await submit(log, market, shops)
    async with running(world) as service:
        await world.settled()
        await world.store.unlink_all()
        told: dict[str, Any] = await rebuild(world.settings)
        await submit(log, market, shops, revision=2)
        await service.release()
        assert await service.median(market) == "29.25"
        assert told["generation"] == 2
        await until(lambda: keys_are(world, {"g2"}))


async def keys_are(world: World, expected: set[str]) -> bool:
    return await generations_in_redis(world) == expected


async def test_a_serving_shard_is_damaged_and_the_log_holds_records_to_refuse(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The builder asks the serving shards what they have told already. One that cannot say must not keep it from building:
    what a release has counted was told, and what came after it is waited for where somebody makes the shard again."""
    monkeypatch.setattr(usecase, "_STALLED_S", 10.0)
    await submit(log, market, await thirty_shops(log, market))
    start = await log.ends(DEAD)
    told = []

    async def say_badly() -> None:
        sent = await log.send(PAY, b"{", binary(PAY), key=market.shop(99, partition=2), partition=2)
        told.append((PAY, 2, sent.offset))

    async def letters() -> list[tuple[str, int, int]]:
        return sorted(dead(await log.since(start)))

    async with running(world) as service:
        await say_badly()
        await service.release()
    await another_type("meta", "string")(world, 2)
    assert (await rebuild(world.settings))["generation"] == 2  # nobody serves
    assert await letters() == told
    world.generation = 2
    async with running(world) as service:
        await world.settled()
        await say_badly()
        await world.settled()
        await another_type("meta", "string")(world, 2)
        assert (await rebuild(world.settings))["generation"] == 3
        await service.release()
        assert await service.median(market) == "28.25"
    assert await letters() == told


async def test_a_shard_of_its_own_is_damaged_when_all_of_it_is_there(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last record and the switch: it is made again, and nothing is switched to before that."""
    await submit(log, market, await thirty_shops(log, market))
    durable = usecase.Rebuild._durable
    looks = []

    async def damaged_once(self: usecase.Rebuild, build: Build, wanted: usecase.Ends) -> int | None:
        if not looks:
            world.generation = 2
            await another_type("meta", "string")(world, 2)
        looks.append(await durable(self, build, wanted))
        return looks[-1]

    monkeypatch.setattr(usecase.Rebuild, "_durable", damaged_once)
    told = await rebuild(world.settings)
    assert looks == [None, told["records"]]
    async with running(world) as service:
        await service.release()
        assert await service.median(market) == "28.25"


async def test_one_that_does_not_get_on_says_which_shard_stands_where_and_why(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Redis that takes nothing any more answers all the same. What serves goes on, and a later try goes through."""
    monkeypatch.setattr(usecase, "_STALLED_S", 2.0)
    await submit(log, market, await thirty_shops(log, market))
    async with running(world) as service:
        await service.release()
        await world.redis.config_set("maxmemory", 1)
        try:
            with pytest.raises(
                usecase.RebuildFailed,
                match=r"^no shard has moved for 2 s; partition \d stands at 0 of [\d,]+ in [a-z.-]+: .*'maxmemory'",
            ):
                await rebuild(world.settings)
        finally:
            await world.redis.config_set("maxmemory", 0)
        assert await service.median(market) == "28.25"
        assert (await rebuild(world.settings))["generation"] == 2


async def test_a_shard_that_is_dropped_and_loaded_again_and_again_does_not_move(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands where it stood whenever it is there, so a rebuild must not go on with that for ever. The pauses before it
    is loaded again grow to five seconds."""
    monkeypatch.setattr(usecase, "_STALLED_S", 7.0)
    shops = await thirty_shops(log, market)
    await submit(log, market, shops)
    switching = usecase.Rebuild._no_epoch_made

    @asynccontextmanager
    async def redis_takes_no_more(self: usecase.Rebuild, build: Build) -> AsyncIterator[None]:
        await world.redis.config_set("maxmemory", 1)
        await submit(log, market, shops, revision=2)
        async with switching(self, build):
            yield

    monkeypatch.setattr(usecase.Rebuild, "_no_epoch_made", redis_takes_no_more)
    ends = await log.ends(PAY)
    try:
        with pytest.raises(usecase.RebuildFailed, match=r"^no shard has moved for 7 s; partition ") as failed:
            async with asyncio.timeout(60):
                await rebuild(world.settings)
    finally:
        await world.redis.config_set("maxmemory", 0)
    said = re.search(
        r"partition (\d) stands at ([\d,]+) of ([\d,]+) in pay.submitted: fault: .*'maxmemory'", str(failed.value)
    )
    assert said is not None, str(failed.value)
    before = next(end for part, end in ends.items() if part.partition == int(said[1]))
    assert (said[2], said[3]) == (f"{before:,}", f"{before + 5:,}")

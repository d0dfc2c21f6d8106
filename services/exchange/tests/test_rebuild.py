"""A second generation is filled from the log while the first serves, and takes its place: exact, whoever dies meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from chassis.database import Database
from exchange import rebuild as building
from exchange.adapters.epochs import Epochs
from exchange.adapters.generations import Build, BuilderBusy, Generations
from exchange.adapters.shard_store import ShardStore
from exchange.rebuild import rebuild
from exchange.usecases import rebuild as usecase
from exchange_children import Nursery
from exchange_system import (
    PARTITIONS,
    Log,
    Market,
    Service,
    World,
    binary,
    composition,
    dead,
    member,
    running,
    until,
    withdrawal,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

JOINED, PAY, DEAD = "member.joined", "pay.submitted", "exchange.dead"


@pytest.fixture(scope="module")
def log(own_log: Log) -> Log:
    """A generation holds all that was ever said."""
    return own_log


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "_RESUME_S", 0.1)
    monkeypatch.setattr(usecase, "GRACE_S", 0.5)


async def states(world: World) -> dict[int, str]:
    """Every generation and its state, as an operator sees them in the database."""
    engine = create_async_engine(world.settings.postgres)
    async with engine.connect() as connection:
        found = (await connection.execute(text("SELECT number, state FROM generation ORDER BY number"))).all()
    await engine.dispose()
    return {int(number): str(state) for number, state in found}


async def generations_in_redis(world: World) -> set[str]:
    return {key.decode().split(":")[1] for key in await world.redis.keys("{exchange:*")}


async def thirty_shops(log: Log, market: Market) -> list[str]:
    shops = [market.shop(n, partition=n % PARTITIONS) for n in range(30)]
    await log.say(JOINED, *(member(shop) for shop in shops))
    return shops


async def submit(log: Log, market: Market, shops: list[str], revision: int = 1) -> None:
    """20.00, 20.50 ... 34.50 and a dollar more with every revision: the median is 27.25 + revision."""
    entries = [market.pay(shop, f"{20 + revision + n / 2:.2f}", revision=revision) for n, shop in enumerate(shops)]
    await log.say(PAY, *entries)


@asynccontextmanager
async def asked_all_the_time(service: Service, market: Market) -> AsyncIterator[set[str | None]]:
    """The medians that a reader was given meanwhile, by a process that was ready all the time."""
    seen: set[str | None] = set()

    async def ask() -> None:
        while True:
            seen.add(await service.median(market))
            ready = await service.http.get("/readyz")
            assert ready.status_code == 200, ready.text
            await asyncio.sleep(0.01)

    asking = asyncio.create_task(ask())
    yield seen
    assert not asking.done(), asking.exception()
    asking.cancel()


async def test_it_is_filled_while_records_arrive_and_takes_over(world: World, log: Log, market: Market) -> None:
    """Two processes share the shards; corrections, withdrawals and departures come without a pause."""
    shops = await thirty_shops(log, market)
    await submit(log, market, shops)
    stop = False
    revision = 1

    async def keep_talking() -> None:
        nonlocal revision
        while not stop:
            revision += 1
            await submit(log, market, shops, revision)
            gone = shops[revision % 30]
            await log.say("submission.withdrawn", withdrawal(gone, revision=revision))
            await log.say("member.updated", member(gone, revision, status="lapsed" if revision % 2 else "grace"))
            await asyncio.sleep(0.02)

    group = f"exchange-{market.mark}"
    async with running(world, group=group) as first, running(world, group=group) as second:
        before = await first.cells(await first.release())
        assert await first.median(market) == "28.25"
        talking = asyncio.create_task(keep_talking())
        async with asked_all_the_time(first, market) as seen:
            told = await rebuild(world.settings)
            await until(lambda: states_are(world, {1: "retired", 2: "serving"}))
        stop = True
        await talking
        assert seen == {"28.25"}
        assert (told["generation"], told["partitions"]) == (2, 6)
        assert told["contributions"] >= 30
        assert told["records"] >= 60
        assert await generations_in_redis(world) == {"g2"}

        # Everybody is there again, with a last word.
        await log.say("member.updated", *(member(shop, revision + 1) for shop in shops))
        await submit(log, market, shops, 100)
        await until(lambda: epoch_is(second, 1))
        after = await second.cells(await second.release())
        assert await second.median(market) == "127.25"
        assert market.own(after).keys() == market.own(before).keys()


async def states_are(world: World, expected: dict[int, str]) -> bool:
    return await states(world) == expected


async def epoch_is(service: Service, epoch: int) -> bool:
    return (await service.ask()).get("epoch") == epoch


async def test_who_makes_an_epoch_or_tells_of_one_does_not_keep_a_builder_from_building(world: World) -> None:
    """Each is the only one who does it, by a lock of its own."""
    database = Database(world.settings.postgres)
    epochs, generations = Epochs(database), Generations(database)
    async with epochs.coordinating() as makes, epochs.telling() as tells, generations.building(PARTITIONS, {}) as build:
        assert (makes, tells, build.generation.number) == (True, True, 2)
        async with epochs.coordinating() as makes_too, epochs.telling() as tells_too:
            assert (makes_too, tells_too) == (False, False)
        with pytest.raises(BuilderBusy):
            await generations.building(PARTITIONS, {}).__aenter__()
    await database.close()


async def test_what_nothing_was_said_about_stays_as_it_was(world: World, log: Log, market: Market) -> None:
    shops = await thirty_shops(log, market)
    await submit(log, market, shops)
    await log.say("submission.withdrawn", withdrawal(shops[3]))
    await log.say("member.updated", member(shops[4], 2, status="lapsed"))
    async with running(world) as service:
        before = await service.cells(await service.release())
        for generation in (2, 3):
            told = await rebuild(world.settings)
            assert told["generation"] == generation
            after = await service.cells(await service.release())
            assert market.own(after) == market.own(before)
    assert len(market.own(before)) > 10


async def test_what_was_told_is_not_told_again(world: World, log: Log, market: Market) -> None:
    """Bad records and strays: told by the generation that serves, by the builder when nobody serves, never by both."""
    await submit(log, market, await thirty_shops(log, market))  # among whom it does not matter to anybody else
    start = await log.ends(DEAD, PAY)
    stranger = market.shop(40, partition=3)
    await log.say(JOINED, member(stranger))

    async def say_badly(rate: str) -> list[tuple[str, int, int]]:
        bad = await log.send(PAY, b"{" + rate.encode(), binary(PAY), key=stranger, partition=0)
        await log.send(
            PAY,
            json.dumps(market.pay(stranger, rate, submission_id=rate)).encode(),
            binary(PAY),
            key=stranger,
            partition=0,
        )
        return [(PAY, 0, bad.offset)]

    wrong = []
    async with running(world):
        wrong += await say_badly("30")
        await world.settled()
    wrong += await say_badly("31")  # nobody serves: the builder tells it
    await rebuild(world.settings)
    world.generation = 2
    async with running(world):
        await world.settled()
        again = asyncio.create_task(rebuild(world.settings))
        while not again.done():  # before the builder comes by, beside it, behind it
            wrong += await say_badly(f"{30 + len(wrong)}")
            await asyncio.sleep(0.02)
        await again
        world.generation = 3
        await world.settled()
        await until(lambda: len_is(world, 5 + len(wrong)))

    records = await log.since(start)
    letters = [record for record in records if record.topic == DEAD]
    assert sorted(dead(letters)) == sorted(wrong)
    assert len(letters) == len(wrong)
    homes = [json.loads(record.value)["rate"] for record in records if record.topic == PAY and record.partition == 3]
    assert sorted(homes) == sorted(f"{30 + n}" for n in range(len(wrong)))


async def len_is(world: World, count: int) -> bool:
    """Whether the shard of partition 3 has as many submissions of this market as were said."""
    return await world.store.count(3, "pay") >= count


async def test_two_at_once(world: World, log: Log, market: Market) -> None:
    async with running(world):
        both = await asyncio.gather(rebuild(world.settings), rebuild(world.settings), return_exceptions=True)
    refused = [found for found in both if isinstance(found, BuilderBusy)]
    built = [found for found in both if isinstance(found, dict)]
    assert [str(why) for why in refused] == ["another rebuild is going on"]
    assert [of["generation"] for of in built] == [2]
    assert (await states(world))[2] == "serving"


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

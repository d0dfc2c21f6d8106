"""A second generation is filled from the log while the first serves, and takes its place: exact."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from chassis.database import Database
from exchange.adapters.epochs import Epochs
from exchange.adapters.generations import BuilderBusy, Generations
from exchange.rebuild import rebuild
from exchange.usecases import rebuild as usecase
from exchange_generations import generations_in_redis, states, states_are
from exchange_log import PARTITIONS, Log, binary, dead
from exchange_market import Market, member, withdrawal
from exchange_shops import submit, thirty_shops
from exchange_system import Service, World, composition, running, until

JOINED, PAY, DEAD = "member.joined", "pay.submitted", "exchange.dead"
GRACE_S = usecase.GRACE_S  # before `_soon` shortens it


@pytest.fixture(scope="module")
def log(left_log: Log) -> Log:
    """A generation holds all that was ever said."""
    return left_log


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "_RESUME_S", 0.1)
    monkeypatch.setattr(usecase, "GRACE_S", 0.5)


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

    async with asyncio.TaskGroup() as side_by_side:  # what fails ends the asking too, and the other way round
        asking = side_by_side.create_task(ask())
        yield seen
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
        async with asyncio.TaskGroup() as side_by_side:
            side_by_side.create_task(keep_talking())
            async with asked_all_the_time(first, market) as seen:
                told = await rebuild(world.settings)
                await until(lambda: states_are(world, {1: "retired", 2: "serving"}))
            stop = True
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


async def test_what_was_told_is_not_told_again(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bad records and strays: told by the generation that serves, by the builder when nobody serves, never by both."""
    # As it is: whose shards are unlinked between telling and committing, tells once more, and half a second is too short here.
    monkeypatch.setattr(usecase, "GRACE_S", GRACE_S)
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

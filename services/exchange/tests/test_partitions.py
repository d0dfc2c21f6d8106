"""Who owns which partition: what does not fit is stopped alone and loudly, what moves on is exact, zombies are refused."""

import pytest
from exchange.usecases import cut_shards
from exchange_log import PARTITIONS, Log
from exchange_market import Market, member
from exchange_system import Service, World, running, samples, token, until

PAY = "pay.submitted"


@pytest.fixture(scope="module")
def log(left_log: Log) -> Log:
    """A shard that is made again folds all that was ever said."""
    return left_log


async def shops_everywhere(log: Log, market: Market) -> list[str]:
    """Thirty verified shops, five in each partition."""
    shops = [market.shop(n, partition=n % PARTITIONS) for n in range(30)]
    await log.say("member.joined", *(member(shop) for shop in shops))
    return shops


async def submit(log: Log, market: Market, shops: list[str], revision: int = 1) -> None:
    """20.00, 20.50 ... 34.50 and a dollar more with every revision: the median is 27.25 + revision."""
    entries = [market.pay(shop, f"{20 + revision + n / 2:.2f}", revision=revision) for n, shop in enumerate(shops)]
    await log.say(PAY, *entries)


async def unready(service: Service) -> list[str]:
    found: list[str] = (await service.http.get("/readyz")).json()["problems"]
    return found


async def test_what_does_not_fit_is_stopped_alone_and_an_operator_can_put_it_right(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log shorter than the state, another record where one was applied, another number of partitions."""
    shops = await shops_everywhere(log, market)
    await submit(log, market, shops)
    async with running(world):
        await world.settled()
    ends = {part.partition: end for part, end in (await log.ends(PAY)).items()}
    await world.set_meta(1, **{f"next:{PAY}": str(ends[1] + 5)})
    await world.set_meta(2, **{f"last:{PAY}": "0123456789abcdef"})
    await world.set_meta(4, partitions="12")
    reasons = (
        f"partition 1: {PAY} holds offsets 0 to {ends[1]}, the state stands at {ends[1] + 5}; "
        f"partition 2: the record at {PAY} offset {ends[2] - 1} is not the one that was applied; "
        "the topic was made again or lost records; "
        "partition 4: its state was made with 12 partitions, the topics have 6"
    )
    async with running(world, ready=False) as service:
        await until(lambda: unready_because(service, reasons))
        assert await unready(service) == [reasons]
        stopped = samples("driveline_exchange_partition_stopped")
        assert [stopped[partition] for partition in ("1", "2", "4")] == [1, 1, 1]
        # The others go on.
        await submit(log, market, shops, revision=2)
        await world.settled(0, 3, 5)
        assert (await service.http.get("/livez")).status_code == 200

        # A release needs every shard: it says so, stays begun, and no reader sees anything of it.
        monkeypatch.setattr(cut_shards, "_WITHIN_S", 1.0)
        monkeypatch.setattr(cut_shards, "_ATTEMPTS", 2)
        answer = await service.post_release(token())
        assert answer.status_code == 503
        assert answer.json() == {"error": "release: not every shard answered the cut within 1 s"}
        assert (await service.http.get("/v1/epochs")).json() == {"epochs": []}
        assert await service.median(market) is None
    monkeypatch.undo()

    # The runbook: forget the state of these shards; they are made again from the log.
    for partition in (1, 2, 4):
        await world.redis.unlink(*(world.store.key(partition, what) for what in ("meta", "members", "pay")))
    async with running(world) as service:
        await service.release()
        # The epoch that was begun came first, under its own number.
        epochs = (await service.http.get("/v1/epochs")).json()["epochs"]
        assert [(e["epoch"], e["serial"]) for e in epochs] == [(1, 0), (2, 0)]
        assert await service.median(market) == "29.25"


async def test_shards_move_between_processes_and_back(world: World, log: Log, market: Market) -> None:
    """One, then three, then one, records arriving all the while; a partition that is given away is no longer a problem."""
    shops = await shops_everywhere(log, market)
    group = f"exchange-{market.mark}"
    async with running(world, group=group) as first:
        await submit(log, market, shops)
        async with running(world, group=group) as second, running(world, group=group) as third:
            await submit(log, market, shops, revision=2)
            await world.settled()
            await submit(log, market, shops, revision=3)
            await third.release()
            await until(lambda: epoch_is(first, 1))
            await until(lambda: epoch_is(second, 1))
            for service in (first, second, third):
                assert await service.median(market) == "30.25"
            await submit(log, market, shops, revision=4)
        await submit(log, market, shops, revision=5)
        await world.settled()
        await first.release()
        assert await first.median(market) == "32.25"


async def epoch_is(service: Service, epoch: int) -> bool:
    return (await service.ask()).get("epoch") == epoch


async def test_a_partition_that_moved_on_is_no_longer_this_process_s_problem(world: World, log: Log) -> None:
    """Two processes share the partitions; the stopped one is given to the other, and with it the alarm."""
    await world.set_meta(5, partitions="12")
    group = "moved-on"
    async with running(world, group=group, ready=False) as first:
        await until(lambda: unready_because(first, "partition 5: its state"))
        async with running(world, group=group, ready=False) as second:
            await until(lambda: one_ready(first, second))


async def unready_because(service: Service, reason: str) -> bool:
    return any(problem.startswith(reason) for problem in await unready(service))


async def one_ready(*services: Service) -> bool:
    problems = [await unready(service) for service in services]
    return sorted(len(of) for of in problems) == [0, 1] and any("partition 5" in p for of in problems for p in of)


async def test_two_that_both_believe_to_own_everything(world: World, log: Log, market: Market) -> None:
    """A zombie: every commit is compared by equality, so whoever comes second writes nothing, drops what it holds and loads."""
    shops = await shops_everywhere(log, market)
    conflicts = samples("driveline_exchange_shard_reloads_total").get("conflict", 0)
    async with running(world, group="owner") as owner:
        async with running(world, group="zombie"):
            for revision in range(1, 13):
                await submit(log, market, shops, revision)
            await world.settled()
            assert samples("driveline_exchange_shard_reloads_total")["conflict"] > conflicts
        await submit(log, market, shops, revision=13)
        await world.settled()
        first = await owner.cells(await owner.release())
        assert await owner.median(market) == "40.25"
    async with running(world, group="from-the-store") as service:
        second = await service.cells(await service.release())
    assert len(market.own(first)) > 10
    assert market.own(first) == market.own(second)

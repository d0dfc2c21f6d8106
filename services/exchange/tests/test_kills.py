"""SIGKILL between any two steps: nothing is lost, nothing counts twice, a begun epoch is completed as it was begun."""

import asyncio
import json
import random
import signal
from typing import Any

import pytest
from exchange_children import Nursery
from exchange_log import Log, binary, dead
from exchange_market import Market, member, withdrawal
from exchange_system import Service, World, replayed, running, until

PAY, JOINED, EPOCH, PUBLISHED = "pay.submitted", "member.joined", "exchange.epoch", "benchmark.published"


@pytest.fixture(scope="module")
def log(left_log: Log) -> Log:
    """A store that lost its state folds all that was ever said."""
    return left_log


async def five_shops(log: Log, market: Market) -> list[str]:
    shops = [market.shop(n, partition=n % 2) for n in range(5)]
    await log.say(JOINED, *(member(shop) for shop in shops))
    await log.say(PAY, *(market.pay(shop, f"{20 + 2 * n}") for n, shop in enumerate(shops)))
    return shops


async def stands_at(world: World) -> dict[str, str]:
    """The watermarks of partition 0."""
    return {name: at for name, at in (await world.store.meta(0)).items() if name.startswith("next:")}


async def test_a_collector_killed_between_its_steps(world: World, log: Log, market: Market, nursery: Nursery) -> None:
    """Everything is in one partition, so one batch. Four successors die, each a step further on; nothing is lost with the
    last of them either, which has committed the batch: what had to go elsewhere was sent before."""
    stood = await stands_at(world)
    before = await log.ends("exchange.dead", PAY)
    shops = [market.shop(n, partition=0) for n in range(5)]
    await log.say(JOINED, *(member(shop) for shop in shops))
    await log.say(PAY, *(market.pay(shop, f"{20 + 2 * n}") for n, shop in enumerate(shops)))
    bad = await log.send(PAY, b"{", binary(PAY), key=shops[0], partition=0)
    lost = market.shop(5, partition=3)
    await log.say(JOINED, member(lost))
    stray = await log.send(PAY, json.dumps(market.pay(lost, "90")).encode(), binary(PAY), key=lost, partition=0)

    for death in ("after a dead letter", "after a stray is sent home", "before a batch is committed"):
        child = await nursery.start(world, death)
        await child.died()
        assert await stands_at(world) == stood
    child = await nursery.start(world, "after a batch is committed")
    await child.died()

    async with running(world) as service:
        await world.settled()
        assert (await world.store.meta(0))[f"next:{PAY}"] == str(stray.offset + 1)
        await world.settled()
        await service.release()
        # 20 22 24 26 28 90
        assert await service.median(market) == "25.00"
    # Letters and strays have gone out several times, and always said the same.
    records = await log.since(before)
    letters = [record for record in records if record.topic == "exchange.dead"]
    assert dead(letters) == {
        (PAY, 0, bad.offset): "data: is not JSON: expecting property name enclosed in double quotes at character 1"
    }
    assert len(letters) >= 4
    homes = [record for record in records if record.topic == PAY and record.partition == 3]
    assert len(homes) >= 3
    assert {record.key for record in homes} == {lost.encode()}


async def test_killed_at_any_moment(world: World, log: Log, market: Market, nursery: Nursery) -> None:
    """Corrections, withdrawals and departures come without a pause while process after process is killed."""
    shops = [market.shop(n) for n in range(24)]
    await log.say(JOINED, *(member(shop) for shop in shops))
    stop = False

    async def keep_talking() -> None:
        revision = 0
        while not stop:
            revision += 1
            await log.say(PAY, *(market.pay(s, f"{20 + (n * revision) % 17}", revision=revision)
                                 for n, s in enumerate(shops)))  # fmt: skip
            gone = shops[revision % len(shops)]
            await log.say("submission.withdrawn", withdrawal(gone, revision=revision + 1))
            await log.say("member.updated", member(gone, revision + 1, status=random.choice(["grace", "lapsed"])))
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as side_by_side:  # what fails ends the talking too
        side_by_side.create_task(keep_talking())
        for _ in range(3):
            child = await nursery.start(world, "when it is told to")
            await child.ready()
            await asyncio.sleep(random.uniform(0, 0.4))
            child.kill()
            await child.died()
        stop = True
    async with running(world) as service:
        survived = await service.cells(await service.release())
    assert len(market.own(survived)) > 10
    assert market.own(survived) == await replayed(world, market)


async def nothing_due(service: Service) -> bool:
    return bool((await service.http.get("/v1/progress")).json() == {"outbox_due": 0})


async def epochs_in(world: World, log: Log, before: Any) -> list[dict[str, Any]]:
    return [json.loads(record.value) for record in await log.since(before) if record.topic == EPOCH]


async def test_a_coordinator_killed_between_its_steps(world: World, log: Log, market: Market, nursery: Nursery) -> None:
    """Each successor goes on from what is written down, dies a step later, and the epoch is the one that was begun."""
    shops = await five_shops(log, market)
    before = await log.ends(EPOCH, PUBLISHED)
    cutting = ("before a cutoff is committed", "after a cutoff is committed", "counted", "staged", "prepared")
    for step in ("drafted", *cutting, "confirmed"):
        child = await nursery.start(world, step)
        if step == "drafted":
            await child.ready()
            await child.ask_for_a_release()
        await child.died()
    assert await epochs_in(world, log, before) == []

    # Confirmed is confirmed: what is said from now on is for the next epoch.
    rates = ("22", "24", "26", "28", "30")
    await log.say(PAY, *(market.pay(shop, rate, revision=2) for shop, rate in zip(shops, rates, strict=True)))
    for step in ("told", "switching"):
        child = await nursery.start(world, step)
        await child.died()
    told = await epochs_in(world, log, before)
    assert len(told) == 2
    assert told[0] == told[1]
    assert [record for record in await log.since(before) if record.topic == PUBLISHED] == []

    for step in ("switched", "changes told"):
        child = await nursery.start(world, step)
        await child.died()
    async with running(world) as service:
        await until(lambda: nothing_due(service))
        changes = [record for record in await log.since(before) if record.topic == PUBLISHED]
        said = {(dict(record.headers)["ce_id"], record.key, record.value) for record in changes}
        assert len(changes) == 2 * len(said)  # once more, and the same events, because it was not written down
        mine = market.cell()
        assert f"benchmark-published-1-0-{mine}".encode() in {ce_id for ce_id, _, _ in said}
        (listed,) = (await service.http.get("/v1/epochs")).json()["epochs"]
        assert listed == {name: value for name, value in told[0].items() if name != "offsets"}
        assert await service.median(market) == "24.00"
        assert (told[0]["epoch"], told[0]["serial"]) == (1, 0)
        await service.release()
        assert await service.median(market) == "26.00"
        again = await epochs_in(world, log, before)
        # It was told once more by the process that died in mid-switch; never with another content.
        assert [manifest["epoch"] for manifest in again] == [1, 1, 1, 2]
        assert again[:3] == [told[0]] * 3


async def test_a_process_that_was_stopped_and_goes_on_doubles_nothing(
    world: World, log: Log, market: Market, nursery: Nursery
) -> None:
    """A zombie: asleep in the middle of its work, while another takes over, it wakes up with what it believed then."""
    shops = [market.shop(n) for n in range(24)]
    await log.say(JOINED, *(member(shop) for shop in shops))

    async def submit(*revisions: int) -> None:
        for revision in revisions:
            await log.say(PAY, *(market.pay(shop, f"{20 + (n * revision) % 17}", revision=revision)
                                 for n, shop in enumerate(shops)))  # fmt: skip

    child = await nursery.start(world, "when it is told to")
    await child.ready()
    await submit(*range(1, 5))
    child.tell(signal.SIGSTOP)
    async with running(world) as service:
        await submit(*range(5, 10))
        await world.settled()
        child.tell(signal.SIGCONT)
        await submit(*range(10, 20))
        await world.settled()
        child.kill()
        await child.died()
        await submit(20)
        survived = await service.cells(await service.release())
    assert len(market.own(survived)) > 10
    assert market.own(survived) == await replayed(world, market)

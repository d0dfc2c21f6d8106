"""An owner that falls silent: what it held is loaded ahead by whoever will get it, and used only if it is still that."""

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from exchange.adapters.owners import Beat, Owners
from exchange.adapters.shard_store import ShardStore
from exchange.entrypoints.collector import standby
from exchange.entrypoints.collector.ownership import Ownership, parts_of
from exchange.entrypoints.collector.standby import Loaded, Standby, dealt, wanted_of
from exchange.usecases.collect import Owned
from exchange_children import Nursery
from exchange_log import PARTITIONS, Log
from exchange_market import Market, member
from exchange_owner import owning
from exchange_store import load
from exchange_system import World, replayed, running, until
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from redis.asyncio import Redis

BEAT_S = 0.5


@given(st.sets(st.text("abcdef-0123", min_size=1), min_size=1, max_size=8), st.integers(1, 24))
def test_who_gets_what_is_what_the_group_deals(members: set[str], partitions: int) -> None:
    cluster: Any = SimpleNamespace(partitions_for_topic=lambda _: set(range(partitions)))
    told = {name: ConsumerProtocolMemberMetadata(0, ["pay.submitted"], b"") for name in members}
    by_group = {name: one.assignment for name, one in RangePartitionAssignor.assign(cluster, told).items()}
    assert {name: [("pay.submitted", list(of))] for name, of in dealt(members, partitions).items()} == by_group


def test_only_what_nobody_else_has_and_the_group_will_give_to_us_is_wanted() -> None:
    dead = Beat("b", [2, 3], 7)
    ours, others = Beat("a", [0, 1], 9), Beat("c", [4, 5], 4)
    assert wanted_of([dead], [ours, others], "a", 6) == {2}
    assert wanted_of([dead], [ours, others], "c", 6) == {3}
    assert wanted_of([dead], [ours, Beat("c", [3, 4, 5], 5)], "c", 6) == set()
    assert wanted_of([], [ours, others], "a", 6) == set()
    assert wanted_of([dead], [], "", 6) == set()


@dataclass
class Process:
    """One process's worth of standing by, with shards of this test's making."""

    owned: dict[int, Owned]
    standby: Standby
    loaded: list[int]
    partitions: int = 6
    waiting: set[int] = field(default_factory=set)

    async def look(self) -> None:
        await self.standby.look(str(min(self.owned)), self)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(standby, "time", SimpleNamespace(monotonic=lambda: made.now))
    return made


async def process(redis: Redis, *owned: int) -> Process:
    """One that owns these; what it loads says of itself that it is of release 4."""
    shard, loaded = await load(ShardStore(redis)), []

    async def ahead(partition: int) -> Loaded:
        loaded.append(partition)
        return Loaded(shard, 4)

    return Process(dict.fromkeys(owned, shard), Standby(Owners(redis), ahead), loaded)


async def passed(clock: Clock, seconds: float, *processes: Process) -> None:
    """So long these look, and nobody else."""
    for _ in range(round(seconds / BEAT_S)):
        clock.now += BEAT_S
        for one in processes:
            await one.look()
        await asyncio.sleep(0)


async def test_what_a_silent_owner_held_is_loaded_ahead_and_taken_once(redis: Redis, clock: Clock) -> None:
    one, other = await process(redis, 0, 1, 2), await process(redis, 3, 4, 5)
    await passed(clock, 3, one, other)
    await passed(clock, 1.5, other)
    assert other.loaded == []
    await passed(clock, 1, other)
    assert other.loaded == [0, 1, 2]
    await passed(clock, 5, other)
    assert other.loaded == [0, 1, 2]
    other.waiting = {0, 1, 2}  # the group has dealt them
    await passed(clock, 0.5, other)
    assert await other.standby.take(0, 4) is other.owned[3]
    assert await other.standby.take(0, 4) is None
    assert await other.standby.take(1, 5) is None  # a release was made since
    assert await other.standby.take(3, 4) is None


async def test_who_is_heard_again_keeps_its_shards_and_is_given_more_time(redis: Redis, clock: Clock) -> None:
    one, other = await process(redis, 0, 1, 2), await process(redis, 3, 4, 5)
    await passed(clock, 3, one, other)
    await passed(clock, 2, other)
    assert other.loaded == [0, 1, 2]
    await passed(clock, 1, one, other)
    assert await other.standby.take(0, 4) is None
    await passed(clock, 2.5, other)
    assert other.loaded == [0, 1, 2]
    await passed(clock, 1, other)
    assert other.loaded == [0, 1, 2, 0, 1, 2]


async def test_who_did_not_listen_itself_takes_nobody_for_silent(redis: Redis, clock: Clock) -> None:
    one, other = await process(redis, 0, 1, 2), await process(redis, 3, 4, 5)
    await passed(clock, 3, one, other)
    clock.now += 30
    await passed(clock, 1.5, other)
    assert other.loaded == []


async def test_who_did_not_listen_goes_on_with_what_it_had_loaded(redis: Redis, clock: Clock) -> None:
    one, other = await process(redis, 0, 1, 2), await process(redis, 3, 4, 5)
    await passed(clock, 3, one, other)
    await passed(clock, 2, other)
    clock.now += 5
    await passed(clock, 3, other)
    assert other.loaded == [0, 1, 2]
    other.waiting = {0, 1, 2}
    assert await other.standby.take(2, 4) is other.owned[3]


async def test_who_has_left_is_not_missed(redis: Redis, clock: Clock) -> None:
    one, other = await process(redis, 0, 1, 2), await process(redis, 3, 4, 5)
    await passed(clock, 3, one, other)
    await one.standby.leave()
    await passed(clock, 10, other)
    assert other.loaded == []
    assert [beat.partitions for beat in (await Owners(redis).everybody()).values()] == [[3, 4, 5]]


async def test_the_long_dead_are_forgotten(redis: Redis, clock: Clock) -> None:
    one, other = await process(redis, 0, 1, 2), await process(redis, 3, 4, 5)
    await passed(clock, 3, one, other)
    await passed(clock, 61, other)
    assert len(await Owners(redis).everybody()) == 1
    assert await other.standby.take(0, 4) is None


@pytest.mark.parametrize("damage", [("set", "exchange:owners", "x"), ("hset", "exchange:owners", "one", "{")])
async def test_what_nobody_has_said_is_taken_down(redis: Redis, damage: tuple[str, ...]) -> None:
    owners, said = Owners(redis), Beat("a", [1], 1)
    await redis.execute_command(*damage)
    assert await owners.everybody() == {}
    assert await redis.exists("exchange:owners") == 0
    await owners.tell("me", said)
    assert await owners.everybody() == {"me": said}


async def test_a_key_of_another_type_is_taken_down_by_the_next_look(redis: Redis, clock: Clock) -> None:
    one = await process(redis, 0, 1, 2)
    await redis.set("exchange:owners", "x")
    await passed(clock, 0.5, one)
    assert [beat.partitions for beat in (await Owners(redis).everybody()).values()] == [[0, 1, 2]]


@pytest.fixture
async def early(world: World) -> AsyncIterator[tuple[Ownership, Owned]]:
    """An owner that is dealt partition 2, and that shard as it was loaded ahead."""
    loaded = await load(world.store, 2, PARTITIONS)

    async def ahead(partition: int, newest: int) -> Owned | None:
        return loaded if (partition, newest) == (2, 0) else None

    async with owning(world, ahead) as (shards, consumer):
        shards.made_for = PARTITIONS
        consumer.assign(parts_of(2))
        await shards.on_partitions_assigned(parts_of(2))
        yield shards, loaded


async def test_what_was_loaded_ahead_is_used_while_the_store_holds_it(early: tuple[Ownership, Owned]) -> None:
    shards, loaded = early
    await shards.adopt(lambda: None)
    assert shards.owned[2] is loaded


async def test_what_the_store_no_longer_holds_is_loaded_anew(early: tuple[Ownership, Owned], world: World) -> None:
    shards, loaded = early
    await world.set_meta(2, written="since")
    await shards.adopt(lambda: None)
    assert shards.owned[2] is not loaded
    assert shards.owned[2].stored["written"] == "since"


def used() -> float:
    return REGISTRY.get_sample_value("driveline_exchange_shards_loaded_ahead_total") or 0.0


async def say_they_own(redis: Redis, *numbers: int) -> bool:
    """Whether there are so many processes that say they own so many shards."""
    return sorted(len(beat.partitions) for beat in (await Owners(redis).everybody()).values()) == sorted(numbers)


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "asleep"])
async def test_the_other_goes_on_with_what_it_loaded_ahead_and_every_number_is_right(
    world: World, log: Log, market: Market, nursery: Nursery, death: signal.Signals
) -> None:
    group, before = f"standby-{uuid.uuid4().hex[:8]}", used()
    shops = [market.shop(n, partition=n % PARTITIONS) for n in range(24)]
    await log.say("member.joined", *(member(shop) for shop in shops))

    async def submit(revision: int) -> None:
        await log.say("pay.submitted", *(market.pay(shop, f"{20 + (n * revision) % 17}", revision=revision)
                                         for n, shop in enumerate(shops)))  # fmt: skip

    child = await nursery.start(world, "when it is told to", group=group)
    await child.ready()
    async with running(world, group=group) as service:
        await until(lambda: say_they_own(world.redis, 3, 3))
        await submit(1)
        await world.settled()
        child.tell(death)
        await submit(2)
        await world.settled(within_s=30)
        assert used() - before == 3
        if death == signal.SIGSTOP:
            child.tell(signal.SIGCONT)
            await submit(3)
            await world.settled()
            child.kill()
        await child.died()
        await submit(4)
        await world.settled(within_s=30)
        survived = await service.cells(await service.release())
    assert len(market.own(survived)) > 10
    assert market.own(survived) == await replayed(world, market)


async def test_who_is_started_again_loads_what_was_its_own_while_the_group_still_waits(
    world: World, log: Log, market: Market, nursery: Nursery
) -> None:
    """It is alone, and nothing has been dealt to it yet: the generation that serves is asked for by itself."""
    group, before = f"standby-{uuid.uuid4().hex[:8]}", used()
    shops = [market.shop(n, partition=n % PARTITIONS) for n in range(24)]
    await log.say("member.joined", *(member(shop) for shop in shops))
    child = await nursery.start(world, "when it is told to", group=group)
    await child.ready()
    await until(lambda: say_they_own(world.redis, 6))
    await log.say("pay.submitted", *(market.pay(shop, f"{20 + n % 17}") for n, shop in enumerate(shops)))
    await world.settled()
    child.kill()
    await child.died()
    await log.say("pay.submitted", *(market.pay(shop, f"{21 + n % 17}", revision=2) for n, shop in enumerate(shops)))
    async with running(world, group=group) as service:
        await world.settled(within_s=30)
        assert used() - before == PARTITIONS
        survived = await service.cells(await service.release())
    assert len(market.own(survived)) > 10
    assert market.own(survived) == await replayed(world, market)

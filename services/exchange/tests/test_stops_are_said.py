"""A partition that is stopped is said to be until it is loaded or somebody else's, whatever the group does meanwhile."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiokafka import AIOKafkaConsumer
from chassis.metrics import exposition
from contracts.topics import COLLECTED
from exchange.entrypoints.collector import ownership
from exchange.entrypoints.collector.ownership import Ownership, parts_of
from exchange_log import PARTITIONS
from exchange_owner import owning
from exchange_system import World

REASON = f"partition 2: its state was made with 12 partitions, the topics have {PARTITIONS}"
PATIENCE_S = 90.0


@dataclass
class Owner:
    """One process's worth of ownership, of a group that deals as the test says, and how its clock stands."""

    shards: Ownership
    consumer: AIOKafkaConsumer
    clock: list[float] = field(default_factory=lambda: [0.0])

    async def dealt(self, *partitions: int) -> None:
        parts = [part for partition in partitions for part in parts_of(partition)]
        self.consumer.assign(parts)
        await self.shards.on_partitions_assigned(parts)

    async def given_back(self) -> None:
        await self.shards.on_partitions_revoked([])

    def later(self, seconds: float) -> None:
        self.clock[0] += seconds


@pytest.fixture
async def owner(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Owner]:
    async with owning(world) as (shards, consumer):
        made = Owner(shards, consumer)
        real = ownership.time.monotonic
        monkeypatch.setattr(ownership.time, "monotonic", lambda: real() + made.clock[0])
        yield made


async def stop_partition_two(owner: Owner) -> None:
    owner.shards.made_for = 12
    await owner.dealt(2)
    await owner.shards.adopt(lambda: None)
    assert owner.shards.unready() == REASON


def alarmed() -> bool:
    return 'driveline_exchange_partition_stopped{partition="2"} 1.0' in exposition()[0].decode().splitlines()


async def test_a_stop_outlives_a_rebalance_that_brings_the_partition_back(owner: Owner) -> None:
    await stop_partition_two(owner)
    await owner.given_back()
    assert (owner.shards.unready(), alarmed()) == (REASON, True)
    await owner.dealt(2)
    assert (owner.shards.unready(), alarmed()) == (REASON, True)
    owner.shards.made_for = PARTITIONS  # the cause is gone
    await owner.shards.adopt(lambda: None)
    assert (owner.shards.unready(), alarmed(), set(owner.shards.owned)) == (None, False, {2})


async def test_a_stop_goes_with_its_partition(owner: Owner) -> None:
    await stop_partition_two(owner)
    await owner.given_back()
    await owner.dealt()
    assert (owner.shards.unready(), alarmed()) == (None, False)


async def test_topics_that_disagree_are_said_where_nothing_is_dealt_too(owner: Owner) -> None:
    grown = COLLECTED[0]
    real = owner.consumer.partitions_for_topic
    owner.consumer.partitions_for_topic = lambda topic: set(range(12)) if topic == grown else real(topic)
    await owner.dealt()
    assert owner.shards.unready() == f"collector: the collected topics have [{PARTITIONS}, 12] partitions"
    owner.consumer.partitions_for_topic = real
    await owner.dealt()
    assert owner.shards.unready() is None


async def test_a_group_that_does_not_deal_is_said_and_ends_the_process_while_the_log_answers(owner: Owner) -> None:
    await owner.dealt(2)
    await owner.shards.adopt(lambda: None)
    await owner.given_back()
    assert (owner.shards.unready(), owner.shards.problem(PATIENCE_S)) == (None, None)
    owner.later(41)
    assert (owner.shards.unready(), owner.shards.problem(PATIENCE_S)) == ("collector: no assignment for 41 s", None)
    owner.later(50)
    assert owner.shards.problem(PATIENCE_S) is None  # the log has not answered either: a restart would help nobody
    await owner.shards.look()
    assert owner.shards.problem(PATIENCE_S) == "collector: no assignment for 91 s, and the log answers"
    await owner.dealt(2)
    assert owner.shards.problem(PATIENCE_S) is None

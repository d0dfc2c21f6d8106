"""The log is not the one that the state was made of: the partitions stop, say so, stay stopped, and show nothing wrong.

On a broker of its own, whose topics are deleted, made again, shortened and given more partitions.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, RecordsToDelete
from chassis.metrics import exposition
from chassis.servers import Servers
from chassis.servers.topics import from_contract, make_topics
from contracts.topics import COLLECTED, topic
from exchange.entrypoints.collector import consuming, loop
from exchange.usecases import cut_shards
from exchange_damage import another_type
from exchange_log import PARTITIONS, Log
from exchange_market import Market, member
from exchange_system import Service, World, make_world, running, token, until

PAY, JOINED = "pay.submitted", "member.joined"
OURS = (*COLLECTED, "exchange.epoch", "exchange.dead", "benchmark.published", "benchmark.withdrawn")


# The client leaves connections open when the topics that it reads are made again under it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Broker:
    """A broker of one's own, and what an administrator does to it."""

    def __init__(self, servers: Servers) -> None:
        self.kafka = servers.kafka

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[Any]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    async def delete(self, *names: str) -> None:
        async with self.admin() as admin:
            await admin.delete_topics(list(names))
            while set(names) & set(await admin.list_topics()):  # noqa: ASYNC110 - it is the broker that has to know
                await asyncio.sleep(0.02)

    async def make(self, *names: str) -> None:
        await asyncio.to_thread(make_topics, self.kafka, [from_contract(topic(name)) for name in names])

    async def make_again(self, *names: str) -> None:
        await self.delete(*names)
        await self.make(*names)

    async def forget_records(self, name: str, partition: int, before: int) -> None:
        async with self.admin() as admin:
            await admin.delete_records({TopicPartition(name, partition): RecordsToDelete(before_offset=before)})

    async def grow(self, partitions: int, *names: str) -> None:
        async with self.admin() as admin:
            await admin.create_partitions({name: NewPartitions(partitions) for name in names})


@pytest.fixture(scope="module")
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    with Servers(way=request.config.getoption("driveline_with"), brief=True) as started:
        yield Broker(started)


@pytest.fixture
async def world(
    broker: Broker, postgres: Callable[..., str], redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """An empty world, with empty topics."""
    async with broker.admin() as admin:
        there = set(await admin.list_topics()) & set(OURS)
    if there:
        await broker.delete(*there)
    await broker.make(*OURS)
    log = Log(broker.kafka)
    await log.start()
    monkeypatch.setattr(loop, "_LOOK_S", 0.1)
    monkeypatch.setattr(consuming, "_METADATA_MS", 300)
    made = await make_world(log, postgres("exchange"), redis_url, whole_log=True)
    yield made
    await made.redis.aclose()
    await log.stop()


@asynccontextmanager
async def talking(broker: Broker) -> AsyncIterator[Log]:
    """A producer that never met the topics of before."""
    log = Log(broker.kafka)
    await log.start()
    try:
        yield log
    finally:
        await log.stop()


async def thirty(log: Log, market: Market, cents: str = "00", times: int = 1) -> None:
    """Thirty shops, five in each partition, each of which submits so many times: the median is 34 and the cents."""
    shops = [market.shop(n, partition=n % PARTITIONS) for n in range(30)]
    await log.say(JOINED, *(member(shop) for shop in shops))
    for n in range(times):
        await log.say(PAY, *(market.pay(shop, f"{20 + m}.{cents}", revision=n + 1) for m, shop in enumerate(shops)))


async def problems(service: Service) -> str:
    return "; ".join((await service.http.get("/readyz")).json()["problems"])


async def stopped(service: Service, *reasons: str, partitions: Iterable[int] = range(PARTITIONS)) -> None:
    """These partitions are, and say why: one of these reasons."""
    said = ""

    async def all_say_so() -> bool:
        nonlocal said
        said = await problems(service)
        return all(any(f"partition {p}: {reason}" in said for reason in reasons) for p in partitions)

    with suppress(AssertionError):
        await until(all_say_so, 30)
    assert await all_say_so(), said
    lines = [f'driveline_exchange_partition_stopped{{partition="{p}"}} 1.0' for p in partitions]
    assert set(lines) <= set(exposition()[0].decode().splitlines())


async def refuses_to_release(service: Service, market: Market, shown: str) -> None:
    """No shard answers, so no epoch is made of it; what was released is shown as before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cut_shards, "_WITHIN_S", 0.5)
        patch.setattr(cut_shards, "_ATTEMPTS", 1)
        refused = 0

        async def not_by_another() -> bool:
            nonlocal refused
            refused = (await service.post_release(token())).status_code
            # 409: somebody resumes the epoch that an earlier refusal left, and will not complete it either.
            return refused != 409

        await until(not_by_another)
        assert refused == 503
    assert await service.median(market) == shown


async def forget_all(world: World) -> None:
    """What the runbook says when the log is another one for good."""
    for partition in range(PARTITIONS):
        await world.redis.unlink(*world.store.keys(partition))


async def test_a_topic_made_again_with_other_records_while_a_process_runs(
    broker: Broker, world: World, market: Market
) -> None:
    """Its records go on where the old ones ended, so nothing but the topic's id tells; not even when all is quiet."""
    again = "pay.submitted was made again, the state is that of the topic before"
    async with running(world, group="owner") as service:
        await thirty(world.log, market, times=2)
        await service.release()
        assert await service.median(market) == "34.50"
        await broker.make_again(PAY)
        async with talking(broker) as log:
            await thirty(log, market, cents="75", times=6)
        await stopped(service, again)
        await refuses_to_release(service, market, "34.50")
        async with running(world, group="owner", ready=False) as other:  # the partitions are dealt anew

            async def shared() -> bool:
                both = await problems(service) + await problems(other)
                return all(both.count(f"partition {p}: {again}") == 1 for p in range(PARTITIONS))

            await until(shared)
    async with running(world, ready=False) as service:
        await stopped(service, again)
        await refuses_to_release(service, market, "34.50")
    # The topic is restored, from a backup, and the state is made again from it.
    await broker.make_again(PAY)
    async with talking(broker) as log:
        await thirty(log, market, times=2)
    await forget_all(world)
    async with running(world) as service:
        await thirty(world.log, market, cents="75", times=3)
        await service.release()
        assert await service.median(market) == "35.25"


async def test_a_topic_made_again_with_fewer_records_at_rest_and_running(
    broker: Broker, world: World, market: Market
) -> None:
    async with running(world) as service:
        await thirty(world.log, market, times=2)
        await service.release()
        await broker.make_again(PAY)
        await stopped(service, "pay.submitted was made again")
        await refuses_to_release(service, market, "34.50")
    async with running(world, ready=False) as service:
        await stopped(service, "pay.submitted was made again")
    await forget_all(world)
    async with running(world, ready=False) as service:  # Redis lost too: what was released tells that records are gone
        await stopped(service, "pay.submitted ends at 0, a release has counted up to 10")
        await refuses_to_release(service, market, "34.50")


async def test_a_topic_made_again_with_other_records_and_the_state_lost(
    broker: Broker, world: World, market: Market
) -> None:
    """No state knows the topic by its id any more, and the new one is as long: what was released knows its records."""
    async with running(world) as service:
        await thirty(world.log, market, times=2)
        await service.release()
    await broker.make_again(PAY)
    await forget_all(world)
    async with talking(broker) as log:
        await thirty(log, market, cents="75", times=4)
    async with running(world, ready=False) as service:
        another = "the record at pay.submitted offset 9 is not the one that release 1 counted; the topic was made again"
        await stopped(service, another)
        await refuses_to_release(service, market, "34.50")
        fields = [field for partition in range(PARTITIONS) for field in await world.store.meta(partition)]
        assert [field for field in fields if field.startswith(("next:", "last:", "topic:"))] == []  # none was taken in


async def test_a_log_whose_beginning_is_gone(broker: Broker, world: World, market: Market) -> None:
    """State goes on, for it is exact; but it can not be made again, so a shard that is damaged stops and is left as it is."""
    async with running(world) as service:
        await thirty(world.log, market, times=2)
        await service.release()
        await broker.forget_records(PAY, 1, before=3)
        await broker.forget_records(PAY, 2, before=3)
        await thirty(world.log, market, cents="75", times=3)
        await service.release()
        assert await service.median(market) == "35.25"
        end = (await world.log.ends(PAY))[TopicPartition(PAY, 1)]
    await another_type("pay", "list")(world, 1)
    await world.redis.unlink(*world.store.keys(2))
    async with running(world, ready=False) as service:
        reasons = "; ".join(
            f"partition {partition}: {PAY} holds offsets 3 to {end}, the state stands at 0" for partition in (1, 2)
        )

        async def says_so() -> bool:
            return await problems(service) == reasons

        await until(says_so)
        assert await world.redis.type(world.store.key(1, "pay")) == b"list"
        await refuses_to_release(service, market, "35.25")


async def test_topics_that_get_more_partitions(broker: Broker, world: World, market: Market) -> None:
    """One of them, then all: members lie elsewhere than their state, and nobody collects on, in no partition."""
    group = "growing"
    async with running(world, group=group) as service:
        await thirty(world.log, market)
        await service.release()
        await broker.grow(12, PAY)
        # Whoever sees it first: the look at the log, or the group, which deals the partitions anew.
        found = "the collected topics have [6, 12] partitions"
        await stopped(service, f"{PAY} has 12 partitions now, the state was made with 6", found)
        await refuses_to_release(service, market, "34.50")
        await broker.grow(12, *(name for name in COLLECTED if name != PAY))
    async with running(world, group=group, ready=False) as service:
        # The six that there were have one; of the others, all there is was made with six.
        made = "state was made with 6 partitions, the topics have 12"
        await stopped(service, f"its {made}", f"all {made}", partitions=range(12))
        assert [await world.store.meta(partition) for partition in range(6, 12)] == [{}] * 6
        await refuses_to_release(service, market, "34.50")

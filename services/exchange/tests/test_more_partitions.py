"""From 6 partitions to 12: what was said moves with its members, counts once, and counted all the while."""

import json
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from chassis.servers import Servers
from chassis.servers.topics import from_contract, grow_topics, make_topics
from contracts.codec import partition_of
from contracts.topics import COLLECTED, topic
from exchange.entrypoints.collector import consuming
from exchange.rebuild import rebuild
from exchange.usecases import cut_shards
from exchange.usecases.cut_shards import CutFailed, CutShards
from exchange_children import Nursery
from exchange_log import OURS, Log, Record
from exchange_market import Market, member, withdrawal
from exchange_measures import BENEFITS, benefit
from exchange_system import Service, World, make_world, running, token, until

JOINED, PAY = "member.joined", "pay.submitted"


@pytest.fixture
def kafka(request: pytest.FixtureRequest) -> Iterator[str]:
    """A broker of this test's own, whose topics it may change."""
    with Servers(way=request.config.getoption("driveline_with"), brief=True) as started:
        make_topics(started.kafka, [from_contract(topic(name)) for name in OURS])
        yield started.kafka


@pytest.fixture
async def world(kafka: str, postgres: Callable[..., str], redis_url: str) -> AsyncIterator[World]:
    log = Log(kafka)
    await log.start()
    made = await make_world(log, postgres("exchange"), redis_url, whole_log=True)
    yield made
    await made.redis.aclose()
    await log.stop()


async def everything(log: Log) -> list[Record]:
    ends = await log.ends(*COLLECTED)
    return await log.since(dict.fromkeys(ends, 0))


def copies(records: list[Record]) -> dict[tuple[str, int, int], list[Record]]:
    """The copies of every record, by its place."""
    found: dict[tuple[str, int, int], list[Record]] = {}
    for record in records:
        headers = dict(record.headers)
        if "driveline-origin-partition" in headers:
            place = (int(headers["driveline-origin-partition"]), int(headers["driveline-origin-offset"]))
            found.setdefault((record.topic, *place), []).append(record)
    return found


async def stopped_because(service: Service, reason: str) -> bool:
    problems = (await service.http.get("/readyz")).json()["problems"]
    return any(reason in problem for problem in problems)


async def never(*_: object, **__: object) -> None:
    raise CutFailed("nobody answers")


async def published(service: Service, epochs: int) -> bool:
    return len((await service.http.get("/v1/epochs")).json()["epochs"]) == epochs


async def test_a_running_exchange_is_moved(
    world: World, market: Market, monkeypatch: pytest.MonkeyPatch, nursery: Nursery
) -> None:
    monkeypatch.setattr(consuming, "_METADATA_MS", 500)
    monkeypatch.setattr(cut_shards, "_WITHIN_S", 3.0)  # while it is stopped nobody answers
    log = world.log
    no_letters, no_epochs = await log.ends("exchange.dead"), await log.ends("exchange.epoch")
    shops = [market.shop(n) for n in range(40)]
    here = [shop for shop in shops if partition_of(shop, 12) == partition_of(shop, 6)]
    moved = [shop for shop in shops if shop not in here]
    assert min(len(here), len(moved)) >= 10
    await log.say(JOINED, *(member(shop) for shop in shops))
    await log.say(PAY, *(market.pay(shop, f"{20 + n}") for n, shop in enumerate(shops)))
    # Of five shops that no rule shows without each other, two move.
    few = Market()
    names = [few.shop(n) for n in range(40)]
    five = [shop for shop in names if partition_of(shop, 12) < 6][:3] + [s for s in names if partition_of(s, 12) > 5][
        :2
    ]
    await log.say(JOINED, *(member(shop) for shop in five))
    await log.say(PAY, *(few.pay(shop, f"{20 + 2 * n}") for n, shop in enumerate(five)))
    await log.say(BENEFITS, *(benefit(shop, "pto_days", "5") for shop in shops))
    async with running(world) as service:
        first = await service.cells(await service.release())
        assert await service.median(market) == "39.50"
        assert await service.median(few) == "24.00"

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(CutShards, "cut", never)
            assert (await service.post_release(token())).status_code == 503  # begun, so to be completed
        assert set(grow_topics(log.kafka, COLLECTED, 12).values()) == {6}
        await until(lambda: stopped_because(service, "its state was made with 6 partitions, the topics have 12"))
        assert await service.median(market) == "39.50"
        # A producer that has not heard of it yet writes to the old homes.
        await log.say(PAY, *(market.pay(shop, f"{30 + n}", revision=2) for n, shop in enumerate(shops)))
        await log.say("submission.withdrawn", withdrawal(moved[0], revision=3), withdrawal(here[0], revision=3))

        # All is moved, and Redis loses it: what was published again is not published a third time.
        died = await nursery.start(world, "before the generation is switched", "rebuild")
        await died.died()
        await world.redis.flushdb()
        told = await rebuild(world.settings)
        assert (told["generation"], told["partitions"], told["contributions"]) == (2, 12, 85)
        await service.ready()

        # The epoch that was begun with 6 shards is one of all 12.
        await until(lambda: published(service, 2), 60)
        listed = (await service.http.get("/v1/epochs")).json()["epochs"][1]
        told_of = [json.loads(record.value) for record in await log.since(no_epochs)]
        begun = [epoch for epoch in told_of if epoch["released_at"] == listed["released_at"] and epoch["epoch"] == 2]
        assert listed["partitions"] == 12
        assert {len(epoch["offsets"][PAY]) for epoch in begun} == {12}
        newcomer = Log(log.kafka)
        await newcomer.start()
        await newcomer.say(PAY, *(market.pay(shop, f"{40 + n}", revision=4) for n, shop in enumerate(shops)))
        late = [market.shop(n) for n in range(40, 60)]
        await newcomer.say(JOINED, *(member(shop) for shop in late))
        await newcomer.say(PAY, *(market.pay(shop, "59.50") for shop in late))
        manifest = await service.release()
        second = await service.cells(manifest)
        assert manifest["partitions"] == 12
        assert len(manifest["offsets"][PAY]) == 12
        assert await service.median(market) == "59.50"
        assert market.own(second).keys() == market.own(first).keys()

    # Every record that was at home where its member is no longer has a copy there, and only one that counts.
    records = await everything(newcomer)
    expected = {
        (r.topic, r.partition, r.offset)
        for r in records
        if "driveline-origin-partition" not in dict(r.headers) and partition_of(r.key.decode(), 12) != r.partition
    }
    found = copies(records)
    assert found.keys() == expected
    originals = {(r.topic, r.partition, r.offset): r for r in records}
    for place, (copy,) in found.items():
        assert (copy.key, copy.value) == (originals[place].key, originals[place].value)
        assert copy.headers[:-2] == originals[place].headers
        assert copy.partition == partition_of(copy.key.decode(), 12)

    # What Redis held is lost, all is folded again, and once more into a third generation: nothing more is said.
    ends = await newcomer.ends(*COLLECTED)
    await world.redis.flushdb()
    async with running(world) as service:
        assert market.own(await service.cells(await service.release())) == market.own(second)
        assert (await rebuild(world.settings))["generation"] == 3
        # Nobody of the five has changed since the first release: the cell is shown as it was, release after release.
        for _ in range(5):
            assert market.own(await service.cells(await service.release())) == market.own(second)
        assert await service.median(few) == "24.00"
    assert await newcomer.ends(*COLLECTED) == ends
    assert await newcomer.ends("exchange.dead") == no_letters
    await newcomer.stop()

"""The scrubber of a running service: what it finds is healed, and what is no damage is not taken for it."""

from typing import Any

import numpy as np
import pytest
from exchange.domain.ledger import name_of
from exchange.entrypoints.collector import loop
from exchange.usecases import scrub
from exchange.usecases.collect import Owned
from exchange_damage import KEYS_AND_FIELDS, KINDS, bring_back, in_sixes, remember
from exchange_log import PARTITIONS, Log
from exchange_market import Market, member, withdrawal
from exchange_system import World, replayed, running, samples, until
from prometheus_client import REGISTRY

PAY = "pay.submitted"


@pytest.fixture(scope="module")
def log(own_log: Log) -> Log:
    """A shard that is made again folds all that was ever said."""
    return own_log


def mismatches() -> dict[str, float]:
    return samples("driveline_exchange_scrub_mismatches_total")


def healed() -> dict[str, float]:
    """Shards made again, by the kind of damage."""
    return samples("driveline_exchange_shards_healed_total")


async def test_a_running_service_finds_and_heals_all_of_it(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record in a cell, a version in memory, a value in Redis, and one there that is whole and older."""
    monkeypatch.setattr(scrub, "_SHARE", 0.5)
    made: list[loop.Collector] = []
    collector = loop.Collector
    monkeypatch.setattr("exchange.app.Collector", lambda *args: made.append(collector(*args)) or made[-1])
    shops = [market.shop(n, partition=1) for n in range(5)]
    redis: Any = world.redis
    key = world.store.key(1, "pay")
    await log.say("member.joined", *(member(shop) for shop in shops))

    async def say(revision: int) -> None:
        await log.say(
            PAY, *(market.pay(shop, f"{20 + revision + 2 * n}", revision=revision) for n, shop in enumerate(shops))
        )
        await world.settled()

    def mine() -> Owned:
        return made[0]._owned[1]

    def flip_a_record() -> None:
        book = mine().shard.ledgers["pay"].book
        (block,) = np.flatnonzero(book.logs["length"][: len(book)])[:1]
        book.pool[book.logs[block]["start"]] ^= 1 << 18

    def flip_a_version() -> None:
        ledger = mine().shard.ledgers["pay"]
        ledger.versions[ledger.submissions["standing"][0]]["value"] ^= 4

    async def flip_a_value() -> None:
        name = name_of(shops[0], "9b1c")
        value = bytearray(await redis.hget(key, name))
        value[-1] ^= 1
        await redis.hset(key, name, bytes(value))

    async def an_older_value() -> None:
        await redis.hset(key, name_of(shops[0], "9b1c"), older)

    async with running(world) as service:
        await say(1)
        older = await redis.hget(key, name_of(shops[0], "9b1c"))
        await service.release()
        for revision, (what, harm) in enumerate(
            [("cells", flip_a_record), ("cells", flip_a_version), ("values", flip_a_value), ("values", an_older_value)],
            2,
        ):
            await say(revision)
            before = mismatches().get(what, 0)
            if (coroutine := harm()) is not None:
                await coroutine
            await until(lambda what=what, before=before: mismatches().get(what, 0) > before)
            await until(lambda: 1 in made[0]._owned)
            await world.settled()
            await service.release()
            assert await service.median(market) == f"{24 + revision}.00", harm.__name__
        last = market.own(await service.cells(await service.release()))
    async with running(world) as service:
        assert market.own(await service.cells(await service.release())) == last


async def test_damage_to_the_keys_of_a_shard_at_rest_is_found_at_once(world: World, log: Log, market: Market) -> None:
    """Nothing is said and nothing released, so no commit tells, and the scrubber's round has minutes."""
    shops = [market.shop(n, partition=n % PARTITIONS) for n in range(30)]
    await log.say("member.joined", *(member(shop) for shop in shops))
    await log.say(PAY, *(market.pay(shop, f"{20 + n / 2:.2f}") for n, shop in enumerate(shops)))
    wrong = mismatches()
    async with running(world) as service:
        await service.release()
        for deeds in in_sixes(KEYS_AND_FIELDS):
            wanted = sum(healed().values()) + len(deeds)
            for partition, (_, damage) in enumerate(deeds):
                await damage(world, partition)
            await until(lambda wanted=wanted: sum(healed().values()) == wanted, within_s=10)
            await world.settled()
        assert mismatches() == wrong
        await service.release()
        assert await service.median(market) == "27.25"


async def test_a_store_that_is_lost_or_an_older_one_is_not_a_wrong_value(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever finds it, the scrubber or a commit: it is said to be lost, or to be back at an earlier moment."""
    monkeypatch.setattr(scrub, "_SHARE", 0.5)
    shops = [market.shop(n, partition=1) for n in range(5)]
    await log.say("member.joined", *(member(shop) for shop in shops))
    async with running(world) as service:
        await world.settled()
        earlier = await remember(world)
        await log.say(PAY, *(market.pay(shop, f"{20 + 2 * n}") for n, shop in enumerate(shops)))
        await world.settled()
        await service.release()
        before, before_that = mismatches(), healed()

        def since() -> dict[str, float]:
            return {kind: n - before_that.get(kind, 0) for kind, n in healed().items() if n != before_that.get(kind, 0)}

        await bring_back(world, earlier, 1, KINDS)
        await until(lambda: since() == {"rewound": 1})
        await world.settled()
        for kind in KINDS:
            await world.redis.unlink(world.store.key(1, kind))
        await until(lambda: since() == {"rewound": 1, "lost": 1})
        await world.settled()
        assert mismatches() == before
        await service.release()
        assert await service.median(market) == "24.00"


async def test_what_no_release_needs_any_more_is_no_damage_to_whoever_loads_it(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was said before a correction is kept until a release has counted that, and is gone from memory after a load."""
    monkeypatch.setattr(scrub, "_SHARE", 0.5)
    shops = [market.shop(n, partition=1) for n in range(6)]
    redis: Any = world.redis

    async def said(revision: int, status: str) -> None:
        await log.say(
            "member.joined", *(member(shop, revision) for shop in shops[:5]), member(shops[5], revision, status=status)
        )
        await log.say(
            PAY, *(market.pay(shop, f"{20 + revision + 2 * n}", revision=revision) for n, shop in enumerate(shops))
        )
        await log.say("submission.withdrawn", *(withdrawal(shop, "other", revision) for shop in shops[:2]))
        await world.settled()

    async def bytes_held() -> dict[str, int]:
        return {
            kind: sum(len(value) for value in (await redis.hgetall(world.store.key(1, kind))).values())
            for kind in ("members", "pay")
        }

    async def scrubbed() -> None:
        """Two whole rounds."""
        for _ in range(2):
            at = round_at()
            await until(lambda at=at: round_at() > at)

    async with running(world) as service:
        await said(1, "active")
        await service.release()
        await said(2, "lapsed")
        await service.release()
        await scrubbed()
        before = mismatches(), healed()
        last = market.own(await service.cells(await service.release()))
        await said(3, "active")
        longest = await bytes_held()
        released = market.own(await service.cells(await service.release()))
        assert released != last
    async with running(world) as service:
        await scrubbed()
        assert (mismatches(), healed()) == before
        held = await bytes_held()
        assert held["pay"] < longest["pay"]
        assert held["members"] < longest["members"]
        assert market.own(await service.cells(await service.release())) == released
    assert await replayed(world, market) == released


def round_at() -> float:
    return REGISTRY.get_sample_value("driveline_exchange_scrub_round_timestamp_seconds") or 0.0

"""The scrubber finds what is wrong in a cell, in a contribution and in Redis, each within a round, and nothing else."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from chassis.metrics import exposition
from exchange.domain.addresses import BLOCK
from exchange.domain.layout import VERSION
from exchange.domain.ledger import name_of
from exchange.domain.members import MemberState
from exchange.domain.policy import POLICIES
from exchange.domain.shard import Batch, Days, Shard, Submitted
from exchange.entrypoints.collector import loop
from exchange.usecases import scrub
from exchange.usecases.collect import Owned
from exchange_damage import KINDS, bring_back, remember
from exchange_log import Log
from exchange_market import Market, member, places, withdrawal
from exchange_system import World, replayed, running, until

PAY = "pay.submitted"
DAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def log(own_log: Log) -> Log:
    """A shard that is made again folds all that was ever said."""
    return own_log


def fold(shard: Shard, revision: int, shops: int = 40) -> None:
    """Each shop says what it pays: another amount with each revision, and every third moves its entry to another ZIP."""
    ledger, batch = shard.ledgers["pay"], Batch()
    rows, targets = np.zeros(shops, VERSION), []
    for n in range(shops):
        number = shard.intern_member(f"shop-{n}")
        batch.members.append(MemberState(f"shop-{n}", 1, b"", "business", n != 7, DAY - timedelta(days=300)))
        targets.append(ledger.intern(number, name_of(f"shop-{n}", "s")))
        rows[n]["revision"], rows[n]["offset"], rows[n]["effective"] = revision, n, DAY.toordinal() - 100 - n
        rows[n]["value"], rows[n]["subject"], rows[n]["plan"] = 2000 + 7 * n + revision, n % 5, n % 3
        rows[n]["zip"] = 17350 if (n + revision) % 3 else 43004
    batch.submitted["pay"] = Submitted(np.array(targets, np.int64), rows, PAY)
    shard.fold(shard.seal(batch))


def a_shard() -> Shard:
    shard = Shard(3, POLICIES, places().chains)
    fold(shard, 1)
    shard.move_days("pay", Days(DAY - timedelta(days=90), DAY - timedelta(days=800)))
    fold(shard, 2)
    return shard


def wrong_cells(shard: Shard) -> list[int]:
    """A whole round over the cells: the keys of those found wrong, one of each slice at most."""
    found, at, ledger = [], 0, shard.ledgers["pay"]
    while at < len(ledger.book.blocks):
        at, key = ledger.scrub(at, shard.members.records)
        if key >= 0:
            found.append(key)
    return found


def test_what_is_right_is_found_right() -> None:
    """Corrections, an entry that moved, one that does not stand; before and after a count."""
    shard = a_shard()
    assert wrong_cells(shard) == []
    assert len(shard.ledgers["pay"].book.census().keys) > 100
    assert wrong_cells(shard) == []
    fold(shard, 3)
    assert wrong_cells(shard) == []


def a_block(shard: Shard, counted: bool) -> tuple[int, int]:
    """A block with many entries, and the key of its first cell."""
    book = shard.ledgers["pay"].book
    census = book.census()
    if not counted:
        fold(shard, 3)
    of_roles = np.flatnonzero((census.keys & 0x3FFF == 0) & (census.keys >> 14 & 63 > 0))
    key = census.keys[of_roles[np.argsort(census.entries[of_roles], kind="stable")[-1]]]
    return int(key), int(book.addresses(np.array([key]))[0]) // BLOCK


def flip_cents(shard: Shard, block: int) -> None:
    book = shard.ledgers["pay"].book
    book.pool[book.logs[block]["start"]] ^= 1 << 25


def other_experience(shard: Shard, block: int) -> None:
    book = shard.ledgers["pay"].book
    book.pool[book.logs[block]["start"]] ^= 1 << 10


def other_contributor(shard: Shard, block: int) -> None:
    book = shard.ledgers["pay"].book
    book.pool[book.logs[block]["start"] + 1] ^= 1 << 34


def lose_a_record(shard: Shard, block: int) -> None:
    shard.ledgers["pay"].book.logs[block]["length"] -= 1


def count_a_removal(shard: Shard, block: int) -> None:
    shard.ledgers["pay"].book.logs[block]["removed"] += 1


def count_a_contributor(shard: Shard, block: int) -> None:
    shard.ledgers["pay"].book.counts[block * BLOCK]["contributors"] += 1


def lie_elsewhere(shard: Shard, block: int) -> None:
    shard.ledgers["pay"].book.logs[block]["start"] = 2**31 - 1


@pytest.mark.parametrize(
    ("harm", "counted"),
    [
        *((harm, counted) for harm in (
            flip_cents, other_experience, other_contributor, lose_a_record, count_a_removal, lie_elsewhere
        ) for counted in (True, False)),
        (count_a_contributor, True),
    ],
)  # fmt: skip
def test_a_block_that_is_wrong_is_named_by_its_first_cell(harm: Callable[[Shard, int], None], counted: bool) -> None:
    shard = a_shard()
    key, block = a_block(shard, counted)
    assert wrong_cells(shard) == []
    harm(shard, block)
    assert wrong_cells(shard) == [key]


def test_a_count_that_is_wrong_is_named_by_its_cell() -> None:
    shard = a_shard()
    book = shard.ledgers["pay"].book
    key = int(book.census().keys[17])
    book.counts[book.addresses(np.array([key]))[0]]["largest"] += 1
    assert wrong_cells(shard) == [key]


@pytest.mark.parametrize(("field", "value"), [("value", 1), ("zip", 601), ("effective", 1), ("subject", 9)])
def test_a_standing_version_that_changed_is_found(field: str, value: int) -> None:
    shard = a_shard()
    ledger = shard.ledgers["pay"]
    ledger.versions[ledger.submissions["standing"][11]][field] = value
    assert len(wrong_cells(shard)) >= 1


def test_a_member_that_changed_is_found() -> None:
    shard = a_shard()
    shard.members.records["active"][11] = 0
    assert len(wrong_cells(shard)) >= 1


# -- in a running service ---------------------------------------------------------------------------------------


def mismatches() -> dict[str, float]:
    found = re.findall(
        r'^driveline_exchange_scrub_mismatches_total{what="(\w+)"} (\S+)$', exposition()[0].decode(), re.MULTILINE
    )
    return {what: float(value) for what, value in found}


def healed() -> dict[str, float]:
    """Shards made again, by the kind of damage."""
    found = re.findall(
        r'^driveline_exchange_shards_healed_total{kind="(\w+)"} (\S+)$', exposition()[0].decode(), re.MULTILINE
    )
    return {kind: float(value) for kind, value in found}


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
    (found,) = re.findall(
        r"^driveline_exchange_scrub_round_timestamp_seconds (\S+)$", exposition()[0].decode(), re.MULTILINE
    )
    return float(found)

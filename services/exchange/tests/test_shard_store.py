"""The store of shards on a real Redis: whole or not at all, and what comes back is what went in."""

import hashlib
import re
import struct
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from contracts.topics import COLLECTED
from exchange.adapters.resp import Watched
from exchange.adapters.shard_store import SEAL, Commit, Conflict, NotWhole, ShardStore, Watermark
from exchange.domain.layout import VERSION
from exchange.domain.ledger import TakenBack, name_of
from exchange.domain.members import MemberState
from exchange.domain.policy import POLICIES, months_before
from exchange.domain.shard import Batch, Days, Past, Shard, Submitted, Withdrawn
from exchange.usecases.collect import Owned, collect, move_days
from exchange.usecases.load_shard import Unowned, load_shard
from exchange_system import places
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

CHAINS = places().chains
KINDS = ("meta", "members", "pay")
PAY = "pay.submitted"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    connected: Redis = Redis.from_url(redis_url)
    yield connected
    await connected.aclose()


@pytest.fixture
def store(redis: Redis) -> ShardStore:
    return ShardStore(redis)


def days(cutoff: date) -> Days:
    return Days(cutoff, months_before(cutoff, 24))


async def load(store: ShardStore, partition: int = 3, partitions: int = 6, **cutoffs: str) -> Owned:
    past = Past(days={measure: days(date.fromisoformat(cutoff)) for measure, cutoff in cutoffs.items()})
    return await load_shard(partition, partitions, COLLECTED, POLICIES, CHAINS, past, store)


async def everything(redis: Redis) -> dict[bytes, Any]:
    """All that the database holds, as bytes."""
    found = {}
    for key in sorted(await redis.keys()):
        found[key] = await redis.hgetall(key) if await redis.type(key) == b"hash" else await redis.dump(key)
    return found


async def unsealed(redis: Redis) -> dict[bytes, Any]:
    """The same without the seal, which must be one and the same."""
    found = await everything(redis)
    assert len({fields.pop(b"\x00seal") for fields in found.values()}) == 1
    return found


def said(meta: dict[str, str]) -> dict[str, str]:
    """What a meta says that the script did not add."""
    return {name: value for name, value in meta.items() if name != SEAL and not name.startswith("fields:")}


# -- a commit -----------------------------------------------------------------------------------------------


def marks(*three: tuple[str, str | None, str]) -> list[Watermark]:
    return [Watermark(*one) for one in three]


async def test_a_commit_writes_everything(store: ShardStore, redis: Redis) -> None:
    first = Commit(marks(("next:a", "", "5"), ("last:a", None, "x")), [b"elm", b"1"], {"pay": [b"s", b"2", b"t", b"3"]})
    await store.commit(3, first)
    assert await unsealed(redis) == {
        b"{exchange:g1:p3}:members": {b"elm": b"1"},
        b"{exchange:g1:p3}:meta": {
            b"next:a": b"5",
            b"last:a": b"x",
            b"fields:members": b"1",
            b"fields:pay": b"2",
            b"fields:benefits": b"0",
            b"fields:labor-rates": b"0",
            b"fields:technician-pay": b"0",
        },
        b"{exchange:g1:p3}:pay": {b"s": b"2", b"t": b"3"},
        b"{exchange:g1:p3}:benefits": {},
        b"{exchange:g1:p3}:labor-rates": {},
        b"{exchange:g1:p3}:technician-pay": {},
    }
    await store.commit(3, Commit(marks(("next:a", "5", "7"), ("next:b", "", "1")), [], {"pay": [b"s", b"9"]}))
    counted = {"fields:members": "1", "fields:pay": "2", "fields:technician-pay": "0"}
    counted |= {"fields:benefits": "0", "fields:labor-rates": "0"}
    meta = await store.whole_meta(3)
    seal = meta.pop(SEAL)
    assert meta == {"next:a": "7", "next:b": "1", "last:a": "x", **counted}
    assert seal == (await store.meta(3))[SEAL]
    assert await store.fields(3, "pay") == {b"s": b"9", b"t": b"3"}
    assert await store.meta(4) == {}


@pytest.mark.parametrize(
    ("stale", "field", "held"),
    [
        ([("next:a", "5", "9"), ("next:b", "7", "9")], "next:b", "8"),
        ([("next:a", "4", "9"), ("next:b", "8", "9")], "next:a", "5"),
        ([("next:a", "", "9")], "next:a", "5"),
        ([("next:c", "1", "9")], "next:c", ""),
        ([("next:a", "5", "9"), ("cutoff:pay", "2026-08-25", "2026-08-25")], "cutoff:pay", "2026-08-26"),
    ],
)
async def test_one_watermark_that_differs_and_nothing_is_written(
    store: ShardStore, redis: Redis, stale: list[tuple[str, str, str]], field: str, held: str
) -> None:
    """Greater or smaller: only equal is good enough. `>` loses records after a rewind."""
    await store.commit(3, Commit(marks(("next:a", "", "5"), ("next:b", "", "8"), ("cutoff:pay", "", "2026-08-26"))))
    before = await everything(redis)
    with pytest.raises(Conflict) as conflict:
        await store.commit(3, Commit(marks(*stale), [b"elm", b"1"], {"pay": [b"s", b"2"]}))
    assert (conflict.value.field, conflict.value.held) == (field, held)
    assert await everything(redis) == before


@pytest.mark.parametrize("planted", ["string", "list", "set", "zset", "stream"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_key_of_another_type_and_nothing_is_written(
    store: ShardStore, redis: Redis, kind: str, planted: str
) -> None:
    """Redis does not roll a transaction back: the check must come before the first write."""
    key = store.key(3, kind)
    plants = {
        "string": lambda: redis.set(key, "x"),
        "list": lambda: redis.rpush(key, "x"),
        "set": lambda: redis.sadd(key, "x"),
        "zset": lambda: redis.zadd(key, {"x": 1}),
        "stream": lambda: redis.xadd(key, {"x": 1}),
    }
    await plants[planted]()  # type: ignore[no-untyped-call]
    before = await everything(redis)
    with pytest.raises(Conflict) as conflict:
        await store.commit(3, Commit(marks(("next:a", "", "5")), [b"elm", b"1"], {"pay": [b"s", b"2"]}))
    assert (conflict.value.field, conflict.value.held) == (f"type of {key}", planted)
    assert await everything(redis) == before
    with pytest.raises(NotWhole, match=f"type of {re.escape(key)}: the store holds {planted}") as damage:
        await load(store)
    await store.forget(3, damage.value)
    assert await everything(redis) == {}


async def test_a_large_commit(store: ShardStore) -> None:
    flat = [part for n in range(9_001) for part in (b"s%d" % n, b"v%d" % n)]
    await store.commit(3, Commit(marks(("next:a", "", "9001")), flat, {"pay": flat}))
    for kind in ("members", "pay"):
        assert await store.fields(3, kind) == {b"s%d" % n: b"v%d" % n for n in range(9_001)}


async def test_a_shard_that_somebody_else_writes_to_between_look_and_write(
    store: ShardStore, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watermarks were as expected a moment ago: that is not good enough."""
    await store.commit(3, Commit(marks(("next:a", "", "5")), [b"elm", b"1"]))
    look = Watched.look

    def look_and_be_late(self: Watched, *asked: Any) -> Any:
        found = look(self, *asked)
        with monkeypatch.context() as back:
            back.setattr(Watched, "look", look)
            ShardStore(redis).commit_now(3, Commit(marks(("next:a", "5", "6")), [b"oak", b"1"]))
        return found

    monkeypatch.setattr(Watched, "look", look_and_be_late)
    with pytest.raises(Conflict, match="somebody else"):
        store.commit_now(3, Commit(marks(("next:a", "5", "9")), [b"elm", b"2"]))
    assert await store.fields(3, "members") == {b"elm": b"1", b"oak": b"1"}
    assert (await store.meta(3))["next:a"] == "6"
    assert (await store.whole_meta(3))["fields:members"] == "2"


async def test_values_may_be_any_bytes(store: ShardStore) -> None:
    nasty = [b"a\0b\xff", b"\0\r\n*1", b"", b""]
    await store.commit(3, Commit(marks(("next:a", "", "*")), nasty))
    assert await store.fields(3, "members") == {b"a\0b\xff": b"\0\r\n*1", b"": b""}


# -- loading ----------------------------------------------------------------------------------------------------


async def test_a_fresh_shard_writes_down_what_it_begins_with(store: ShardStore) -> None:
    owned = await load(store, pay="2026-08-25")
    begun = {"partitions": "6", "cutoff:pay": "2026-08-25", "window:pay": "2024-08-25"}
    assert said(owned.stored) == begun
    assert await store.meta(3) == owned.stored
    assert owned.committed == dict.fromkeys(COLLECTED, 0)
    assert owned.shard.ledgers["pay"].cutoff == date(2026, 8, 25).toordinal()


async def test_state_made_with_another_number_of_partitions_is_refused(store: ShardStore) -> None:
    await load(store)
    with pytest.raises(Unowned, match=r"^partition 3: its state was made with 6 partitions, the topics have 12$"):
        await load(store, partitions=12)


async def test_state_of_nobody_is_refused(store: ShardStore) -> None:
    """Watermarks without the rest: whatever wrote that, it was not a shard that began at the log's beginning."""
    await store.commit(3, Commit(marks((f"next:{PAY}", "", "5"))))
    with pytest.raises(Unowned, match=r"^partition 3: its state was made with None partitions"):
        await load(store)


# -- round trip -------------------------------------------------------------------------------------------------

DAYS = st.integers(-900, 400).map(lambda n: date(2026, 8, 25) + timedelta(days=n))
IDS = st.sampled_from(["elm", "oak", "θέση", "a|b", "x" * 200])
PAYS = st.tuples(
    st.just("pay"), IDS, st.sampled_from(["s1", "s2"]), st.integers(1, 3), DAYS, st.integers(1500, 1503),
    st.sampled_from([17350, 601, 99950]),
)  # fmt: skip
BACKS = st.tuples(st.just("back"), IDS, st.sampled_from(["s1", "s2"]), st.sampled_from([1, 2, 3, 2**53 - 1]))
STATES = st.tuples(
    st.just("member"), IDS, st.integers(1, 3), st.sampled_from(["business", "school", "technician", "organization"]),
    st.booleans(), st.none() | DAYS,
)  # fmt: skip
STEPS = st.lists(
    st.one_of(st.lists(st.one_of(PAYS, BACKS, STATES), min_size=1, max_size=12), st.integers(0, 300)), max_size=5
)


def batch_of(shard: Shard, events: list[tuple[Any, ...]], bodies: list[tuple[Any, ...]]) -> Batch:
    ledger, batch = shard.ledgers["pay"], Batch()
    rows, targets, taken_back = [], [], []
    for event in events:
        if event[0] == "member":
            _, who, revision, kind, active, verified = event
            shard.intern_member(who)
            batch.members.append(MemberState(who, revision, digest(event), kind, active, verified))
            continue
        target = ledger.intern(shard.intern_member(event[1]), name_of(event[1], event[2]))
        if event[0] == "back":
            taken_back.append((target, event[3]))
            continue
        row = np.zeros(1, VERSION)[0]
        row["revision"], row["effective"], row["value"], row["zip"] = event[3], event[4].toordinal(), *event[5:]
        row["offset"], row["checksum"] = len(bodies), struct.unpack("<I", digest(event)[:4])[0]
        row["subject"], row["plan"] = len(bodies) % 27, len(bodies) % 9
        bodies.append(event)
        rows.append(row)
        targets.append(target)
    batch.submitted["pay"] = Submitted(np.array(targets, np.int64), np.array(rows, VERSION))
    targets_of = np.array([target for target, _ in taken_back], np.int64)
    batch.withdrawn["pay"] = Withdrawn(targets_of, [TakenBack(revision, 0, 0) for _, revision in taken_back])
    return shard.seal(batch)


def digest(event: tuple[Any, ...]) -> bytes:
    return hashlib.sha256(repr(event).encode()).digest()


def picture(owned: Owned) -> dict[str, Any]:
    """All that a shard knows, by names instead of numbers."""
    shard, ledger = owned.shard, owned.shard.ledgers["pay"]
    fields = [name for name in VERSION.names if name != "next"]
    submissions = {
        name: (
            ledger.withdrawals.get(number, ()),
            [tuple(int(version[field]) for field in fields) for version in ledger.versions_of(number)],
        )
        for name, number in ledger.index.items()
    }
    census = ledger.book.census()
    return {
        "members": {
            name: (shard.members.records[n].tolist(), shard.members.states(n))
            for name, n in shard.members.index.items()
            if shard.members.records["revision"][n] >= 0
        },
        # A name that was only interned, for an event that changed nothing, is not kept.
        "submissions": {name: kept for name, kept in submissions.items() if kept != ((), [])},
        "cutoff": ledger.cutoff,
        "cells": {
            key: sorted((shard.members.ids[who], cents) for who, cents in ledger.book.entries_of(key))
            for key in census.keys.tolist()
        },
        "committed": owned.committed,
        "stored": owned.stored,
    }


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
async def test_a_loaded_shard_is_the_shard_that_was_stored(
    store: ShardStore, redis: Redis, steps: list[list[tuple[Any, ...]] | int]
) -> None:
    """Ties, future-dated revisions, withdrawals of what never came, members without entries, cutoffs that moved."""
    await redis.flushdb()
    owned = await load(store)
    bodies: list[tuple[Any, ...]] = []

    async def rank_of(_measure: str, _partition: int, offset: int) -> int:
        return int.from_bytes(digest(bodies[offset])[:8], "big")

    cutoff = date(2026, 8, 25)
    for step in steps:
        if isinstance(step, int):
            cutoff += timedelta(days=step)
            await move_days(owned, {"pay": days(cutoff)}, 0, {}, store)
        else:
            await collect(owned, batch_of(owned.shard, step, bodies), {PAY: len(bodies)}, {PAY: "x"}, store, rank_of)
        again = await load(store)
        assert picture(again) == picture(owned)
        assert again.stored == await store.meta(3)
        # What was loaded goes on like what was there all the time: it is the one that takes the next step.
        owned = again

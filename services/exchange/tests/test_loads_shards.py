"""A shard is loaded as it was stored, or begun, or refused; on a real Redis."""

import hashlib
import struct
from datetime import date, timedelta
from typing import Any, cast

import numpy as np
import pytest
from contracts.topics import COLLECTED
from exchange.adapters.shard_store import SEAL, Commit, ShardStore, Watermark
from exchange.domain.layout import MARK, VERSION
from exchange.domain.ledger import Ledger, TakenBack, name_of
from exchange.domain.members import MemberState
from exchange.domain.shard import Batch, Past, Shard, Submitted, Withdrawn
from exchange.usecases.collect import Owned, bring_up_to_date, collect, move_days
from exchange.usecases.load_shard import Unowned
from exchange.usecases.scrub import written
from exchange_store import days, load, load_after
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

PAY = "pay.submitted"


def said(meta: dict[str, str]) -> dict[str, str]:
    """What a meta says that the script did not add."""
    return {name: value for name, value in meta.items() if name != SEAL and not name.startswith("fields:")}


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
    await store.commit(3, Commit([Watermark(f"next:{PAY}", "", "5")]))
    with pytest.raises(Unowned, match=r"^partition 3: its state was made with None partitions"):
        await load(store)


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
            batch.members.append(MemberState(who, revision, digest(event), kind, active, verified, "", len(bodies)))
            bodies.append(event)
            continue
        target = ledger.intern(shard.intern_member(event[1]), name_of(event[1], event[2]))
        if event[0] == "back":
            taken_back.append((target, TakenBack(event[3], len(bodies), 0)))
            bodies.append(event)
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
    batch.withdrawn["pay"] = Withdrawn(targets_of, [one for _, one in taken_back])
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


_hscan = BlockingRedis.hscan


def twice(self: BlockingRedis, *asked: Any, **more: Any) -> Any:
    """A page with each of its fields repeated, as Redis may give them while a hash grows."""
    cursor, page = cast(tuple[bytes, list[bytes]], _hscan(self, *asked, **more))
    return cursor, page + page


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
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(BlockingRedis, "hscan", twice)
            assert picture(await load(store)) == picture(owned)
        # What was loaded goes on like what was there all the time: it is the one that takes the next step.
        owned = again


RELEASES = st.tuples(st.sampled_from(["release", "attempt"]), st.integers(0, 100), st.randoms(use_true_random=False))
HISTORIES = st.lists(
    st.one_of(st.lists(st.one_of(PAYS, BACKS, STATES), min_size=1, max_size=8), RELEASES), min_size=2, max_size=8
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HISTORIES)
async def test_after_any_release_the_store_holds_what_whoever_loads_it_keeps(
    store: ShardStore, redis: Redis, steps: list[Any]
) -> None:
    """Cells that are shown as of any of the releases, and of fewer of them after the next: what only others needed goes.

    Of an attempt at a release that comes to nothing only its owner knows: it goes on as if that were made.
    """
    await redis.flushdb()
    owned = await load(store, pay="2026-08-25")
    bodies: list[tuple[Any, ...]] = []
    cutoff, marks, reached = date(2026, 8, 25), np.zeros(0, MARK), np.zeros((0, 2), np.int64)

    async def rank_of(_measure: str, _partition: int, offset: int) -> int:
        return int.from_bytes(digest(bodies[offset])[:8], "big")

    for step in steps:
        if step[0] in ("release", "attempt"):
            number, cutoff = len(reached) + 1, cutoff + timedelta(days=step[1])
            await move_days(owned, {"pay": days(cutoff)}, number, {"pay": marks}, store)
            if step[0] == "attempt":
                continue
            own = np.array([(number, cutoff.toordinal(), days(cutoff).window.toordinal())], MARK)
            marks = np.array([mark for mark in np.concatenate([marks, own]) if step[2].random() < 0.6], MARK)
            reached = np.append(reached, [[number, len(bodies)]], axis=0)
        else:
            await collect(owned, batch_of(owned.shard, step, bodies), {PAY: len(bodies)}, {PAY: "x"}, store, rank_of)
        past = Past(len(reached), {"pay": days(cutoff)}, {"pay": marks}, {"": (reached[:, 0], reached[:, 1])})
        owned = await load_after(store, past)
        await bring_up_to_date(owned, store)
        assert await unlike(owned, redis, store) == {}
        again = await load_after(store, past)
        assert picture(again) == picture(owned)
        assert again.outdated is not None
        assert [*again.outdated.members, *again.outdated.submissions["pay"]] == []


async def unlike(owned: Owned, redis: Redis, store: ShardStore) -> dict[bytes, tuple[bytes, bytes | None]]:
    """Whatever the store holds in another form than memory would write it, by field."""
    found: dict[bytes, tuple[bytes, bytes | None]] = {}
    ledger = owned.shard.ledgers["pay"]
    for what, numbers in (("members", range(len(owned.shard.members.ids))), ("pay", range(len(ledger)))):
        held: dict[bytes, bytes] = await cast(Any, redis).hgetall(store.key(3, what))
        names, values = written(owned, what, numbers)
        found |= {
            name: (value, held.get(name))
            for name, value in zip(names, values, strict=True)
            if value != held.get(name) and (name in held or what == "members" or kept(ledger, name))
        }
        found |= {name: (b"", value) for name, value in held.items() if name not in {*names, SEAL.encode()}}
    return found


def kept(ledger: Ledger, name: bytes) -> bool:
    number = ledger.index[name]
    return bool(ledger.versions_of(number)) or number in ledger.withdrawals

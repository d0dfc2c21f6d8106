"""A batch may be folded while the one before it is being committed: the store still takes them in order, or not at all."""

import asyncio
import threading
from datetime import date
from typing import Any

import numpy as np
import pytest
from contracts.topics import COLLECTED
from exchange.adapters.shard_store import Conflict, ShardStore
from exchange.domain.layout import VERSION
from exchange.domain.ledger import name_of
from exchange.domain.policy import POLICIES
from exchange.domain.shard import Batch, Days, Past, Submitted
from exchange.entrypoints.collector.commits import Commits
from exchange.usecases.collect import OutOfOrder, Owned, fold, move_days
from exchange.usecases.load_shard import load_shard
from exchange_market import places
from redis.asyncio import Redis

CHAINS = places().chains
DAYS = Days(date(2026, 8, 25), date(2024, 8, 25))
PAY = "pay.submitted"


async def load(redis: Redis) -> tuple[Owned, ShardStore]:
    store = ShardStore(redis)
    return await load_shard(3, 6, COLLECTED, POLICIES, CHAINS, Past(days={"pay": DAYS}), store), store


def entry(owned: Owned, submission: str, revision: int, cents: int) -> Batch:
    batch = Batch()
    ledger = owned.shard.ledgers["pay"]
    target = ledger.intern(owned.shard.intern_member("elm"), name_of("elm", submission))
    row = np.zeros(1, VERSION)
    row["revision"], row["value"], row["checksum"] = revision, cents, cents
    row["zip"], row["effective"] = 17350, date(2026, 8, 1).toordinal()
    batch.submitted["pay"] = Submitted(np.array([target], np.int64), row)
    return owned.shard.seal(batch)


async def said(owned: Owned, store: ShardStore, offset: int, batch: Batch) -> "asyncio.Future[None]":
    async def rank_of(*_: Any) -> int:
        raise LookupError("no tie here")

    _, durable = await fold(owned, batch, {PAY: offset}, {PAY: f"record {offset - 1}"}, store, rank_of)
    return asyncio.wrap_future(durable)


async def revisions(store: ShardStore) -> dict[bytes, int]:
    """Submission -> the newest revision that the store holds."""
    held = await store.fields(3, "pay")
    return {name.split(b"\0")[1]: int.from_bytes(value[6:14], "little") for name, value in zip(*held, strict=True)}


async def test_the_next_batch_is_folded_while_the_last_is_committed(redis: Redis) -> None:
    owned, store = await load(redis)
    held = threading.Event()
    store.in_order(lambda: held.wait(20) and None)
    first = await said(owned, store, 1, entry(owned, "a", 1, 2000))
    second = await said(owned, store, 2, entry(owned, "a", 2, 3000))
    assert [int(v["revision"]) for v in owned.shard.ledgers["pay"].versions_of(0)] == [2]
    assert (owned.clean, owned.committed[PAY], await revisions(store)) == (False, 0, {})
    seen: list[tuple[int, dict[str, str]]] = []
    first.add_done_callback(lambda _: seen.append((owned.durable, dict(owned.stored))))
    held.set()
    await asyncio.gather(first, second)
    assert seen[0][0] >= 1
    assert (owned.clean, owned.committed[PAY], await revisions(store)) == (True, 2, {b"a": 2})
    assert owned.stored == await store.meta(3)
    assert owned.last == {PAY: "record 1"}


async def test_what_is_committed_is_the_batch_not_what_came_after(redis: Redis) -> None:
    """The values are spelled when their batch was folded: a crash between two commits leaves exactly the first."""
    owned, store = await load(redis)
    held = threading.Event()
    between = threading.Event()
    store.in_order(lambda: held.wait(20) and None)
    first = await said(owned, store, 1, entry(owned, "a", 1, 2000))
    store.in_order(lambda: between.wait(20) and None)
    second = await said(owned, store, 2, entry(owned, "a", 2, 3000))
    held.set()
    await first
    assert (await revisions(store), (await store.meta(3))[f"next:{PAY}"]) == ({b"a": 1}, "1")
    again, _ = await load(redis)
    assert [int(v["revision"]) for v in again.shard.ledgers["pay"].versions_of(0)] == [1]
    between.set()
    await second
    assert (await revisions(store), (await store.meta(3))[f"next:{PAY}"]) == ({b"a": 2}, "2")


@pytest.mark.parametrize("way", ["refused", "lost"])
async def test_nothing_is_committed_after_a_commit_that_failed(redis: Redis, way: str) -> None:
    """The watermark of a batch that failed is still what the next one expects: only its number tells."""
    owned, store = await load(redis)
    held = threading.Event()
    store.in_order(lambda: held.wait(20) and None)
    first = await said(owned, store, 1, entry(owned, "a", 1, 2000))
    second = await said(owned, store, 2, entry(owned, "b", 1, 3000))
    if way == "refused":
        await redis.set(store.key(3, "pay"), "planted")
    else:
        await redis.rename(store.key(3, "meta"), "aside")
    held.set()
    with pytest.raises(Conflict):
        await first
    if way == "refused":
        await redis.delete(store.key(3, "pay"))
    else:
        await redis.rename("aside", store.key(3, "meta"))
    before = await store.meta(3)
    with pytest.raises(OutOfOrder):
        await second
    third = await said(owned, store, 3, entry(owned, "c", 1, 3000))
    with pytest.raises(OutOfOrder):
        await third
    assert (owned.clean, await revisions(store), await store.meta(3)) == (False, {}, before)
    assert owned.committed[PAY] == 0
    await move_days(owned, {"pay": DAYS}, 0, {}, store)
    assert not owned.clean


async def test_one_commit_of_a_shard_is_waited_for() -> None:
    commits = Commits()
    gates = [asyncio.Event() for _ in range(3)]
    done: list[int] = []

    async def confirm(n: int) -> None:
        await gates[n].wait()
        done.append(n)

    await commits.follow(0, confirm(0))  # nothing before it: the next batch may be folded
    following = asyncio.create_task(commits.follow(0, confirm(1)))
    await commits.follow(1, confirm(2))  # another shard waits for nothing
    await asyncio.sleep(0.01)
    assert not following.done()
    gates[0].set()
    await following
    ended = asyncio.create_task(commits.all_done())
    gates[1].set()
    await asyncio.sleep(0.01)
    assert (ended.done(), done) == (False, [0, 1])
    gates[2].set()
    await ended
    assert done == [0, 1, 2]

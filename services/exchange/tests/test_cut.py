"""A cut: what is counted and what is shown is one moment of one owner, whoever else believes to own the shard."""

import asyncio
import json
from typing import Any

import numpy as np
import pytest
from contracts.topics import COLLECTED
from exchange.adapters.cut_board import CutBoard, CutRequest
from exchange.adapters.shard_store import Commit, ShardStore, Watermark
from exchange.domain.policy import POLICIES
from exchange.domain.shard import Shard
from exchange.entrypoints.collector.reader import RecordReader
from exchange.usecases import take_cut
from exchange.usecases.collect import Owned
from exchange.usecases.take_cut import CutTaker
from exchange_system import PARTITIONS, Market, ago, binary, member, places
from exchange_wire import fetch
from redis.asyncio import Redis

CUTOFFS = {"pay": ago(90).isoformat()}
ENDS: dict[str, dict[int, int]] = {"pay.submitted": {3: 5}}


@pytest.fixture
async def redis(redis_url: str) -> Any:
    connected: Redis = Redis.from_url(redis_url)
    yield connected
    await connected.aclose()


def owner(market: Market, entries: int) -> Owned:
    """An owner of partition 3 that has come so far: one shop, so many entries."""
    shard = Shard(3, POLICIES, places().chains)
    shop = market.shop(0, partition=3)
    said = {
        "member.joined": [member(shop)],
        "pay.submitted": [market.pay(shop, "24", f"s{n}") for n in range(entries)],
    }
    records = {
        topic: fetch(topic, [(binary(topic), json.dumps(body).encode()) for body in bodies])
        for topic, bodies in said.items()
    }
    shard.fold(RecordReader(places().chains, PARTITIONS).prepare(shard, records).batch)
    reached = dict.fromkeys(COLLECTED, 0) | {"member.joined": 1, "pay.submitted": entries}
    return Owned(shard, reached, dict(reached), {}, {"partitions": "6"})


async def cut(board: CutBoard, *answering: tuple[CutTaker, Owned]) -> tuple[int, int, int | None]:
    """One cut that all of them answer: (offset reported, entries counted, entries delivered; None for lost)."""

    async def all_answer(request: CutRequest) -> None:
        await board.post(request)
        await asyncio.gather(*(taker.answer(request, {3: mine}) for taker, mine in answering))

    await all_answer(CutRequest("7", "census", CUTOFFS, ENDS))
    census = await board.census_of("7", 3)
    assert census is not None
    keys, entries = census.census("pay").keys, census.census("pay").entries
    await board.want("7", "pay", np.asarray(keys))
    request = CutRequest("7", "contents", CUTOFFS, ENDS)
    while (contents := await board.contents_of("7", 3)) is None:
        await all_answer(request)
    delivered = None if contents.lost else len(contents.contents("pay").cents)
    return census.offsets["pay.submitted"], int(entries.sum()), delivered


async def test_one_owner_counts_and_delivers(redis: Redis, market: Market) -> None:
    board, store = CutBoard(redis), ShardStore(redis)
    await store.commit(3, Commit([Watermark("partitions", "", "6")]))
    assert await cut(board, (CutTaker(board, store), owner(market, 5))) == (5, 5 * 56, 5 * 56)


async def test_who_is_not_that_far_does_not_answer(redis: Redis, market: Market) -> None:
    board = CutBoard(redis)
    taker = CutTaker(board, ShardStore(redis))
    await taker.answer(CutRequest("7", "census", CUTOFFS, ENDS), {3: owner(market, 4)})
    assert await board.census_of("7", 3) is None
    assert not taker.holding


@pytest.mark.parametrize("first", [0, 1])
async def test_of_two_owners_at_different_places_one_does_it_all(redis: Redis, market: Market, first: int) -> None:
    """A zombie and its successor answer at the same moment: the entries delivered are those that were counted."""
    board, store = CutBoard(redis), ShardStore(redis)
    await store.commit(3, Commit([Watermark("partitions", "", "6")]))
    owners = [(CutTaker(board, store), owner(market, 5)), (CutTaker(board, store), owner(market, 8))]
    # What cutoffs moved is written by one of them only; here both have moved before.
    for _, mine in owners:
        mine.shard.move_cutoff("pay", ago(90))
    offset, counted, delivered = await cut(board, owners[first], owners[1 - first])
    assert (offset, counted) in {(5, 5 * 56), (8, 8 * 56)}
    assert delivered == counted
    assert sum(taker.holding for taker, _ in owners) == 1


async def test_a_cut_whose_owner_is_gone_is_lost(redis: Redis, market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take_cut, "_GRACE_S", 0.1)
    board, store = CutBoard(redis), ShardStore(redis)
    await store.commit(3, Commit([Watermark("partitions", "", "6")]))
    gone, heir = CutTaker(board, store), CutTaker(board, store)
    mine = owner(market, 5)
    await gone.answer(CutRequest("7", "census", CUTOFFS, ENDS), {3: mine})
    await gone.answer(CutRequest("7", "contents", CUTOFFS, ENDS), {})
    assert not gone.holding
    await board.want("7", "pay", np.array([1]))
    while (contents := await board.contents_of("7", 3)) is None:
        await heir.answer(CutRequest("7", "contents", CUTOFFS, ENDS), {3: owner(market, 5)})
    assert contents.lost

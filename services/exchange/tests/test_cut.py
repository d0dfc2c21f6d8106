"""A cut: what is counted and what is shown is one moment of one owner, whoever else believes to own the shard."""

import asyncio
import json

import pytest
from contracts.topics import COLLECTED
from exchange.adapters.cut_board import Asked, CutAsked, CutBoard, MeasureAtCut, Posted
from exchange.adapters.shard_store import Commit, ShardStore, Watermark
from exchange.domain.policy import POLICIES, months_before
from exchange.domain.shard import Batch, Days, Shard
from exchange.entrypoints.collector.reader import RecordReader
from exchange.usecases import cut_shards, take_cut
from exchange.usecases.collect import Owned
from exchange.usecases.cut_shards import CutLost, CutOfAll
from exchange.usecases.take_cut import CutTaker
from exchange_log import PARTITIONS, binary
from exchange_market import Market, ago, member, places
from exchange_wire import fetch
from redis.asyncio import Redis

DAYS = Days(ago(90), months_before(ago(90), 24))
QUESTION = CutAsked(
    1, {"pay": MeasureAtCut(DAYS.cutoff.isoformat(), DAYS.window.isoformat())}, {"pay.submitted": {3: 5}}
)
CENSUS, CONTENTS = Posted("7", 0, "census"), Posted("7", 1, "contents")


def never(partition: int, reason: str) -> None:
    raise AssertionError(f"dropped {partition}: {reason}")


def entries_of(market: Market, shard: Shard, numbers: range) -> Batch:
    """Entries of the one shop, as the collector reads them."""
    shop = market.shop(0, partition=shard.partition)
    said = {"pay.submitted": [market.pay(shop, "24", f"s{n}") for n in numbers]}
    if 0 in numbers:
        said["member.joined"] = [member(shop)]
    records = {
        topic: fetch(topic, [(binary(topic), json.dumps(body).encode()) for body in bodies])
        for topic, bodies in said.items()
    }
    return RecordReader(places().chains, PARTITIONS).prepare(shard, records).batch


def owner(market: Market, entries: int, partition: int = 3) -> Owned:
    """An owner of a partition that has come so far: one shop, so many entries."""
    shard = Shard(partition, POLICIES, places().chains)
    shard.fold(entries_of(market, shard, range(entries)))
    reached = dict.fromkeys(COLLECTED, 0) | {"member.joined": 1, "pay.submitted": entries}
    return Owned(shard, reached, dict(reached), {}, {"partitions": "6"})


async def cut(board: CutBoard, *answering: tuple[CutTaker, Owned]) -> tuple[int, int, int | None]:
    """One cut that all of them answer: (offset reported, entries counted, entries delivered; None for lost)."""
    await board.post(CENSUS, QUESTION)
    await asyncio.gather(*(taker.take(CENSUS, {3: mine}) for taker, mine in answering))
    census = await board.answer_of(CENSUS, 3)
    assert census is not None
    keys, entries = census.array("pay", 0, "<i8"), census.array("pay", 2, "<i4")
    await board.post(CONTENTS, Asked("pay", [keys.tobytes()]))
    while (contents := await board.answer_of(CONTENTS, 3)) is None:
        await asyncio.gather(*(taker.follow(CONTENTS, {3: mine}) for taker, mine in answering))
    delivered = None if contents.lost else len(contents.array("", 1, "<u2"))
    return census.offsets["pay.submitted"], int(entries.sum()), delivered


async def test_one_owner_counts_and_delivers(redis: Redis, market: Market) -> None:
    board, store = CutBoard(redis), ShardStore(redis)
    await store.commit(3, Commit([Watermark("partitions", "", "6")]))
    assert await cut(board, (CutTaker(board, store, never), owner(market, 5))) == (5, 5 * 56, 5 * 56)


async def test_what_comes_after_the_cut_is_not_in_it(redis: Redis, market: Market) -> None:
    """Entries go on being folded between the questions, so many that every log is moved to another place."""
    board, store = CutBoard(redis), ShardStore(redis)
    await store.commit(3, Commit([Watermark("partitions", "", "6")]))
    taker, mine = CutTaker(board, store, never), owner(market, 5)
    await board.post(CENSUS, QUESTION)
    await taker.take(CENSUS, {3: mine})
    census = await board.answer_of(CENSUS, 3)
    assert census is not None
    mine.shard.fold(entries_of(market, mine.shard, range(5, 400)))
    await board.post(CONTENTS, Asked("pay", census.arrays["pay"][:1]))
    await taker.follow(CONTENTS, {3: mine})
    contents = await board.answer_of(CONTENTS, 3)
    assert contents is not None
    assert contents.array("", 1, "<u2").tolist() == [2400] * 5 * 56
    assert int(mine.shard.ledgers["pay"].book.census().entries.sum()) == 400 * 56


async def test_who_is_not_that_far_does_not_answer(redis: Redis, market: Market) -> None:
    board = CutBoard(redis)
    taker = CutTaker(board, ShardStore(redis), never)
    await board.post(CENSUS, QUESTION)
    await taker.take(CENSUS, {3: owner(market, 4)})
    assert await board.answer_of(CENSUS, 3) is None
    assert not taker.holding


@pytest.mark.parametrize("first", [0, 1])
async def test_of_two_owners_at_different_places_one_does_it_all(redis: Redis, market: Market, first: int) -> None:
    """A zombie and its successor answer at the same moment: the entries delivered are those that were counted."""
    board, store = CutBoard(redis), ShardStore(redis)
    await store.commit(3, Commit([Watermark("partitions", "", "6")]))
    owners = [(CutTaker(board, store, never), owner(market, 5)), (CutTaker(board, store, never), owner(market, 8))]
    # What moving the days changes is written by one of them only; here both have moved before.
    for _, mine in owners:
        mine.shard.move_days("pay", DAYS)
        mine.stored |= {"cutoff:pay": DAYS.cutoff.isoformat(), "window:pay": DAYS.window.isoformat()}
    offset, counted, delivered = await cut(board, owners[first], owners[1 - first])
    assert (offset, counted) in {(5, 5 * 56), (8, 8 * 56)}
    assert delivered == counted
    assert sum(taker.holding for taker, _ in owners) == 1


@pytest.mark.parametrize("later", [CONTENTS, Posted("7", 1, "confirm")])
async def test_a_cut_whose_owner_is_gone_is_lost(
    redis: Redis, market: Market, monkeypatch: pytest.MonkeyPatch, later: Posted
) -> None:
    monkeypatch.setattr(take_cut, "_GRACE_S", 0.1)
    board, store = CutBoard(redis), ShardStore(redis)
    await store.commit(3, Commit([Watermark("partitions", "", "6")]))
    gone, heir = CutTaker(board, store, never), CutTaker(board, store, never)
    await board.post(CENSUS, QUESTION)
    await gone.take(CENSUS, {3: owner(market, 5)})
    assert gone.holding
    await gone.follow(CENSUS, {})
    assert not gone.holding
    await board.post(later, Asked("pay", [b""]))
    while (answer := await board.answer_of(later, 3)) is None:
        await heir.follow(later, {3: owner(market, 5)})
    assert answer.lost


async def test_a_conflict_drops_the_shard_concerned_and_the_others_are_cut(redis: Redis, market: Market) -> None:
    """Somebody else has written to partition 3; with what this process knows of partition 4 nothing is wrong."""
    board, store = CutBoard(redis), ShardStore(redis)
    await store.commit(3, Commit([Watermark("partitions", "", "12")]))
    await store.commit(4, Commit([Watermark("partitions", "", "6")]))
    dropped: list[tuple[int, str]] = []
    taker = CutTaker(board, store, lambda partition, reason: dropped.append((partition, reason)))
    await board.post(CENSUS, QUESTION)
    await taker.take(CENSUS, {3: owner(market, 5), 4: owner(market, 5, partition=4)})
    assert dropped == [(3, "conflict: partitions: the store holds '12'")]
    assert await board.answer_of(CENSUS, 3) is None
    assert await board.answer_of(CENSUS, 4) is not None


async def test_a_question_that_redis_lost_is_given_up_at_once(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would answer it; waited for to the end it held a release up for a minute."""
    monkeypatch.setattr(cut_shards, "_LOOK_S", 0.05)
    cut = CutOfAll(CutBoard(redis), "7", partitions=1)
    asking = asyncio.create_task(cut.take(QUESTION))
    while await CutBoard(redis).posted() is None:  # noqa: ASYNC110 - it is in Redis
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    assert not asking.done()
    await redis.flushdb()
    async with asyncio.timeout(5):
        with pytest.raises(CutLost):
            await asking

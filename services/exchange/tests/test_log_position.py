"""Looking at the log beside the collector: single records, ends, and what is no reason to stop a partition."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from contracts.topics import COLLECTED
from exchange.entrypoints.collector import log_position
from exchange.entrypoints.collector.log_position import LogReader, identity
from exchange.usecases.load_shard import Unowned
from exchange_log import Log
from exchange_market import Market, member
from exchange_system import World

JOINED = "member.joined"


@pytest.fixture
async def reader(world: World) -> AsyncIterator[LogReader]:
    made = LogReader(world.settings)
    await made.start()
    yield made
    await made.stop()


async def test_it_finds_any_record_and_the_ends(reader: LogReader, log: Log, market: Market) -> None:
    shop = market.shop(0, partition=2)
    first, second = await log.say(JOINED, member(shop), member(shop, 2))
    for place, revision in ((second, 2), (first, 1), (second, 2)):
        record = await reader.record_at(JOINED, 2, place.offset)
        assert record is not None
        assert json.loads(record.value)["revision"] == revision
    ends = await reader.ends(COLLECTED)
    assert ends[JOINED][2] == second.offset + 1
    assert {topic: sorted(of) for topic, of in ends.items()} == {topic: [0, 1, 2, 3, 4, 5] for topic in COLLECTED}


async def test_a_log_that_is_slow_is_a_fault_that_may_pass(reader: LogReader, log: Log, market: Market) -> None:
    """Nothing came: that is no proof that the record is another one, and no reason to wait for an operator."""
    (place,) = await log.say(JOINED, member(market.shop(0, partition=3)))
    with pytest.raises(TimeoutError, match=f"{JOINED} gave no record at offset {place.offset + 1} of partition 3"):
        await reader.record_at(JOINED, 3, place.offset + 1, within_s=0.2)
    # It is of use afterwards.
    assert await reader.record_at(JOINED, 3, place.offset) is not None


async def test_a_question_that_is_never_answered_is_given_up_and_the_next_one_is_not(
    reader: LogReader, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another topic is asked for while the client refreshes what it knows of its topics, as it does every five minutes: it
    begins anew, but not before the next refresh, and whoever asks meanwhile waits for that."""
    (place,) = await log.say(JOINED, member(market.shop(0, partition=5)))
    assert reader._connected is not None
    client = reader._connected._client
    refresh = client._metadata_update
    refreshing = asyncio.Event()

    async def slow_refresh(*asked: Any) -> bool:
        refreshing.set()
        await asyncio.sleep(0.2)
        return bool(await refresh(*asked))

    monkeypatch.setattr(client, "_metadata_update", slow_refresh)
    client._metadata_max_age_ms = 1
    await client.force_metadata_update()
    refreshing.clear()
    await refreshing.wait()
    client._metadata_max_age_ms = 300_000
    monkeypatch.setattr(log_position, "_WITHIN_S", 1.0)
    with pytest.raises(TimeoutError):
        await reader.ends(COLLECTED)
    assert (await reader.ends(COLLECTED))[JOINED][5] == place.offset + 1


async def test_a_topic_that_the_broker_does_not_know_does_not_end_at_nothing(
    reader: LogReader, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left out, a cut would not wait for its records: so a log that is not whole has no ends."""
    monkeypatch.setattr(log_position, "_WITHIN_S", 1.0)
    with pytest.raises(TimeoutError):
        await reader.ends((*COLLECTED, "pay.lost"))


async def test_positions_and_the_last_record_fit_or_the_partition_is_refused(
    reader: LogReader, log: Log, market: Market
) -> None:
    (place,) = await log.say(JOINED, member(market.shop(0, partition=4)))
    at = {JOINED: place.offset + 1}
    record = await reader.record_at(JOINED, 4, place.offset)
    assert record is not None
    await reader.check_positions(4, at)
    await reader.check_last(4, at, {JOINED: identity(record.value)})
    with pytest.raises(Unowned, match=f"the record at {JOINED} offset {place.offset} is not the one that was applied"):
        await reader.check_last(4, at, {JOINED: "0123456789abcdef"})
    with pytest.raises(
        Unowned, match=f"{JOINED} holds offsets 0 to {at[JOINED]}, the state stands at {at[JOINED] + 1}"
    ):
        await reader.check_positions(4, {JOINED: at[JOINED] + 1})

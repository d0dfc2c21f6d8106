"""What a loop gets that takes whole fetches: every record once, wherever the fetch begins and however batches are packed."""

import asyncio
import time
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from chassis.broker import safe_consumer
from chassis.fetched import AS_FETCHED, Fetched
from chassis.wire import fetched
from chassis_shop import MEDIA, Shop
from test_wire import CODECS, send_batch

PART = TopicPartition("media.published", 0)


def packed(values: list[bytes], first: int, *, deltas: list[int] | None = None, codec: int = 0) -> bytes:
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 1 << 20)
    for delta, value in zip(deltas or range(len(values)), values, strict=True):
        builder.append(delta, 0, b"k", value, [])
    made = bytearray(builder.build())
    made[:8] = first.to_bytes(8, "big")
    return bytes(made)


def said(found: Fetched) -> list[tuple[int, bytes]]:
    return [(record.offset, record.value) for record in found.records]


@pytest.mark.parametrize("codec", range(5))
def test_a_fetch_may_begin_within_a_batch_and_end_within_one(codec: int) -> None:
    raw = packed([b"a", b"b", b"c"], 10, codec=codec) + packed([b"d"], 13) + packed([b"cut"], 14, codec=codec)[:-1]
    found = fetched(PART, raw, 11)
    assert (found.first, found.next, found.contiguous) == (11, 14, True)
    assert said(found) == [(11, b"b"), (12, b"c"), (13, b"d")]
    assert found.at(12) == found.records[1]
    assert found.at(10) is None
    assert found.batches is not None
    assert [(batch.base_offset, batch.records) for batch in found.batches] == [(10, 3), (13, 1)]


def test_a_hole_within_a_batch_or_between_two_is_seen() -> None:
    assert not fetched(PART, packed([b"a", b"c"], 10, deltas=[0, 2]), 10).contiguous
    between = fetched(PART, packed([b"a"], 10) + packed([b"c"], 12), 10)
    assert (between.contiguous, between.next) == (False, 13)
    assert not fetched(PART, packed([b"a"], 12), 10).contiguous


def test_a_wrong_checksum_is_not_passed_on() -> None:
    raw = bytearray(packed([b"a"], 10) + packed([b"b"], 11))
    raw[-2] ^= 1
    with pytest.raises(CorruptRecordException, match=r"Invalid CRC - media\.published 0 at offset 11"):
        fetched(PART, bytes(raw), 10)


def test_a_log_of_an_older_format_is_left_to_the_client() -> None:
    builder = LegacyRecordBatchBuilder(1, 0, 1 << 20)
    for offset, value in enumerate([b"a", b"b"]):
        builder.append(offset, timestamp=0, key=b"k", value=value, headers=[])
    found = fetched(PART, bytes(builder.build()), 0)
    assert found.batches is None
    assert (found.contiguous, found.next) == (True, 2)
    assert said(found) == [(0, b"a"), (1, b"b")]


@pytest.fixture
async def whole(shop: Shop) -> Any:
    client = safe_consumer(shop.settings, group=None, key_deserializer=AS_FETCHED)
    await client.start()
    yield client
    await client.stop()


async def test_whole_fetches_come_from_the_broker_as_records_do(shop: Shop, whole: Any) -> None:
    start = await shop.end_offsets(MEDIA)
    part = TopicPartition(MEDIA, 1)
    for name, codec in CODECS.items():
        async with AIOKafkaProducer(bootstrap_servers=shop.settings.kafka, compression_type=codec) as producer:
            await producer.send_and_wait(MEDIA, name.encode(), key=b"k", headers=[("n", b"1")], partition=1)
    await send_batch(shop, "m-0", "m-1", "m-2", bad="m-1", partition=1)  # a header's name that is no text
    whole.assign([part])
    whole.seek(part, start[1] + 1)
    values: list[bytes] = []
    names: set[str] = set()
    while len(values) < len(CODECS) + 2:
        for found in (await whole.getmany(timeout_ms=2000)).get(part, []):
            assert isinstance(found, Fetched)
            assert (found.topic, found.partition, found.contiguous) == (MEDIA, 1, True)
            assert await whole.position(part) == found.next
            values += [record.value for record in found.records]
            names |= {name for record in found.records for name, _ in record.headers}
    assert values[: len(CODECS) - 1] == [name.encode() for name in list(CODECS)[1:]]
    assert "\\xff\\xfe\\xfd\\xfc" in names


async def test_what_waits_to_be_taken_holds_up_no_later_record(shop: Shop) -> None:
    """By itself aiokafka would ask for the idle partition meanwhile, and for nothing else until the broker answers."""
    start = await shop.end_offsets(MEDIA)
    busy, idle = TopicPartition(MEDIA, 1), TopicPartition(MEDIA, 0)
    client = safe_consumer(shop.settings, group=None, key_deserializer=AS_FETCHED, fetch_max_wait_ms=5_000)
    await client.start()
    try:
        client.assign([busy, idle])
        for part in (busy, idle):
            client.seek(part, start[part.partition])
        async with AIOKafkaProducer(bootstrap_servers=shop.settings.kafka) as producer:
            await producer.send_and_wait(MEDIA, b"first", partition=1)
            await asyncio.sleep(0.5)  # fetched by now, and longer than aiokafka waits
            assert [*await client.getmany(timeout_ms=10_000)] == [busy]
            await producer.send_and_wait(MEDIA, b"second", partition=1)
            began = time.monotonic()
            assert [*await client.getmany(timeout_ms=10_000)] == [busy]
        assert time.monotonic() - began < 2
    finally:
        await client.stop()

"""What a partner's client may put on the wire that aiokafka cannot read by itself."""

from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c
from chassis.broker import safe_consumer
from chassis_shop import MEDIA, Shop, equals, story, until
from contracts.codec import encode_kafka, new_event

CODECS = {"plain": None, "gzip": "gzip", "snappy": "snappy", "lz4": "lz4", "zstd": "zstd"}


def encoded(name: str) -> tuple[list[tuple[str, bytes]], bytes]:
    return encode_kafka(new_event(story(name), source="driveline/test"))


async def send_batch(shop: Shop, *names: str, bad: str, partition: int = 0, codec: str | None = None) -> None:
    """One batch, in which the record called `bad` has a header whose name is no text."""
    async with AIOKafkaProducer(bootstrap_servers=shop.settings.kafka, compression_type=codec) as raw:
        batch = raw.create_batch()
        for name in names:
            headers, value = encoded(name)
            batch.append(
                key=b"k", value=value, timestamp=None, headers=[*headers, ("QQQQ", b"1")] if name == bad else headers
            )
        batch.close()
        made = bytearray(bytes(batch._build()).replace(b"QQQQ", b"\xff\xfe\xfd\xfc"))
        made[17:21] = calc_crc32c(bytes(made[21:])).to_bytes(4, "big")
        batch._buffer = made
        await (await raw.send_batch(batch, MEDIA, partition=partition))


async def test_a_header_name_that_is_no_text_costs_no_record(shop: Shop) -> None:
    names = [f"m-{number}" for number in range(9)]
    await send_batch(shop, *names[:3], bad="none")
    await send_batch(shop, *names[3:6], bad="m-4")
    await send_batch(shop, *names[6:], bad="m-6")
    shop.consume()
    await shop.broker.start()
    await until(lambda: equals(shop.count, 9))
    assert await shop.things() == names
    assert await shop.dead() == []


async def test_a_loop_of_ones_own_reads_it_too_with_the_bytes_escaped(shop: Shop) -> None:
    start = await shop.end_offsets(MEDIA)
    await send_batch(shop, "m-0", "m-1", "m-2", bad="m-1", partition=2)
    records = await shop.read(MEDIA, start)
    assert len(records) == 3
    assert ("\\xff\\xfe\\xfd\\xfc", b"1") in records[1].headers
    assert records[2].headers[0] == ("content-type", b"application/json")


@pytest.mark.parametrize("codec", CODECS)
async def test_every_compression_that_a_partner_may_choose_is_read(shop: Shop, codec: str) -> None:
    headers, value = encoded("m-1")
    async with AIOKafkaProducer(bootstrap_servers=shop.settings.kafka, compression_type=CODECS[codec]) as producer:
        await producer.send_and_wait(MEDIA, value, key=b"k", headers=headers, partition=1)
    shop.consume()
    await shop.broker.start()
    await until(lambda: equals(shop.count, 1))


async def test_without_the_guard_the_partition_would_stop_for_ever(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the guard is there; when this fails, aiokafka has learnt it and `chassis.wire` may go."""
    monkeypatch.setattr(fetcher, "MemoryRecords", MemoryRecords)
    monkeypatch.setattr(fetcher, "PartitionRecords", fetcher.PartitionRecords.__mro__[1])
    start = await shop.end_offsets(MEDIA)
    await send_batch(shop, "m-0", "m-1", "m-2", bad="m-1", partition=2)
    tp = TopicPartition(MEDIA, 2)
    client: Any = safe_consumer(shop.settings, group=None)
    await client.start()
    try:
        client.assign([tp])
        client.seek(tp, start[2])
        given: list[Any] = []
        errors = 0
        while errors < 3:
            try:
                given += (await client.getmany(timeout_ms=500)).get(tp, [])
            except UnicodeDecodeError:
                errors += 1
        assert given == []
        assert await client.position(tp) == start[2], "not even m-0, in front of it, is ever given"
    finally:
        await client.stop()

"""The producer: Java's partitions, any header, and back to work after the broker turned a record down."""

import random

import pytest
from aiokafka.errors import KafkaError, OutOfOrderSequenceNumber
from chassis.broker import kafka_broker, safe_consumer
from chassis.producer import TOO_LARGE, Producer
from chassis_shop import MEDIA, Shop
from contracts.codec import partition_of
from contracts.topics import topic


async def test_keys_go_where_javas_default_partitioner_puts_them(shop: Shop) -> None:
    """`contracts` holds murmur2 against known answers of the Java client; here the running client is held to it."""
    keys = ["shop-42", "school-3", "9b1c", "", "Überholspur", "a" * 300, *(f"member-{n}" for n in range(60))]
    start = await shop.end_offsets(MEDIA)
    for key in keys:
        await shop.producer.send(MEDIA, b"{}", key=key)
    records = await shop.read(MEDIA, start)
    assert len(records) == len(keys)
    partitions = {(record.key or b"").decode(): record.partition for record in records}
    wanted = {key: partition_of(key, topic(MEDIA).partitions) for key in keys if key}
    assert {key: partitions[key] for key in wanted} == wanted


async def test_headers_go_out_as_they_are(shop: Shop) -> None:
    start = await shop.end_offsets(MEDIA)
    headers: list[tuple[str, bytes | None]] = [("a", None), ("a", b"\xff\x00"), ("b", b"")]
    await shop.producer.send(MEDIA, None, key=b"\xfe", headers=headers, partition=1)
    (record,) = await shop.read(MEDIA, start)
    assert (list(record.headers), record.key, record.value) == (headers, b"\xfe", None)


async def test_a_record_that_the_broker_turns_down_does_not_stop_the_others(shop: Shop) -> None:
    start = await shop.end_offsets(MEDIA)
    noise = random.Random(7).randbytes(4 * 1024 * 1024 - 400)
    with pytest.raises(TOO_LARGE):
        await shop.producer.send(MEDIA, noise + b"x" * 300, key="k", headers=[("h", b"x" * 200)])
    for number in range(5):
        await shop.producer.send(MEDIA, str(number).encode(), key="k")
    assert [record.value for record in await shop.read(MEDIA, start)] == [b"0", b"1", b"2", b"3", b"4"]


async def test_a_client_whose_sequence_no_longer_agrees_is_replaced(shop: Shop) -> None:
    """As after a broker that lost its log: without a new producer id every later send would fail too."""
    start = await shop.end_offsets(MEDIA)
    await shop.producer.send(MEDIA, b"0", key="k")
    client = shop.producer._client
    assert client is not None
    for tp in list(client._txn_manager._sequence_numbers):
        client._txn_manager._sequence_numbers[tp] += 7
    with pytest.raises(OutOfOrderSequenceNumber):
        await shop.producer.send(MEDIA, b"lost", key="k")
    await shop.producer.send(MEDIA, b"1", key="k")
    assert [record.value for record in await shop.read(MEDIA, start)] == [b"0", b"1"]


async def test_sending_before_the_start_or_after_the_stop_is_an_error_not_a_loss(shop: Shop) -> None:
    producer = Producer(shop.settings)
    with pytest.raises(KafkaError):
        await producer.send(MEDIA, b"{}", key="k")
    await producer.start()
    await producer.send(MEDIA, b"{}", key="k")
    await producer.stop()
    with pytest.raises(KafkaError):
        await producer.send(MEDIA, b"{}", key="k")


def test_a_consumer_that_would_jump_to_the_end_is_not_made(shop: Shop) -> None:
    with pytest.raises(ValueError, match="auto_offset_reset: 'latest' would lose records"):
        safe_consumer(shop.settings, group="g", auto_offset_reset="latest")
    assert kafka_broker(shop.settings).config.broker_config.allow_auto_create_topics is False

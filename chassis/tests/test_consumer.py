"""A record that cannot be applied stands alone in the dead letters; its neighbours are applied, and nothing is lost."""

from typing import Any

import pytest
from aiokafka import TopicPartition
from chassis.errors import Unapplicable
from chassis_shop import MEDIA, Shop, dead_is, equals, headers_of, story, until
from contracts.codec import CloudEvent, encode_kafka, new_event
from contracts.event import Event
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def test_events_are_applied_once_each_and_their_offsets_committed(shop: Shop) -> None:
    before = await shop.end_offsets(MEDIA)
    shop.consume()
    await shop.broker.start()
    for number in range(40):
        await shop.publish(story(f"m-{number}"))
    await until(lambda: equals(shop.count, 40))
    assert sorted(await shop.things()) == sorted(f"m-{number}" for number in range(40))
    await until(lambda: _committed_is(shop, 40 + sum(before.values())))


async def test_one_poison_record_is_dead_lettered_alone_and_its_neighbours_are_applied(shop: Shop) -> None:
    key = "same-key-so-one-partition"
    good = [encode_kafka(new_event(story(f"m-{n}"), source="driveline/test")) for n in range(6)]
    poison: list[tuple[list[tuple[str, Any]], bytes | None]] = [
        ([*good[0][0], ("x-odd", None)], good[0][1]),
        ([*good[0][0], ("x-odd", b"\xff\xfe")], good[0][1]),
        (good[1][0], b"not JSON"),
        (good[1][0], b'{"media_id": 7}'),
        (good[1][0], None),
        ([], b""),
    ]
    for (headers, value), (bad_headers, bad_value) in zip(good, poison, strict=True):
        await shop.producer.send(MEDIA, value, key=key, headers=headers)
        await shop.producer.send(MEDIA, bad_value, key=key, headers=bad_headers)
    shop.consume()
    await shop.broker.start()
    await until(lambda: equals(shop.count, 6))
    assert await shop.things() == [f"m-{n}" for n in range(6)]
    await until(lambda: dead_is(shop, 6))
    dead = await shop.dead()
    assert [record.value for record in dead] == [value for _, value in poison]
    assert [record.key for record in dead] == [key.encode()] * 6
    assert ("x-odd", None) in dead[0].headers
    assert ("x-odd", b"\xff\xfe") in dead[1].headers
    reasons = [(headers_of(record)["dead_reason"] or b"").decode() for record in dead]
    assert reasons[0] == "x-odd: is a header without a value"
    assert reasons[1] == "x-odd: is a header that is not UTF-8 at byte 0"
    assert reasons[2].startswith("data: ")
    assert reasons[3] == "media_id: 7 is not text"
    assert all(headers_of(record)["dead_topic"] == MEDIA.encode() for record in dead)
    assert all(headers_of(record)["dead_attempts"] == b"1" for record in dead)


async def test_what_a_handler_calls_unapplicable_is_rolled_back_alone(shop: Shop) -> None:
    async def picky(event: Event, ce: CloudEvent, session: AsyncSession) -> None:
        await shop.write(session, ce, event.key())
        if event.key() == "m-2":
            raise Unapplicable("media_id: m-2 is nobody's")

    for number in range(5):
        await shop.publish(story(f"m-{number}"), partition=0)
    shop.consume(picky)
    await shop.broker.start()
    await until(lambda: dead_is(shop, 1))
    await until(lambda: equals(shop.count, 4))
    assert await shop.things() == ["m-0", "m-1", "m-3", "m-4"]
    assert headers_of((await shop.dead())[0])["dead_reason"] == b"media_id: m-2 is nobody's"


@pytest.mark.parametrize("title", ["a \x00 that PostgreSQL cannot store"])
async def test_data_that_the_database_cannot_hold_is_dead_lettered(shop: Shop, title: str) -> None:
    async def store(event: Event, ce: CloudEvent, session: AsyncSession) -> None:
        value = title if event.key() == "m-1" else event.key()
        await session.execute(text("SELECT CAST(:value AS text)"), {"value": value})
        await shop.write(session, ce, event.key())

    for number in range(3):
        await shop.publish(story(f"m-{number}"), partition=0)
    shop.consume(store)
    await shop.broker.start()
    await until(lambda: equals(shop.count, 2))
    assert await shop.things() == ["m-0", "m-2"]
    await until(lambda: dead_is(shop, 1))


async def _committed_is(shop: Shop, wanted: int) -> bool:
    return sum((await shop.committed(MEDIA)).values()) == wanted


async def test_an_error_of_the_chassis_itself_commits_nothing_for_its_partition(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positions are past the batch by then; committing them, as `ack()` does, would lose it in a crash."""
    consumer = shop.consume()
    before = (await shop.end_offsets(MEDIA))[1]
    for number in range(3):
        await shop.publish(story(f"p0-{number}"), partition=0)
        await shop.publish(story(f"p1-{number}"), partition=1)
    passed = consumer.waiting.passed
    failures = 0

    def broken(tp: TopicPartition, next_offset: int) -> None:
        nonlocal failures
        if tp.partition == 1 and failures < 2:
            failures += 1
            raise RuntimeError("a defect of the chassis")
        passed(tp, next_offset)

    monkeypatch.setattr(consumer.waiting, "passed", broken)
    await shop.broker.start()
    await until(lambda: failures == 1)
    await until(lambda: _committed_at(shop, 0, 3))
    assert (await shop.committed(MEDIA))[1] == before
    await until(lambda: _committed_at(shop, 1, before + 3))
    assert failures == 2
    assert sorted(await shop.things()) == [f"p{p}-{n}" for p in (0, 1) for n in range(3)]


async def _committed_at(shop: Shop, partition: int, at_least: int) -> bool:
    return (await shop.committed(MEDIA)).get(partition, 0) >= at_least


async def test_a_record_of_two_mebibytes_is_dead_lettered_and_its_neighbours_applied(shop: Shop) -> None:
    good = [encode_kafka(new_event(story(f"m-{n}"), source="driveline/test")) for n in range(2)]
    await shop.producer.send(MEDIA, good[0][1], key="k", headers=good[0][0], partition=0)
    await shop.producer.send(MEDIA, b"x" * 2_097_152, key="k", headers=good[0][0], partition=0)
    await shop.producer.send(MEDIA, good[1][1], key="k", headers=good[1][0], partition=0)
    shop.consume()
    await shop.broker.start()
    await until(lambda: equals(shop.count, 2))
    await until(lambda: dead_is(shop, 1))
    (dead,) = await shop.dead()
    assert headers_of(dead)["dead_reason"] == b"value: 2097152 bytes, at most 1048576"
    assert len(dead.value or b"") == 2_097_152 or headers_of(dead)["dead_truncated"]

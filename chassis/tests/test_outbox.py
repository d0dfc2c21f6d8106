"""Events leave the outbox because their transaction committed, each at least once, compacted keys in order."""

import asyncio
import contextlib
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from chassis.servers import NativeKafka
from chassis.servers.topics import from_contract, make_topics
from chassis_shop import MEDIA, Shop, equals, headers_of, story, until
from contracts.codec import decode_kafka, parse
from contracts.event import Refused
from contracts.membership import ContactChanged
from contracts.topics import topic
from sqlalchemy import select, text, update

from chassis import metrics, relay, tracing

CONTACT = "contact.changed"


class ChangedMindError(Exception):
    """What makes a transaction roll back."""


def contact(contact_id: str, revision: int) -> ContactChanged:
    return ContactChanged(contact_id=contact_id, revision=revision, member_id="shop-42", name=f"Pat {revision}")


async def test_a_rolled_back_transaction_emits_nothing(shop: Shop) -> None:
    start = await shop.end_offsets(MEDIA)
    with contextlib.suppress(ChangedMindError):
        async with shop.database.transaction() as session:
            await shop.outbox.emit(session, story("never"))
            raise ChangedMindError
    async with shop.database.transaction() as session:
        savepoint = await session.begin_nested()
        await shop.outbox.emit(session, story("never either"))
        await savepoint.rollback()
        await shop.outbox.emit(session, story("this one"))
    await shop.outbox.start(shop.broker)
    await until(lambda: equals(shop.outbox.due, 0))
    assert [record.key for record in await shop.read(MEDIA, start)] == [b"this one"]


async def test_a_relayed_event_is_a_cloud_event_in_the_trace_of_its_cause(shop: Shop) -> None:
    start = await shop.end_offsets(MEDIA)
    event = story("m-1", title="Überholspur")
    with tracing.span("test") as span:
        async with shop.database.transaction() as session:
            ce_id = await shop.outbox.emit(session, event)
    await shop.outbox.start(shop.broker)
    await until(lambda: equals(shop.outbox.due, 0))
    (record,) = await shop.read(MEDIA, start)
    ce = decode_kafka(record.headers, record.value)
    assert (ce.id, ce.type, ce.source) == (ce_id, "driveline.media.published.v1", f"driveline/{shop.name}")
    assert parse(ce, strict=True) == event
    traceparent = (headers_of(record)["traceparent"] or b"").decode()
    assert traceparent.split("-")[1] == f"{span.get_span_context().trace_id:032x}"


async def test_a_relay_is_woken_by_the_commit_in_whichever_process_it_is(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Polling alone would find the event after 15 s at the earliest."""
    monkeypatch.setattr(relay, "POLL_S", 15.0)
    monkeypatch.setattr(relay, "IDLE_POLL_S", 15.0)
    monkeypatch.setattr(relay, "LEASE_S", 60.0)
    other = shop.another()
    await other.producer.start()
    await other.outbox.start(other.broker)
    await asyncio.sleep(1.0)  # its first look finds nothing
    async with shop.database.transaction() as session:
        async with session.begin_nested():
            await shop.outbox.emit(session, story("quick"))
        await asyncio.sleep(0.3)  # released, not committed: too early to wake anybody
    await until(lambda: equals(shop.outbox.due, 0), 5)
    await other.stop()


async def test_due_counts_what_is_leased_and_what_failed_but_nothing_planned_for_later(shop: Shop) -> None:
    t = shop.outbox_table
    async with shop.database.transaction() as session:
        await shop.outbox.emit_many(session, [story("due"), story("leased"), story("failed")])
        await shop.outbox.emit_tombstone(session, CONTACT, "c-9", at=datetime.now(UTC) + timedelta(days=1))
        for number, (row_id,) in enumerate((await session.execute(select(t.c.id).order_by(t.c.id))).all()):
            if number == 1:
                await session.execute(
                    update(t).where(t.c.id == row_id).values(acquired_at=datetime.now(UTC), acquired_token=uuid.uuid4())
                )
            if number == 2:
                later = datetime.now(UTC) + timedelta(seconds=30)
                await session.execute(update(t).where(t.c.id == row_id).values(attempts_count=1, next_attempt_at=later))
    assert await shop.outbox.due() == 3
    await shop.outbox.measure()
    assert metrics.OUTBOX_PENDING.collect()[0].samples[0].value == 3


async def test_an_event_too_large_for_any_topic_fails_its_transaction(shop: Shop) -> None:
    huge = story("huge").model_copy(update={"summary": "x" * 1_100_000})
    async with shop.database.transaction() as session:
        with pytest.raises(Refused, match="1048576"):
            await shop.outbox.emit(session, huge)
    assert await shop.outbox.due() == 0


async def test_a_compacted_key_keeps_its_order_through_two_relays_and_failures(shop: Shop) -> None:
    """Ten keys of twenty revisions; some rows failed before and are planned behind their successors."""
    keys = [f"c-{uuid.uuid4().hex[:6]}" for _ in range(10)]
    start = await shop.end_offsets(CONTACT)
    t = shop.outbox_table
    for revision in range(1, 21):
        async with shop.database.transaction() as session:
            await shop.outbox.emit_many(session, [contact(key, revision) for key in keys])
    async with shop.database.transaction() as session:
        failed = text("id % 7 = 0")
        later = datetime.now(UTC) + timedelta(seconds=2)
        await session.execute(update(t).where(failed).values(attempts_count=1, next_attempt_at=later))
    other = shop.another()
    await other.producer.start()
    await asyncio.gather(shop.outbox.start(shop.broker), other.outbox.start(other.broker))
    await until(lambda: equals(shop.outbox.due, 0))
    await other.stop()
    sent: dict[str, list[int]] = {}
    for record in await shop.read(CONTACT, start):
        event = parse(decode_kafka(record.headers, record.value), strict=True)
        assert isinstance(event, ContactChanged)
        sent.setdefault(event.contact_id, []).append(event.revision)
    assert sorted(sent) == sorted(keys)
    assert all(revisions == list(range(1, 21)) for revisions in sent.values()), sent


async def test_a_tombstone_follows_the_erased_revision(shop: Shop) -> None:
    key = f"c-{uuid.uuid4().hex[:6]}"
    start = await shop.end_offsets(CONTACT)
    async with shop.database.transaction() as session:
        await shop.outbox.emit(session, ContactChanged(contact_id=key, revision=2, erased=True))
        await shop.outbox.emit_tombstone(session, CONTACT, key)
    await shop.outbox.start(shop.broker)
    await until(lambda: equals(shop.outbox.due, 0))
    erased, tombstone = await shop.read(CONTACT, start)
    assert (erased.key, tombstone.key, tombstone.value) == (key.encode(), key.encode(), None)


@pytest.mark.timeout(120)
async def test_while_kafka_is_away_events_wait_and_then_all_arrive(shop: Shop, kafka_server: NativeKafka) -> None:
    make_topics(kafka_server.address, [from_contract(topic(MEDIA)), from_contract(topic(CONTACT))])
    away = Shop(shop.settings.model_copy(update={"kafka": kafka_server.address}), shop.name)
    try:
        await away.producer.start()
        await away.outbox.start(away.broker)
        kafka_server.kill()
        for number in range(30):
            async with away.database.transaction() as session:
                await away.outbox.emit(session, story(f"m-{number}"))
        async with away.database.transaction() as session:
            await away.outbox.emit_many(session, [contact("c-1", revision) for revision in (1, 2, 3)])
        await until(lambda: _failed_once(away), 30)
        assert await away.outbox.due() == 33
        kafka_server.start()
        await until(lambda: equals(away.outbox.due, 0), 60)
        keys = {record.key for record in await away.read(MEDIA)}
        assert keys == {f"m-{number}".encode() for number in range(30)}
        revisions = [
            event.revision
            for record in await away.read(CONTACT)
            if isinstance(event := parse(decode_kafka(record.headers, record.value), strict=True), ContactChanged)
        ]
        assert revisions[-1] == 3
    finally:
        await away.stop()


async def _failed_once(shop: Shop) -> bool:
    async with shop.database.session() as session:
        counts = await session.execute(select(shop.outbox_table.c.attempts_count))
        return any(int(row[0]) > 0 for row in counts)

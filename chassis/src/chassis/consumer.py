"""Consuming without losing: a FastStream batch subscriber that acknowledges by hand, after the effect, once a batch."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from aiokafka import TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from contracts.codec import CloudEvent
from contracts.event import Event
from faststream import AckPolicy
from faststream.kafka import KafkaMessage
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import logs, metrics
from chassis.apply import Apply, Record, apply_records
from chassis.broker import Broker
from chassis.database import Database
from chassis.dead_letters import DeadLetters, Rejection
from chassis.drain import Drain
from chassis.events import ce_id_of, event_applier
from chassis.offsets import Offsets
from chassis.raw import clean_headers, whole_message
from chassis.retry import Backoff, reason_of
from chassis.waiting import Wait, Waiting

Handler: TypeAlias = Callable[[Event, CloudEvent, AsyncSession], Awaitable[None]]

# Partitions applied at once: each takes a connection, and their commits share one flush of the database's log.
CONCURRENT_PARTITIONS = 4
# aiokafka's poll waits this long for records, and FastStream sleeps as long again when none came.
POLL_MS = 50
# A dead letter that Kafka does not take by then lets its partition wait.
SEND_TIMEOUT_S = 20.0

log = logs.get(__name__)


class Consumer:
    """One group's subscriber in this process, with its waiting partitions and the signs that it is alive."""

    def __init__(
        self, *, group: str, apply: Apply, dead_letters: DeadLetters, database: Database, backoff: Backoff | None = None
    ) -> None:
        self.group = group
        self.waiting = Waiting(group, backoff)
        self.drain = Drain(self._revoked, self._assigned)
        self.offsets = Offsets(self.drain, group)
        self.busy_since: float | None = None
        self.progressed = time.monotonic()
        self.settled = False
        self._apply = apply
        self._dead_letters = dead_letters
        self._database = database
        self._at_once = asyncio.Semaphore(CONCURRENT_PARTITIONS)

    @property
    def assignment(self) -> set[TopicPartition]:
        """The partitions that this process owns now."""
        return self.offsets.assignment

    async def on_batch(self, message: KafkaMessage) -> None:
        """Apply a batch, partition by partition, then commit the offsets reached. Nothing is raised from here."""
        self.busy_since = time.monotonic()
        try:
            await self._on_batch(message)
        except Exception:  # an error of this module: the offsets stay, and the partitions are read again
            log.exception("batch failed", group=self.group)
            self.offsets.back_to(message.raw_message)
            await asyncio.sleep(1.0)
        finally:
            self.busy_since = None
            self.progressed = time.monotonic()

    async def _on_batch(self, message: KafkaMessage) -> None:
        groups: dict[TopicPartition, list[Record]] = defaultdict(list)
        for record in message.raw_message:
            groups[TopicPartition(record.topic, record.partition)].append(record)
        parts = (self._partition(tp, records) for tp, records in groups.items())
        # All come to their end, whatever one does: none may still run when its partition is read again.
        reached = await asyncio.gather(*parts, return_exceptions=True)
        await self.offsets.commit(
            {tp: offset for tp, offset in zip(groups, reached, strict=True) if isinstance(offset, int)}
        )
        for failed in reached:
            if isinstance(failed, BaseException):
                raise failed

    async def _partition(self, tp: TopicPartition, records: Sequence[Record]) -> int | None:
        """Apply one partition's records; the offset reached, or None when not even the first is done."""
        if tp in self.waiting and self.waiting.attempts(tp, records[0].offset) == 0:
            self.waiting.drop(tp)  # the position was moved by somebody else
        async with self._at_once:
            started = time.monotonic()
            done, failed, fault = await self._apply_and_reject(tp, records)
            self.progressed = time.monotonic()
        metrics.BATCH.labels(self.group).observe(self.progressed - started)
        if failed is None:
            self.waiting.passed(tp, records[-1].offset + 1)
            return int(records[-1].offset) + 1
        if done:
            self.waiting.passed(tp, failed.offset)
        self._hold(tp, failed, fault)
        return int(failed.offset) if done else None

    async def _apply_and_reject(
        self, tp: TopicPartition, records: Sequence[Record]
    ) -> tuple[bool, Record | None, BaseException | None]:
        first, rest = records[0], records
        rejected: list[Rejection] = []
        skipped = self.waiting.skip_requested(tp, first.offset)
        if skipped is not None:
            reason = f"skipped by an operator: {skipped}"
            rejected.append(Rejection(first, reason, self.waiting.attempts(tp, first.offset)))
            rest = records[1:]
        failed, fault, applied = None, None, 0
        if rest:
            outcome = await apply_records(rest, self._apply, self._database, self._attempts)
            rejected += outcome.rejected
            failed, fault, applied = outcome.failed, outcome.fault, outcome.applied
        for rejection in rejected:
            # Out, and acknowledged, before the offset is: a crash in between sends it twice, never not at all.
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await self._dead_letters.send(rejection.record, rejection.reason, rejection.attempts)
            except Exception as away:  # noqa: BLE001 - Kafka or the record's own dead letter: wait, do not lose it
                return rejection.record.offset > first.offset, rejection.record, away
            metrics.DEAD_LETTERED.labels(tp.topic, self.group).inc()
            log.warning(
                "dead letter",
                topic=tp.topic,
                partition=tp.partition,
                offset=rejection.record.offset,
                ce_id=ce_id_of(rejection.record),
                reason=rejection.reason,
            )
        metrics.APPLIED.labels(tp.topic, self.group).inc(applied)
        if failed is None:
            metrics.EVENT_AGE.labels(tp.topic, self.group).observe(max(0.0, time.time() - records[-1].timestamp / 1000))
        return failed is None or failed.offset > first.offset, failed, fault

    def _attempts(self, record: Record) -> int:
        return self.waiting.attempts(TopicPartition(record.topic, record.partition), record.offset)

    def _hold(self, tp: TopicPartition, record: Record, fault: BaseException | None) -> None:
        if self.offsets.wait_at(tp, record.offset):
            reason = reason_of(fault) if fault is not None else "unknown"
            self.waiting.hold(tp, record.offset, ce_id_of(record), reason, self.offsets.resume)

    def skip(self, topic: str, partition: int, offset: int | None = None) -> Wait | None:
        """Send the record that a partition waits for to the dead letters; None when it does not wait."""
        return self.waiting.skip(topic, partition, offset, self.offsets.resume)

    def measure(self) -> None:
        """Refresh the gauges; called when metrics are read."""
        for tp in self.assignment:
            if (lag := self.offsets.lag(tp)) is not None:
                metrics.LAG.labels(tp.topic, tp.partition, self.group).set(lag)

    def _revoked(self, partitions: set[TopicPartition]) -> None:
        self.waiting.clear()
        for tp in partitions:  # the next owner tells how far behind they are
            with contextlib.suppress(KeyError):
                metrics.LAG.remove(tp.topic, str(tp.partition), self.group)

    def _assigned(self, partitions: set[TopicPartition]) -> None:
        self.progressed = time.monotonic()
        self.settled = True
        log.info("assigned", group=self.group, partitions=len(partitions))


def consume(
    broker: Broker,
    *,
    service: str,
    group: str,
    handler: Handler,
    dead_letters: DeadLetters,
    database: Database,
    topics: Sequence[str] = (),
    pattern: str | None = None,
    max_records: int = 500,
    backoff: Backoff | None = None,
) -> Consumer:
    """Apply each event of some topics with `handler(event, ce, session)`, once, in the transaction of its session.

    The handler says `contracts.Refused` or `chassis.errors.Unapplicable` for what can never be applied. Anything else
    that it raises is retried while the partition waits. It may be called again for an event, after a rollback.
    """
    return consume_records(
        broker,
        service=service,
        group=group,
        apply=event_applier(handler, group),
        dead_letters=dead_letters,
        database=database,
        topics=topics,
        pattern=pattern,
        max_records=max_records,
        backoff=backoff,
    )


def consume_records(
    broker: Broker,
    *,
    service: str,
    group: str,
    apply: Apply,
    dead_letters: DeadLetters,
    database: Database,
    topics: Sequence[str] = (),
    pattern: str | None = None,
    max_records: int = 500,
    backoff: Backoff | None = None,
) -> Consumer:
    """The same for raw records: `apply(records, session)` gets one partition's records and returns what it rejects."""
    if bool(topics) == (pattern is not None):
        raise ValueError("topics: name some, or give a pattern, not both")
    consumer = Consumer(group=group, apply=apply, dead_letters=dead_letters, database=database, backoff=backoff)
    subscriber = broker.subscriber(
        *topics,
        batch=True,
        pattern=pattern,
        group_id=group,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="earliest",
        parser=clean_headers,
        decoder=whole_message,
        listener=consumer.drain,
        max_records=max_records,
        batch_timeout_ms=POLL_MS,
        partition_assignment_strategy=(RoundRobinPartitionAssignor,),
        title=f"{service}:{group}",
    )
    subscriber(consumer.on_batch)
    consumer.drain.subscriber = subscriber
    broker.consumers.append(consumer)
    return consumer

"""Consuming without losing: a FastStream batch subscriber that acknowledges by hand, after the effect, once a batch."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from aiokafka import TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError, KafkaError
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
from chassis.raw import clean_headers, whole_message
from chassis.retry import Backoff, reason_of
from chassis.waiting import Wait, Waiting

Handler: TypeAlias = Callable[[Event, CloudEvent, AsyncSession], Awaitable[None]]

# Partitions applied at once: each takes a connection, and their commits share one flush of the database's log.
CONCURRENT_PARTITIONS = 4
# aiokafka's poll waits this long for records, and FastStream sleeps as long again when none came.
POLL_MS = 50
COMMIT_ATTEMPTS = 8

log = logs.get(__name__)


class Consumer:
    """One group's subscriber in this process, with its waiting partitions and the signs that it is alive."""

    def __init__(
        self, *, group: str, apply: Apply, dead_letters: DeadLetters, database: Database, backoff: Backoff | None = None
    ) -> None:
        self.group = group
        self.waiting = Waiting(group, backoff)
        self.drain = Drain(self._revoked, self._assigned)
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
        client = self.drain.consumer
        return set(client.assignment()) if client is not None else set()

    async def on_batch(self, message: KafkaMessage) -> None:
        """Apply a batch, partition by partition, then commit the offsets reached. Nothing is raised from here."""
        self.busy_since = time.monotonic()
        try:
            await self._on_batch(message)
        except Exception:  # an error of this module: the offsets stay, and the partitions are read again
            log.exception("batch failed", group=self.group)
            self._seek_back(message.raw_message)
        finally:
            self.busy_since = None
            self.progressed = time.monotonic()

    async def _on_batch(self, message: KafkaMessage) -> None:
        groups: dict[TopicPartition, list[Record]] = defaultdict(list)
        for record in message.raw_message:
            groups[TopicPartition(record.topic, record.partition)].append(record)
        reached = await asyncio.gather(*(self._partition(tp, records) for tp, records in groups.items()))
        offsets = {tp: offset for tp, offset in zip(groups, reached, strict=True) if offset is not None}
        await self._commit(offsets)
        self._note_lag(groups)

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
        client = self.drain.consumer
        if client is None or tp not in client.assignment():
            return
        client.seek(tp, record.offset)
        client.pause(tp)
        reason = reason_of(fault) if fault is not None else "unknown"
        self.waiting.hold(tp, record.offset, ce_id_of(record), reason, self._resume)

    def _resume(self, tp: TopicPartition) -> None:
        client = self.drain.consumer
        if client is not None and tp in client.assignment():
            client.resume(tp)

    def skip(self, topic: str, partition: int, offset: int | None = None) -> Wait | None:
        """Send the record that a partition waits for to the dead letters; None when it does not wait."""
        return self.waiting.skip(topic, partition, offset, self._resume)

    async def _commit(self, offsets: dict[TopicPartition, int]) -> None:
        """Commit what is done. Not `ack()`: it commits positions, and a waiting partition's has passed its record."""
        backoff = Backoff(first_s=0.1, cap_s=2.0)
        for attempt in range(1, COMMIT_ATTEMPTS + 1):
            client = self.drain.consumer
            mine = {tp: offset for tp, offset in offsets.items() if client is not None and tp in client.assignment()}
            if client is None or not mine:
                return
            try:
                await client.commit(mine)
            except (CommitFailedError, IllegalStateError, ConsumerStoppedError) as lost:
                metrics.COMMITS_FAILED.labels(self.group).inc()
                log.warning("partitions were taken away before the commit", group=self.group, reason=reason_of(lost))
                return
            except KafkaError as away:
                metrics.COMMITS_FAILED.labels(self.group).inc()
                log.warning("commit failed", group=self.group, reason=reason_of(away), attempt=attempt)
                await asyncio.sleep(backoff.seconds(attempt))
            else:
                return
        raise TimeoutError("the offsets could not be committed")

    def _seek_back(self, records: Sequence[Record]) -> None:
        client = self.drain.consumer
        first: dict[TopicPartition, int] = {}
        for record in records:
            tp = TopicPartition(record.topic, record.partition)
            first[tp] = min(first.get(tp, record.offset), record.offset)
        for tp, offset in first.items():
            if client is not None and tp in client.assignment():
                client.seek(tp, offset)

    def _note_lag(self, partitions: Sequence[TopicPartition] | dict[TopicPartition, list[Record]]) -> None:
        for tp in partitions:
            if (lag := self.lag(tp)) is not None:
                metrics.LAG.labels(tp.topic, tp.partition, self.group).set(lag)

    def lag(self, tp: TopicPartition) -> int | None:
        """Records not yet read from a partition, as of the last fetch; None when not known."""
        client = self.drain.consumer
        if client is None or tp not in client.assignment():
            return None
        end, last = client.highwater(tp), self.reached(tp)
        return max(0, end - last) if end is not None and last is not None else None

    def reached(self, tp: TopicPartition) -> int | None:
        """The next offset that this consumer will read, None when not known yet."""
        client = self.drain.consumer
        if client is None:
            return None
        state = client._subscription.subscription.assignment.state_value(tp)  # noqa: SLF001
        return int(state.position) if state.has_valid_position else None

    def _revoked(self, _partitions: set[TopicPartition]) -> None:
        self.waiting.clear()

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

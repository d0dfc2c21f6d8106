"""Partitions that wait for a fault to pass: visible to the operator, who can skip the record to the dead letters."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from aiokafka import TopicPartition

from chassis import logs, metrics
from chassis.retry import Backoff

Resume: TypeAlias = Callable[[TopicPartition], None]

log = logs.get(__name__)


@dataclass(slots=True)
class Wait:
    """One partition and the record that it waits for."""

    topic: str
    partition: int
    offset: int
    ce_id: str
    reason: str
    attempts: int
    since: float
    skip: bool = False
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)

    def as_json(self) -> dict[str, object]:
        """What the operator sees."""
        return {
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "ce_id": self.ce_id,
            "reason": self.reason,
            "attempts": self.attempts,
            "waiting_seconds": round(time.monotonic() - self.since, 1),
        }


class Waiting:
    """The waiting partitions of one consumer."""

    def __init__(self, group: str, backoff: Backoff | None = None) -> None:
        self.group = group
        self._backoff = backoff or Backoff()
        self._waits: dict[TopicPartition, Wait] = {}

    def attempts(self, tp: TopicPartition, offset: int) -> int:
        """How often the record was tried and failed before now."""
        wait = self._waits.get(tp)
        return wait.attempts if wait is not None and wait.offset == offset else 0

    def skip_requested(self, tp: TopicPartition, offset: int) -> str | None:
        """The fault that an operator decided not to wait for any longer, if this record is the one."""
        wait = self._waits.get(tp)
        return wait.reason if wait is not None and wait.skip and wait.offset == offset else None

    def hold(self, tp: TopicPartition, offset: int, ce_id: str, reason: str, resume: Resume) -> None:
        """Let a partition wait; `resume(tp)` is called when the record is to be tried again."""
        known = self._waits.get(tp)
        if known is None or known.offset != offset:
            known = Wait(tp.topic, tp.partition, offset, ce_id, reason, 0, time.monotonic())
            self._waits[tp] = known
        known.attempts += 1
        known.reason = reason
        delay = self._backoff.seconds(known.attempts)
        if known.skip:  # only its dead letter is missing
            delay = min(delay, 1.0)
        known.timer = asyncio.get_running_loop().call_later(delay, resume, tp)
        metrics.RETRIED.labels(tp.topic, self.group).inc()
        metrics.PARTITION_WAITING.labels(tp.topic, tp.partition).set(known.attempts)
        metrics.PARTITION_WAITING_OFFSET.labels(tp.topic, tp.partition).set(offset)
        log.warning(
            "partition waits",
            topic=tp.topic,
            partition=tp.partition,
            offset=offset,
            ce_id=ce_id,
            reason=reason,
            attempts=known.attempts,
            next_attempt_in_s=round(delay, 2),
        )

    def passed(self, tp: TopicPartition, next_offset: int) -> None:
        """Everything below `next_offset` is done: the partition waits no longer, if it did."""
        wait = self._waits.get(tp)
        if wait is not None and wait.offset < next_offset:
            log.info("partition goes on", topic=tp.topic, partition=tp.partition, attempts=wait.attempts)
            self.drop(tp)

    def drop(self, tp: TopicPartition) -> None:
        """Forget the partition, because it went on or went to another owner."""
        wait = self._waits.pop(tp, None)
        if wait is None:
            return
        if wait.timer is not None:
            wait.timer.cancel()
        for gauge in (metrics.PARTITION_WAITING, metrics.PARTITION_WAITING_OFFSET):
            gauge.remove(tp.topic, str(tp.partition))

    def clear(self) -> None:
        """Forget all."""
        for tp in list(self._waits):
            self.drop(tp)

    def skip(self, topic: str, partition: int, offset: int | None, resume: Resume) -> Wait | None:
        """Send the record that a partition waits for to the dead letters at once; None when it does not wait."""
        tp = TopicPartition(topic, partition)
        wait = self._waits.get(tp)
        if wait is None or (offset is not None and wait.offset != offset):
            return None
        wait.skip = True
        if wait.timer is not None:
            wait.timer.cancel()
        resume(tp)
        return wait

    def __contains__(self, tp: object) -> bool:
        return tp in self._waits

    def __iter__(self) -> Iterator[Wait]:
        return iter(list(self._waits.values()))

"""Whether a process lives, by the progress that it makes, and whether it is ready to be asked."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiokafka import TopicPartition

from chassis.broker import Broker
from chassis.consumer import Consumer
from chassis.database import Database

# FastStream polls twenty times a second; aiokafka gives a batch back within seconds even while a broker is away.
POLL_SILENCE_S = 60.0
# A batch that takes longer than this hangs: statements are given up after 30 s, sends by their own timeouts.
BATCH_SILENCE_S = 180.0
# Records are there and are not read: the loop is dead though it looks alive.
FROZEN_S = 90.0

Check = Callable[[], Awaitable[str | None]]


@dataclass(slots=True)
class _Seen:
    position: int
    since: float


class Health:
    """The probes of one process. Describing the cluster proves nothing about a consumer: these look at its progress."""

    def __init__(self, *, database: Database | None = None, broker: Broker | None = None) -> None:
        self._database = database
        self._broker = broker
        self._seen: dict[tuple[str, TopicPartition], _Seen] = {}
        self.started = False
        self.unhealthy: str | None = None
        """Set by anything that knows it cannot go on, e.g. a rebalance listener, whose exceptions are only logged."""
        self.live_checks: list[Check] = []
        self.ready_checks: list[Check] = []

    async def live(self) -> list[str]:
        """What is wrong so that only a restart helps; empty when alive."""
        problems = [self.unhealthy] if self.unhealthy else []
        if self.started and self._broker is not None:
            for consumer in self._broker.consumers:
                problems += self._consumer_problems(consumer)
        for check in self.live_checks:
            if problem := await check():
                problems.append(problem)
        return problems

    async def ready(self) -> list[str]:
        """What is not there yet; empty when ready."""
        problems: list[str] = []
        if self._database is not None and not await self._database.ready():
            problems.append("database: does not answer")
        if self._broker is not None:
            if not self.started:
                problems.append("kafka: not connected yet")
            # With more copies than partitions a copy owns none and is ready all the same, once the group has settled.
            problems += [
                f"consumer {consumer.group}: no assignment yet"
                for consumer in self._broker.consumers
                if not consumer.settled
            ]
        for check in self.ready_checks:
            if problem := await check():
                problems.append(problem)
        return problems

    def _consumer_problems(self, consumer: Consumer) -> list[str]:
        now = time.monotonic()
        name = f"consumer {consumer.group}"
        if consumer.busy_since is not None:
            silent = now - max(consumer.busy_since, consumer.progressed)
            return [f"{name}: batch without progress for {silent:.0f} s"] if silent > BATCH_SILENCE_S else []
        silent = now - consumer.drain.last_poll
        if silent > POLL_SILENCE_S:
            return [f"{name}: has not polled for {silent:.0f} s"]
        return [
            f"{name}: {tp.topic}-{tp.partition} stuck at {position} with {consumer.offsets.lag(tp)} to read"
            for tp in consumer.assignment
            if (position := self._frozen_at(consumer, tp, now)) is not None
        ]

    def _frozen_at(self, consumer: Consumer, tp: TopicPartition, now: float) -> int | None:
        position, lag = consumer.offsets.reached(tp), consumer.offsets.lag(tp)
        if position is None or not lag or tp in consumer.waiting:
            self._seen.pop((consumer.group, tp), None)
            return None
        seen = self._seen.get((consumer.group, tp))
        if seen is None or seen.position != position:
            self._seen[consumer.group, tp] = _Seen(position, now)
            return None
        return position if now - seen.since > FROZEN_S else None

"""Where a consumer stands in its partitions: committing what is done, going back, waiting, and how far it is behind."""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError, KafkaError

from chassis import logs, metrics
from chassis.apply import Record
from chassis.drain import Drain
from chassis.retry import Backoff, reason_of

# About ten seconds; then the batch is read again, which changes nothing.
COMMIT_ATTEMPTS = 8

log = logs.get(__name__)


class Offsets:
    """The client's side of a consumer. Partitions that were taken away meanwhile are left alone."""

    def __init__(self, drain: Drain, group: str) -> None:
        self._drain = drain
        self._group = group

    @property
    def assignment(self) -> set[TopicPartition]:
        """The partitions that this process owns now."""
        client = self._drain.consumer
        return set(client.assignment()) if client is not None else set()

    def _client(self, tp: TopicPartition) -> AIOKafkaConsumer | None:
        client = self._drain.consumer
        return client if client is not None and tp in client.assignment() else None

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit what is done. Not `ack()`: it commits positions, which are past a batch whether it was applied or not."""
        backoff = Backoff(first_s=0.1, cap_s=2.0)
        for attempt in range(1, COMMIT_ATTEMPTS + 1):
            client = self._drain.consumer
            mine = {tp: offset for tp, offset in offsets.items() if self._client(tp) is not None}
            if client is None or not mine:
                return
            try:
                await client.commit(mine)
            except (CommitFailedError, IllegalStateError, ConsumerStoppedError) as lost:
                metrics.COMMITS_FAILED.labels(self._group).inc()
                log.warning("partitions were taken away before the commit", group=self._group, reason=reason_of(lost))
                return
            except KafkaError as away:
                metrics.COMMITS_FAILED.labels(self._group).inc()
                log.warning("commit failed", group=self._group, reason=reason_of(away), attempt=attempt)
                await asyncio.sleep(backoff.seconds(attempt))
            else:
                return
        raise TimeoutError("the offsets could not be committed")

    def back_to(self, records: Sequence[Record]) -> None:
        """Read these records again."""
        first: dict[TopicPartition, int] = {}
        for record in records:
            tp = TopicPartition(record.topic, record.partition)
            first[tp] = min(first.get(tp, record.offset), record.offset)
        for tp, offset in first.items():
            if (client := self._client(tp)) is not None:
                client.seek(tp, offset)

    def wait_at(self, tp: TopicPartition, offset: int) -> bool:
        """Stand still before a record until `resume`; the other partitions go on. False when it is not ours now."""
        client = self._client(tp)
        if client is None:
            return False
        client.seek(tp, offset)
        client.pause(tp)
        return True

    def resume(self, tp: TopicPartition) -> None:
        """Read on."""
        if (client := self._client(tp)) is not None:
            client.resume(tp)

    def lag(self, tp: TopicPartition) -> int | None:
        """Records not yet read from a partition, as of the last fetch; None when not known."""
        client, reached = self._client(tp), self.reached(tp)
        end = client.highwater(tp) if client is not None else None
        return max(0, end - reached) if end is not None and reached is not None else None

    def reached(self, tp: TopicPartition) -> int | None:
        """The next offset that will be read; None when not known yet.

        `position()` would wait for it; a probe must not.
        """
        client = self._client(tp)
        if client is None:
            return None
        state = client._subscription.subscription.assignment.state_value(tp)  # noqa: SLF001
        return int(state.position) if state.has_valid_position else None

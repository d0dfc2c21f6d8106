"""What leans on FastStream's insides: draining before a rebalance, and noting when a consumer last polled.

FastStream does not wait for a running handler when partitions are taken away, so that one record ran twice at once.
`subscriber.lock` cures it but is not documented: it is used here and nowhere else, and
`tests/test_drain.py` fails when it no longer does what is needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from chassis import logs

if TYPE_CHECKING:
    from faststream.kafka.subscriber.usecase import LogicSubscriber

log = logs.get(__name__)

# Longer than any batch takes, shorter than the group's patience (the session goes on by heartbeats meanwhile).
DRAIN_S = 30.0


class Drain(ConsumerRebalanceListener):  # type: ignore[misc]
    """Partitions are given up only after the running batch is applied and its offsets are committed."""

    def __init__(
        self,
        on_revoked: Callable[[set[TopicPartition]], None],
        on_assigned: Callable[[set[TopicPartition]], None],
    ) -> None:
        self.subscriber: LogicSubscriber[Any] | None = None
        self.last_poll = time.monotonic()
        self._on_revoked = on_revoked
        self._on_assigned = on_assigned

    @property
    def consumer(self) -> AIOKafkaConsumer | None:
        """The client behind the subscriber, while it runs."""
        return self.subscriber.consumer if self.subscriber is not None else None

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Wait for the running handler; aiokafka joins the group again only after this returns."""
        lock: Any = self.subscriber.lock if self.subscriber is not None else None
        if lock is not None and hasattr(lock, "wait_release"):
            await lock.wait_release(DRAIN_S)
        self._on_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Begin to note the polls of this client, and let the new partitions run."""
        self._note_polls()
        self._on_assigned(assigned)

    def _note_polls(self) -> None:
        consumer = self.consumer
        self.last_poll = time.monotonic()
        if consumer is None or "getmany" in vars(consumer):
            return
        poll = consumer.getmany

        async def noted(*args: Any, **kwargs: Any) -> Any:
            self.last_poll = time.monotonic()
            return await poll(*args, **kwargs)

        consumer.getmany = noted

"""The consumer by which a collector reads the log: whole fetches, large ones, of all collected topics together."""

from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from chassis.broker import safe_consumer
from chassis.fetched import AS_FETCHED
from chassis.settings import ServiceSettings

SILENCE_S: Final = 90
"""Who has not polled for so long is taken for dead, by the group and by itself."""
# Of one partition at a time: large enough that a batch's fixed costs vanish, small enough that its commit, one
# transaction, does not hold Redis up. Nobody waits for what a builder commits, only for what others commit in between.
_MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_OF_A_BUILDER: Final = 4 * _MOST_BYTES
_METADATA_MS = 10_000  # more partitions are to be noticed before many records lie in them
_SESSION_MS: Final = 6_000  # the least by a broker's default: until then nobody takes over from the dead
_HEARTBEAT_MS: Final = 300  # by its answer a process hears that the group deals anew


def log_consumer(settings: ServiceSettings, group: str | None) -> AIOKafkaConsumer:
    """Not started yet. The group deals by range, so that one process has a partition of every topic; a builder has none."""
    most_bytes, at_once = (_MOST_BYTES, 8) if group else (_MOST_OF_A_BUILDER, 4)
    return safe_consumer(
        settings,
        group=group,
        metadata_max_age_ms=_METADATA_MS,
        partition_assignment_strategy=[RangePartitionAssignor],
        key_deserializer=AS_FETCHED,
        max_partition_fetch_bytes=most_bytes,
        fetch_max_bytes=at_once * most_bytes,
        session_timeout_ms=_SESSION_MS,
        max_poll_interval_ms=SILENCE_S * 1_000,
        heartbeat_interval_ms=_HEARTBEAT_MS,
    )

"""What the table says of one topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from contracts.event import Event

DAY_MS = 86_400_000
FOR_EVER = -1
MIB = 1_048_576


@dataclass(frozen=True)
class Topic:
    """One Kafka topic.

    `readers` are the consumer groups that read it today: `driveline settle` waits for exactly these. `later_readers`
    are going to. `scope` is what a partner needs to publish it; None means that partners cannot.
    """

    name: str
    event: type[Event] | None
    key: str | None
    owner: str
    writers: tuple[str, ...]
    readers: tuple[str, ...] = ()
    later_readers: tuple[str, ...] = ()
    carries: str = ""
    partitions: int = 6
    production_partitions: int = 6
    retention_ms: int = 30 * DAY_MS
    cleanup: Literal["delete", "compact"] = "delete"
    scope: str | None = None
    # An event may have 1 MiB (codec.MAX_EVENT_BYTES). The broker takes more, so that what is too large arrives and is
    # refused with a reason that its sender can read, instead of an error that only the sender's client library sees.
    max_message_bytes: int = 4 * MIB

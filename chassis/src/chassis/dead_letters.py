"""The dead letters: what could not be applied, alone, with its bytes as they came and the reason why."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRecord

from chassis.producer import TOO_LARGE, Producer


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that will not be applied, and why."""

    record: ConsumerRecord[Any, Any]
    reason: str
    attempts: int = 1


class DeadLetters:
    """Writes to `<service>.dead`; returns when Kafka has acknowledged, so that the offset may be committed after."""

    def __init__(self, producer: Producer, service: str) -> None:
        self._producer = producer
        self.topic = f"{service}.dead"

    async def send(self, record: ConsumerRecord[Any, Any], reason: str, attempts: int = 1) -> None:
        """Publish one record: key, value and headers unchanged, with headers added that say whence and why."""
        headers: list[tuple[str, bytes | None]] = [
            *record.headers,
            ("dead_topic", record.topic.encode()),
            ("dead_partition", str(record.partition).encode()),
            ("dead_offset", str(record.offset).encode()),
            ("dead_reason", " ".join(reason.split()).encode("utf-8", "backslashreplace")),
            ("dead_attempts", str(attempts).encode()),
            ("dead_at", datetime.now(UTC).isoformat().replace("+00:00", "Z").encode()),
        ]
        # A keyless tombstone cannot be sent at all: an empty key stands for none.
        key = b"" if record.key is None and record.value is None else record.key
        try:
            await self._producer.send(self.topic, record.value, key=key, headers=headers)
        except TOO_LARGE:
            size = len(record.value or b"")
            headers.append(("dead_truncated", f"{size} bytes, the value is in the original topic".encode()))
            await self._producer.send(self.topic, (record.value or b"")[:65_536], key=key, headers=headers)

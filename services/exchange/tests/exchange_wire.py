"""Records as the broker would give them: one batch of Kafka's format, made by the client's own builder."""

from collections.abc import Sequence
from typing import TypeAlias

from aiokafka import TopicPartition
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from chassis.fetched import Fetched
from chassis.wire import fetched

Said: TypeAlias = tuple[Sequence[tuple[str, bytes | None]], bytes | None]  # headers, value


def packed(said: Sequence[Said], first: int = 0, *, deltas: Sequence[int] | None = None, codec: int = 0) -> bytes:
    """One record batch that begins at offset `first`; `deltas` are the records' offsets from there."""
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 1 << 26)
    for delta, (headers, value) in zip(deltas or range(len(said)), said, strict=True):
        builder.append(delta, 1_000 + delta, b"key", value, list(headers))
    made = bytearray(builder.build())
    made[:8] = first.to_bytes(8, "big")  # the broker writes it, outside the checksum
    return bytes(made)


def fetch(
    topic: str,
    said: Sequence[Said],
    first: int = 0,
    *,
    partition: int = 3,
    deltas: Sequence[int] | None = None,
    codec: int = 0,
) -> Fetched:
    """A fetch of one partition that brought these records."""
    return fetched(TopicPartition(topic, partition), packed(said, first, deltas=deltas, codec=codec), first)

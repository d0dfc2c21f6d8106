"""Reads the Kafka log raw: every record of a topic up to given offsets, with a plain consumer and no group."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

BATCH = 5000
WAIT_MS = 1000


class Record(NamedTuple):
    """One record as it lies on the log."""

    topic: str
    partition: int
    offset: int
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None


class Incomplete(Exception):
    """The log does not hold what it is asked for."""


@asynccontextmanager
async def _consumer(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Closed even when it could not be started: aiokafka's own context manager leaves it open and says so later."""
    signed_in = getattr(bootstrap, "aiokafka", {})  # the address of a secured broker carries who asks
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="none", **signed_in
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def end_of(bootstrap: str, topic: str) -> dict[str, dict[int, int]]:
    """The offset after the last record of a topic that has one partition."""
    async with _consumer(bootstrap) as consumer:
        only = TopicPartition(topic, 0)
        return {topic: {0: (await consumer.end_offsets([only]))[only]}}


async def read(
    bootstrap: str, upto: Mapping[str, Mapping[int, int]], progress: Callable[[int], None] = lambda _: None
) -> list[Record]:
    """Every record below the given offsets, from the very first; Incomplete when some are gone or not there yet."""
    wanted = {TopicPartition(t, n): end for t, parts in upto.items() for n, end in parts.items() if end > 0}
    records: list[Record] = []
    if not wanted:
        return records
    async with _consumer(bootstrap) as consumer:
        begins = await consumer.beginning_offsets(list(wanted))
        ends = await consumer.end_offsets(list(wanted))
        for part, end in wanted.items():
            if begins[part] > 0 or ends[part] < end:
                held = f"{begins[part]} to {ends[part]}"
                raise Incomplete(f"{part.topic}/{part.partition}: the log holds {held}, the manifest counts 0 to {end}")
        consumer.assign(list(wanted))
        await consumer.seek_to_beginning()
        open_parts = set(wanted)
        while open_parts:
            batch = await consumer.getmany(*open_parts, timeout_ms=WAIT_MS, max_records=BATCH)
            for part, found in batch.items():
                kept = [r for r in found if r.offset < wanted[part]]
                records.extend(Record(part.topic, part.partition, r.offset, tuple(r.headers), r.value) for r in kept)
                progress(len(kept))
            for part in tuple(open_parts):
                if await consumer.position(part) >= wanted[part]:
                    open_parts.remove(part)
                    consumer.pause(part)
    return records

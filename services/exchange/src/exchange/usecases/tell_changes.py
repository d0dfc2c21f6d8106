"""Tell changes: an event for each cell that a published epoch changed or withdrew, from the rows that say so.

What readers are shown is written in the transaction that shows it, so those rows are an outbox already; how far they are
told is written down after Kafka has acknowledged. Told twice, after a crash, is the same event.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from chassis.producer import Producer
from chassis.retry import Backoff, reason_of
from contracts.codec import CloudEvent, encode_kafka, parse_data
from contracts.exchange import BenchmarkPublished, BenchmarkWithdrawn
from contracts.fields import moment_text
from contracts.topics import topic_of, type_of
from opentelemetry.trace import SpanKind

from chassis import logs, tracing
from exchange.adapters import metrics
from exchange.adapters.epochs import EpochRow, Epochs
from exchange.usecases.announce import published, withdrawn

_LOOK_S: Final = 2.0
# Whoever publishes an epoch is busy with handing it on to readers, and tells it then; after this long it did not.
_GIVEN_UP_S: Final = 10.0
_AT_ONCE: Final = 200  # on their way to Kafka together; others read and write between two of these
_WITHIN_S: Final = 8.0
_PAUSE: Final = Backoff(first_s=0.2, cap_s=30.0)

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class _Telling:
    """What all events of one telling have in common."""

    row: EpochRow
    source: str
    time: str
    traceparent: str | None

    def event(self, model: type[BenchmarkPublished | BenchmarkWithdrawn], cell: str, body: bytes) -> CloudEvent:
        """The event of a cell; what the contract does not take is not told."""
        parse_data(model, body, strict=True)
        ce_id = f"{model.topic.replace('.', '-')}-{self.row.epoch}-{self.row.serial}-{cell}"
        trace = {} if self.traceparent is None else {"traceparent": self.traceparent}
        return CloudEvent(ce_id, self.source, type_of(model.topic), self.time, cell, body, trace)


class TellChanges:
    """One process of all tells; the others look whether there is something left."""

    def __init__(self, epochs: Epochs, producer: Producer, source: str) -> None:
        self._epochs = epochs
        self._producer = producer
        self._source = source
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There is something to tell."""
        self._woken.set()

    async def due(self) -> int:
        """How many epochs the log has not every change of yet."""
        return len(await self._epochs.untold())

    async def run(self) -> None:
        """Tell what is due, again and again until Kafka has it. Runs until cancelled."""
        failures, woken = 0, True  # whoever begins knows nothing of what another process was about to tell
        while True:
            try:
                await self.tell_all(0.0 if woken else _GIVEN_UP_S)
                failures, pause = 0, _LOOK_S
            except Exception as away:  # noqa: BLE001 - for ever: what is not told is a promise not kept
                failures, pause = failures + 1, _PAUSE.seconds(failures + 1)
                log.warning("changes not told", reason=reason_of(away))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), pause)
            woken = self._woken.is_set()
            self._woken.clear()

    async def tell_all(self, older_than_s: float = 0.0) -> None:
        """Tell every epoch published so long ago, the oldest first, unless somebody else is at it."""
        untold = await self._epochs.untold(older_than_s)
        since = [row.published_at for row in untold if row.published_at is not None]
        metrics.UNTOLD_SECONDS.set((datetime.now(UTC) - min(since)).total_seconds() if since else 0)
        if not untold:
            return
        async with self._epochs.telling() as alone:
            for row in await self._epochs.untold(older_than_s) if alone else ():
                with tracing.span("tell changes", kind=SpanKind.PRODUCER):
                    told = await self._tell(row)
                metrics.UNTOLD_SECONDS.set(0)
                log.info("changes told", epoch=row.epoch, serial=row.serial, events=told)

    async def _tell(self, row: EpochRow) -> int:
        telling = _Telling(row, self._source, moment_text(datetime.now(UTC)), tracing.traceparent())
        told = 0
        if row.told == "":  # what may not be shown first, and sorted
            for start in range(0, len(row.withdrawn), _AT_ONCE):
                some = row.withdrawn[start : start + _AT_ONCE]
                told += await self._send(
                    [telling.event(BenchmarkWithdrawn, cell, withdrawn(row, cell)) for cell in some]
                )
        while changes := await self._epochs.changes(row):
            for start in range(0, len(changes), _AT_ONCE):
                few = changes[start : start + _AT_ONCE]
                told += await self._send(
                    [telling.event(BenchmarkPublished, one.cell, published(row, one)) for one in few]
                )
            await self._epochs.told(row, changes[-1].cell)
        await self._epochs.told(row, None)
        return told

    async def _send(self, events: Sequence[CloudEvent]) -> int:
        """Publish these, and return once Kafka has all of them; how many."""
        async with asyncio.timeout(_WITHIN_S):
            sent = []
            for event in events:
                headers, value = encode_kafka(event)
                topic = topic_of(event.type).name
                sent.append(await self._producer.send_soon(topic, value, key=event.subject, headers=headers))
            await self._producer.confirm(sent)
        for event in events:
            metrics.CHANGES_TOLD.labels(topic_of(event.type).name).inc()
        return len(sent)

"""The collector: an aiokafka loop that reads all topics of a partition together and folds them into its shard.

Three things overlap: the next fetches are taken and translated on the event loop while the last ones are folded by
compiled code on threads and committed to Redis. Records are taken only when their offsets continue the shard's own
without a gap; anything else drops the shard and loads it again, so that memory and store never disagree for long.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from chassis.broker import safe_consumer
from chassis.dead_letters import DeadLetters
from chassis.fetched import AS_FETCHED, Fetched
from chassis.producer import Producer
from chassis.retry import reason_of
from chassis.settings import ServiceSettings
from contracts.topics import COLLECTED

from chassis import logs
from chassis import metrics as chassis_metrics
from exchange.adapters import metrics
from exchange.adapters.cut_board import CutBoard, Posted
from exchange.adapters.shard_store import Conflict, ShardStore
from exchange.domain.lattice import Geography
from exchange.domain.shard import Past
from exchange.entrypoints.collector.committed_offsets import CommittedOffsets
from exchange.entrypoints.collector.log_position import LogReader, gap_in
from exchange.entrypoints.collector.ownership import Ownership
from exchange.entrypoints.collector.reader import Prepared, RecordReader, rank
from exchange.entrypoints.collector.watching import every
from exchange.usecases.collect import Owned, collect
from exchange.usecases.scrub import Scrubber
from exchange.usecases.sources import TOPIC_OF
from exchange.usecases.take_cut import CutTaker

GROUP = "exchange"
# Of one partition at a time: large enough that a batch's fixed costs vanish, small enough that its commit, one script,
# does not hold Redis up.
_MOST_BYTES = 4 * 1024 * 1024
_POLL_MS = 50
_COMMIT_S = 0.2
_CUT_POLL_S = 0.1
_LOOK_S = 2.0
_METADATA_MS = 10_000  # a topic that was away for a moment must not cost more
_QUESTION_POLL_S = 0.02  # while an epoch is being made, one question follows the other
_SILENCE_S = 90
# Together well within what `chassis.runtime` gives a part to stop: leaving the group comes last.
_FINISH_S = 1.0
_TELL_S = 0.5

log = logs.get(__name__)


@dataclass(slots=True)
class _Work:
    partition: int
    owned: Owned
    prepared: Prepared
    reached: dict[str, int]
    counts: dict[str, int]


class Collector:
    """Collects into the shards that the group assigns to this process."""

    def __init__(
        self,
        settings: ServiceSettings,
        store: ShardStore,
        board: CutBoard,
        producer: Producer,
        dead_letters: DeadLetters,
        geography: Geography,
        past: Callable[[], Awaitable[Callable[[int], Past]]],
    ) -> None:
        self._settings = settings
        self._store = store
        self._board = board
        self._producer = producer
        self._dead_letters = dead_letters
        self._geography = geography
        self._past = past
        self._cuts = CutTaker(board, store)
        self._scrubber = Scrubber(store, geography, self._drop)
        self._cut: Posted | None = None
        self._log = LogReader(settings)
        self._consumer: AIOKafkaConsumer | None = None
        self._shards: Ownership | None = None
        self._offsets: CommittedOffsets | None = None
        self._reader: RecordReader | None = None
        self._inflight: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self.progressed = time.monotonic()

    # -- life ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Join the group and begin to collect. May be called again after a `stop`: Kafka may be away at first."""
        self._stopping = False
        self._beat()
        await self._log.start()
        self._consumer = safe_consumer(
            self._settings,
            group=GROUP,
            partition_assignment_strategy=[RangePartitionAssignor],
            key_deserializer=AS_FETCHED,
            max_partition_fetch_bytes=_MOST_BYTES,
            fetch_max_bytes=8 * _MOST_BYTES,
            metadata_max_age_ms=_METADATA_MS,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
        )
        await self._consumer.start()
        self._shards = Ownership(
            self._consumer, self._store, self._log, self._geography.chains, self._past, self._before_revoking
        )
        self._offsets = CommittedOffsets(self._consumer, GROUP)
        self._consumer.subscribe(list(COLLECTED), listener=self._shards)
        self._tasks = [
            asyncio.create_task(self._run(), name="collector"),
            asyncio.create_task(self._commit_offsets(), name="collector-commits"),
            asyncio.create_task(self._watch_cut(), name="collector-cuts"),
            asyncio.create_task(every(_LOOK_S, self._shards.look), name="collector-log"),
        ]

    async def stop(self) -> None:
        """Finish the batch in hand unless that takes long, and leave the group, so that others need not wait for us."""
        self._stopping = True
        if self._tasks:
            await asyncio.wait(self._tasks[:1], timeout=_FINISH_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_TELL_S):
                    await self._tell_offsets()
            if self._consumer is not None:
                await self._consumer.stop()
        finally:
            self._consumer, self._shards, self._offsets = None, None, None
            await self._log.stop()

    async def problem(self) -> str | None:
        """What is wrong so that only a restart helps (for /livez)."""
        silent = time.monotonic() - self.progressed
        if self._tasks and self._tasks[0].done() and not self._stopping:
            return "collector: its loop has ended"
        return f"collector: no progress for {silent:.0f} s" if silent > _SILENCE_S else None

    async def unready(self) -> str | None:
        """What is not there yet (for /readyz)."""
        shards = self._shards
        if shards is None or not shards.assigned:
            return "collector: no assignment yet"
        if shards.stopped:
            return "; ".join(reason for _, reason in sorted(shards.stopped.items()))
        return f"collector: loading shards {sorted(shards.waiting)}" if shards.waiting else None

    @property
    def _owned(self) -> dict[int, Owned]:
        return {} if self._shards is None else self._shards.owned

    def _drop(self, partition: int, reason: str) -> None:
        assert self._shards is not None  # noqa: S101
        self._shards.drop(partition, reason)

    async def _before_revoking(self) -> None:
        while self._inflight is not None and not self._inflight.done():
            await asyncio.wait([self._inflight], timeout=1)
        await self._tell_offsets()

    # -- the loop -----------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while not self._stopping:
            try:
                await self._turn()
            except asyncio.CancelledError:
                raise
            except Exception as fault:
                log.exception("collector turn failed", reason=reason_of(fault))
                for partition in list(self._owned):
                    self._drop(partition, f"fault: {reason_of(fault)}")
                await asyncio.sleep(0.5)
        if self._inflight is not None:
            await self._inflight

    def _beat(self) -> None:
        self.progressed = time.monotonic()

    async def _turn(self) -> None:
        assert self._consumer is not None and self._shards is not None  # noqa: S101, PT018
        if self._shards.waiting:
            await self._shards.adopt(self._beat)
        fetches = await self._consumer.getmany(timeout_ms=_POLL_MS)
        self._beat()
        work = self._prepare(fetches)
        if self._inflight is not None:
            await self._inflight
            self._inflight = None
        await self._scrubber.scrub(self._owned)
        work = [item for item in work if self._owned.get(item.partition) is item.owned]
        await self._cuts.take(self._cut, self._owned)
        if work:
            self._inflight = asyncio.create_task(self._settle_all(work, time.monotonic()))

    def _prepare(self, fetches: Mapping[TopicPartition, list[Fetched]]) -> list[_Work]:
        by_partition: dict[int, dict[str, Fetched]] = {}
        for part, found in fetches.items():
            if found and part.partition in self._owned:
                (by_partition.setdefault(part.partition, {})[part.topic],) = found
        if self._reader is None:
            assert self._shards is not None  # noqa: S101
            self._reader = RecordReader(self._geography.chains, self._shards.partitions)
        work = []
        for partition, topics in by_partition.items():
            owned = self._owned[partition]
            gap = gap_in(owned, topics)
            if gap is not None:
                self._drop(partition, f"gap: {gap}")
                continue
            prepared = self._reader.prepare(owned.shard, topics)
            reached = {topic: fetched.next for topic, fetched in topics.items()}
            owned.prepared.update(reached)
            counts = {topic: fetched.next - fetched.first for topic, fetched in topics.items()}
            work.append(_Work(partition, owned, prepared, reached, counts))
        return work

    async def _settle_all(self, work: list[_Work], began: float) -> None:
        await asyncio.gather(*(self._settle(item) for item in work))
        metrics.COLLECT_SECONDS.observe(time.monotonic() - began)

    async def _settle(self, item: _Work) -> None:
        """Send away what is not for this shard, then fold and commit; any fault drops the shard, and nothing is lost."""
        prepared = item.prepared
        try:
            for record, reason in prepared.refused:
                await self._dead_letters.send(record, reason)
                chassis_metrics.DEAD_LETTERED.labels(record.topic, GROUP).inc()
            for record, home in prepared.strays:
                await self._producer.send(
                    record.topic, record.value, key=record.key, headers=record.headers, partition=home
                )
                metrics.STRAYS.labels(record.topic).inc()
                log.error("record in the wrong partition", topic=record.topic, partition=record.partition,
                          offset=record.offset, home=home)  # fmt: skip

            async def rank_of(measure: str, partition: int, offset: int) -> int:
                return await self._rank(prepared, measure, partition, offset)

            await collect(item.owned, prepared.batch, item.reached, prepared.last, self._store, rank_of)
        except Conflict as conflict:
            self._drop(item.partition, f"conflict: {conflict}")
        except Exception as fault:  # noqa: BLE001 - not knowing whether it was written is a reason to look, not to die
            log.warning("batch not collected", partition=item.partition, reason=reason_of(fault))
            self._drop(item.partition, f"fault: {reason_of(fault)}")
        else:
            if self._shards is not None:
                self._shards.went_well(item.partition)
            for topic, count in item.counts.items():
                metrics.COLLECTED.labels(topic).inc(count)

    async def _rank(self, prepared: Prepared, measure: str, partition: int, offset: int) -> int:
        fetched = prepared.fetched.get(measure)
        record = fetched.at(offset) if fetched is not None else None
        if record is None:
            record = await self._log.record_at(TOPIC_OF[measure], partition, offset)
        if record is None:
            raise LookupError(f"{TOPIC_OF[measure]} has no record at offset {offset} of partition {partition}")
        return rank(record)

    async def _commit_offsets(self) -> None:
        while True:
            await asyncio.sleep(_COMMIT_S)
            await self._tell_offsets()

    async def _tell_offsets(self) -> None:
        if self._offsets is not None:
            await self._offsets.commit(self._owned)

    async def _watch_cut(self) -> None:
        while True:
            try:
                posted = await self._board.posted()
                if posted is not None and posted.attempt != (self._cut and self._cut.attempt) and self._shards:
                    await self._shards.look()  # a cut must not be of another log than the shards are
                self._cut = posted
                await self._cuts.follow(self._cut, self._owned)
            except Exception as away:  # noqa: BLE001 - Redis is away: the collector says so itself
                log.debug("cut board not read", reason=reason_of(away))
            await asyncio.sleep(_CUT_POLL_S if self._cut is None else _QUESTION_POLL_S)

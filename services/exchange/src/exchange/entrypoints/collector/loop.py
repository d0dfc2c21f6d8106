"""The collector: an aiokafka loop that reads all topics of a partition together and folds them into its shard.

Three things overlap: the next batch is fetched and translated on the event loop while the last one is folded by
compiled code on threads and committed to Redis. Records are taken only when their offsets continue the shard's own
without a gap; anything else drops the shard and loads it again, so that memory and store never disagree for long.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from chassis.broker import safe_consumer
from chassis.dead_letters import DeadLetters
from chassis.producer import Producer
from chassis.retry import Backoff, reason_of
from chassis.settings import ServiceSettings
from contracts.topics import COLLECTED

from chassis import logs
from chassis import metrics as chassis_metrics
from exchange.adapters import metrics
from exchange.adapters.cut_board import CutBoard, CutRequest
from exchange.adapters.shard_store import Conflict, ShardStore
from exchange.domain.lattice import Geography
from exchange.domain.policy import POLICIES
from exchange.entrypoints.collector.log_position import LogReader, check_positions, identity
from exchange.entrypoints.collector.reader import MEASURE_OF, Prepared, Record, RecordReader, rank
from exchange.usecases.collect import Owned, collect
from exchange.usecases.load_shard import Unowned, load_shard
from exchange.usecases.take_cut import CutTaker

GROUP = "exchange"
# One commit's script holds Redis up for about 20 ms per 1,000 commands; a batch is far below that, and large enough
# that its fixed costs vanish.
BATCH = 20_000
_POLL_MS = 50
_COMMIT_S = 0.2
_CUT_POLL_S = 0.1
_TOPIC_OF = {measure: topic for topic, measure in MEASURE_OF.items()}

log = logs.get(__name__)


@dataclass(slots=True)
class _Work:
    partition: int
    owned: Owned
    prepared: Prepared
    reached: dict[str, int]
    last: dict[str, str]
    counts: dict[str, int]


class Collector(ConsumerRebalanceListener):  # type: ignore[misc]
    """Owns shards as the group assigns them. `run` returns after `stop`."""

    def __init__(
        self,
        settings: ServiceSettings,
        store: ShardStore,
        board: CutBoard,
        producer: Producer,
        dead_letters: DeadLetters,
        geography: Geography,
        last_cutoffs: Callable[[], Awaitable[Mapping[str, str]]],
    ) -> None:
        self._settings = settings
        self._store = store
        self._board = board
        self._producer = producer
        self._dead_letters = dead_letters
        self._geography = geography
        self._last_cutoffs = last_cutoffs
        self._cuts = CutTaker(board, store)
        self._cut: CutRequest | None = None
        self._log = LogReader(settings)
        self._consumer: AIOKafkaConsumer | None = None
        self._reader: RecordReader | None = None
        self._partitions = 0
        self._owned: dict[int, Owned] = {}
        self._parked: dict[int, Owned] = {}
        self._wanted: set[int] = set()  # assigned and not loaded yet
        self._not_before: dict[int, float] = {}
        self._failures: dict[int, int] = {}
        self._inflight: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._told: dict[TopicPartition, int] = {}  # offsets that Kafka has been told
        self._stopping = False
        self.stopped: dict[int, str] = {}
        """Partitions that wait for an operator, and why."""
        self.assigned = False
        self.progressed = time.monotonic()

    # -- life ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Join the group and begin to collect."""
        await self._log.start()
        self._consumer = safe_consumer(
            self._settings,
            group=GROUP,
            partition_assignment_strategy=[RangePartitionAssignor],
            max_poll_records=BATCH,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            fetch_max_bytes=32 * 1024 * 1024,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
        )
        await self._consumer.start()
        self._consumer.subscribe(list(COLLECTED), listener=self)
        self._tasks = [
            asyncio.create_task(self._run(), name="collector"),
            asyncio.create_task(self._commit_offsets(), name="collector-commits"),
            asyncio.create_task(self._watch_cut(), name="collector-cuts"),
        ]

    async def stop(self) -> None:
        """Finish the batch in hand, commit, leave the group."""
        self._stopping = True
        if self._tasks:
            await asyncio.wait(self._tasks[:1], timeout=4)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._consumer is not None:
            await self._commit_once()
            await self._consumer.stop()
        await self._log.stop()

    async def problem(self) -> str | None:
        """What is wrong so that only a restart helps (for /livez)."""
        silent = time.monotonic() - self.progressed
        if self._tasks and self._tasks[0].done() and not self._stopping:
            return "collector: its loop has ended"
        return f"collector: no progress for {silent:.0f} s" if silent > 90 else None

    async def unready(self) -> str | None:
        """What is not there yet (for /readyz)."""
        if self.stopped:
            return next(iter(self.stopped.values()))
        if not self.assigned:
            return "collector: no assignment yet"
        return f"collector: loading shards {sorted(self._wanted)}" if self._wanted else None

    def lag_is_zero(self, ends: Mapping[str, Mapping[int, int]]) -> bool:
        """Whether every owned shard is past these ends."""
        return all(
            owned.committed.get(topic, 0) >= of.get(partition, 0)
            for partition, owned in self._owned.items()
            for topic, of in ends.items()
        )

    # -- assignment ---------------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:  # noqa: ARG002
        """Finish what is in flight, commit, and keep the shards aside: most come straight back."""
        while self._inflight is not None and not self._inflight.done():
            await asyncio.wait([self._inflight], timeout=1)
        await self._commit_once()
        self._parked = dict(self._owned)
        self._owned = {}
        self._wanted = set()
        metrics.OWNED.set(0)

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        """Pause everything until the shards are loaded; refuse a partition without all of its topics."""
        consumer = self._consumer
        assert consumer is not None  # noqa: S101
        if assigned:
            consumer.pause(*assigned)
        counts = {len(consumer.partitions_for_topic(topic) or ()) for topic in COLLECTED}
        numbers = {part.partition for part in assigned}
        whole = {n for n in numbers if all(TopicPartition(topic, n) in assigned for topic in COLLECTED)}
        for number in sorted(numbers - whole):
            self._halt(number, f"partition {number}: not all topics of it are assigned to one process")
        if len(counts) != 1:
            for number in sorted(numbers):
                self._halt(number, f"partition {number}: the collected topics have {sorted(counts)} partitions")
            whole = set()
        self._partitions = counts.pop()
        self._wanted = whole
        self.assigned = True

    def _halt(self, partition: int, reason: str) -> None:
        """Stop one partition, loudly, and go on with the others."""
        self.stopped[partition] = reason
        self._owned.pop(partition, None)
        self._wanted.discard(partition)
        metrics.STOPPED.labels(str(partition)).set(1)
        log.error("partition stopped", partition=partition, reason=reason)

    def _drop(self, partition: int, reason: str) -> None:
        """Forget a shard that may differ from the store; it is loaded again after a pause that grows."""
        if self._owned.pop(partition, None) is None:
            return
        consumer = self._consumer
        assert consumer is not None  # noqa: S101
        parts = [TopicPartition(topic, partition) for topic in COLLECTED]
        if assigned := [part for part in parts if part in consumer.assignment()]:
            consumer.pause(*assigned)
            self._wanted.add(partition)
        failures = self._failures[partition] = self._failures.get(partition, 0) + 1
        self._not_before[partition] = time.monotonic() + Backoff(first_s=0.1, cap_s=5.0).seconds(failures)
        metrics.RELOADS.labels(reason.split(":")[0]).inc()
        log.warning("shard dropped", partition=partition, reason=reason)

    async def _adopt(self) -> None:
        """Load the shards that are assigned and wait, and let their records flow from where they stand."""
        for partition in sorted(self._wanted):
            if self._not_before.get(partition, 0) > time.monotonic():
                continue
            try:
                owned = await self._load(partition)
                if partition not in self._wanted:  # taken away meanwhile
                    continue
                parts = {topic: TopicPartition(topic, partition) for topic in COLLECTED}
                consumer = self._consumer
                assert consumer is not None  # noqa: S101
                for topic, part in parts.items():
                    consumer.seek(part, owned.committed[topic])
                consumer.resume(*parts.values())
            except Unowned as why:
                self._halt(partition, str(why))
            except Exception as fault:  # noqa: BLE001 - the store or the log is away: again, later
                failures = self._failures[partition] = self._failures.get(partition, 0) + 1
                self._not_before[partition] = time.monotonic() + Backoff(first_s=0.2, cap_s=5.0).seconds(failures)
                log.warning("shard not loaded", partition=partition, reason=reason_of(fault))
            else:
                self._owned[partition] = owned
                self._wanted.discard(partition)
                if self.stopped.pop(partition, None) is not None:
                    metrics.STOPPED.labels(str(partition)).set(0)
                metrics.OWNED.set(len(self._owned))
            self.progressed = time.monotonic()

    async def _load(self, partition: int) -> Owned:
        consumer = self._consumer
        assert consumer is not None  # noqa: S101
        parked = self._parked.pop(partition, None)
        if parked is not None and parked.clean and await self._store.meta(partition) == parked.stored:
            parked.prepared = dict(parked.committed)
            owned = parked
        else:
            cutoffs = await self._last_cutoffs()
            owned = await load_shard(
                partition, self._partitions, COLLECTED, POLICIES, self._geography.chains, cutoffs, self._store
            )
        await check_positions(consumer, partition, owned.committed)
        await self._log.check_last(partition, owned.committed, owned.last)
        return owned

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

    async def _turn(self) -> None:
        consumer = self._consumer
        assert consumer is not None  # noqa: S101
        if self._wanted:
            await self._adopt()
        records = await consumer.getmany(timeout_ms=_POLL_MS, max_records=BATCH)
        self.progressed = time.monotonic()
        work = self._prepare(records)
        if self._inflight is not None:
            await self._inflight
            self._inflight = None
        work = [item for item in work if self._owned.get(item.partition) is item.owned]
        if self._cut is not None or self._cuts.holding:
            await self._cuts.answer(self._cut, self._owned)
        if work:
            self._inflight = asyncio.create_task(self._settle_all(work, time.monotonic()))

    def _prepare(self, records: Mapping[TopicPartition, list[Record]]) -> list[_Work]:
        by_partition: dict[int, dict[str, list[Record]]] = {}
        for part, found in records.items():
            if found and part.partition in self._owned:
                by_partition.setdefault(part.partition, {})[part.topic] = found
        if self._reader is None:
            self._reader = RecordReader(self._geography.chains, self._partitions)
        work = []
        for partition, topics in by_partition.items():
            owned = self._owned[partition]
            gap = _gap(owned, topics)
            if gap is not None:
                self._drop(partition, f"gap: {gap}")
                continue
            prepared = self._reader.prepare(owned.shard, topics)
            reached = {topic: of[-1].offset + 1 for topic, of in topics.items()}
            owned.prepared.update(reached)
            last = {topic: identity(of[-1]) for topic, of in topics.items()}
            counts = {topic: len(of) for topic, of in topics.items()}
            work.append(_Work(partition, owned, prepared, reached, last, counts))
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

            await collect(item.owned, prepared.batch, item.reached, item.last, self._store, rank_of)
        except Conflict as conflict:
            self._drop(item.partition, f"conflict: {conflict}")
        except Exception as fault:  # noqa: BLE001 - not knowing whether it was written is a reason to look, not to die
            log.warning("batch not collected", partition=item.partition, reason=reason_of(fault))
            self._drop(item.partition, f"fault: {reason_of(fault)}")
        else:
            self._failures.pop(item.partition, None)
            for topic, count in item.counts.items():
                metrics.COLLECTED.labels(topic).inc(count)

    async def _rank(self, prepared: Prepared, measure: str, partition: int, offset: int) -> int:
        body = prepared.bodies.get(measure, {}).get(offset)
        if body is None:
            record = await self._log.record_at(_TOPIC_OF[measure], partition, offset)
            if record is None:
                raise LookupError(f"{_TOPIC_OF[measure]} has no record at offset {offset} of partition {partition}")
            body = record.value
        return rank(body or b"")

    # -- beside the loop ----------------------------------------------------------------------------------------

    async def _commit_offsets(self) -> None:
        while True:
            await asyncio.sleep(_COMMIT_S)
            await self._commit_once()

    async def _commit_once(self) -> None:
        """Tell Kafka how far the shards are, for everybody who watches lag; the store's own watermarks are what counts."""
        consumer = self._consumer
        assert consumer is not None  # noqa: S101
        assigned = consumer.assignment()
        offsets = {
            part: owned.committed[topic]
            for partition, owned in self._owned.items()
            for topic in COLLECTED
            if (part := TopicPartition(topic, partition)) in assigned and self._told.get(part) != owned.committed[topic]
        }
        if not offsets:
            return
        try:
            await consumer.commit(offsets)
        except KafkaError as why:
            chassis_metrics.COMMITS_FAILED.labels(GROUP).inc()
            log.info("offsets not committed", reason=repr(why))
        else:
            self._told.update(offsets)

    async def _watch_cut(self) -> None:
        while True:
            try:
                self._cut = await self._board.posted()
            except Exception as away:  # noqa: BLE001 - Redis is away: the collector says so itself
                log.debug("cut board not read", reason=reason_of(away))
            await asyncio.sleep(_CUT_POLL_S)


def _gap(owned: Owned, found: Mapping[str, list[Record]]) -> str | None:
    """Where records do not continue the shard: offsets must begin at its own and have no hole."""
    for topic, records in found.items():
        first, last, expected = records[0].offset, records[-1].offset, owned.prepared[topic]
        if first != expected or last - first + 1 != len(records):
            return f"{topic} came as {first} to {last} with {len(records)} records, expected from {expected}"
    return None

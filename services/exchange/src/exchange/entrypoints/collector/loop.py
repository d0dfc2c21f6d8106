"""The collector: an aiokafka loop that reads all topics of a partition together and folds them into its shard.

Four things overlap: fetches are read on the event loop while those before them are translated on a thread, those before
these folded on threads, and those before these again committed to Redis. Records are taken only when their offsets
continue the shard's own without a gap; anything else drops the shard and loads it again, so that memory and store never
disagree for long.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, TopicPartition
from chassis.broker import leave
from chassis.dead_letters import DeadLetters
from chassis.ending import end, ends_us, to_its_end
from chassis.fetched import Fetched
from chassis.producer import Producer
from chassis.retry import is_away, reason_of
from chassis.settings import ServiceSettings
from contracts.topics import COLLECTED

from chassis import logs
from exchange.adapters.cut_board import CutBoard
from exchange.adapters.owners import Owners
from exchange.adapters.shard_store import ShardStore
from exchange.domain.lattice import Geography
from exchange.domain.shard import Past
from exchange.entrypoints.collector.commits import Commits
from exchange.entrypoints.collector.committed_offsets import CommittedOffsets
from exchange.entrypoints.collector.consuming import SILENCE_S, log_consumer
from exchange.entrypoints.collector.following import CutWatch, Following, Serving
from exchange.entrypoints.collector.loading import Loading
from exchange.entrypoints.collector.log_position import LogReader, gap_in
from exchange.entrypoints.collector.ownership import NOT_YET, Ownership
from exchange.entrypoints.collector.preparing import Preparing, Taken
from exchange.entrypoints.collector.set_aside import SetAside
from exchange.entrypoints.collector.settling import Settling
from exchange.entrypoints.collector.standby import BEAT_S, Loaded, Standby
from exchange.entrypoints.collector.told import Told
from exchange.entrypoints.collector.watching import every
from exchange.entrypoints.collector.work import Work
from exchange.usecases.collect import Owned
from exchange.usecases.scrub import KEYS_S, Scrubber
from exchange.usecases.take_cut import CutTaker

GROUP = "exchange"
_POLL_MS = 50
_COMMIT_S = 0.2
_LOOK_S = 2.0
# Together well within what `chassis.runtime` gives a part to stop: leaving the group comes last.
_FINISH_S = 1.0
_TELL_S = 0.5
_REVOKE_S = 10.0  # the group waits 30 s for us before it takes the shards away

log = logs.get(__name__)


class Collector:
    """Collects into the shards that the group assigns to this process, of the generation that serves. `alone` it takes
    every partition, without a group: as the builder of a generation, which knows what others have `told`."""

    def __init__(
        self,
        settings: ServiceSettings,
        store: ShardStore,
        board: CutBoard,
        owners: Owners,
        producer: Producer,
        dead_letters: DeadLetters,
        geography: Geography,
        past: Callable[[], Awaitable[Callable[[int], Past]]],
        serving: Serving,
        *,
        alone: bool = False,
        told: Told | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._set_aside = SetAside(dead_letters, producer, GROUP, told or Told({}))
        self._alone = alone
        self._following = Following(serving, store, self._set_aside, alone=alone)
        self._cuts = CutTaker(board, store, self._drop)
        self._scrubber = Scrubber(store, geography, self._drop)
        self._cut_watch = CutWatch(board, self._cuts)
        self._standby = Standby(owners, self._load_ahead)
        self._log = LogReader(settings)
        self._loading = Loading(
            store, self._log, geography.chains, past, self._standby.take, self._set_aside.come_past, anew=alone
        )
        self._consumer: AIOKafkaConsumer | None = None
        self._shards: Ownership | None = None
        self._offsets: CommittedOffsets | None = None
        self._preparing = Preparing(geography.chains, self._set_aside.strays_below)
        self._inflight: dict[int, asyncio.Task[None]] = {}
        self._commits = Commits()
        self._settling = Settling(
            store, self._set_aside, self._log, self._commits, self._is_owned, self._drop, self._went_well
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._life = asyncio.Lock()  # it starts after a stop that goes on, and stops after a start
        self.progressed = time.monotonic()

    # -- life ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Join the group and begin to collect. May be called again after a `stop`: Kafka may be away at first."""
        async with self._life:
            await self._start()

    async def _start(self) -> None:
        self._stopping = False
        self._beat()
        await self._log.start()
        self._consumer = log_consumer(self._settings, None if self._alone else GROUP)
        await self._consumer.start()
        self._shards = Ownership(self._consumer, self._loading, self._log, self._before_revoking)
        work = [self._run(), every(_LOOK_S, self._shards.look)]
        if self._alone:
            await self._shards.take_all()
        else:
            self._offsets = CommittedOffsets(self._consumer, GROUP)
            self._consumer.subscribe(list(COLLECTED), listener=self._shards)
            cuts = self._cut_watch.watch(lambda: self._owned, self._shards.look)
            work += [every(_COMMIT_S, self._tell_offsets), cuts, self._following.watch()]
            work += [every(BEAT_S, self._stand_by), every(KEYS_S, self._look_at_keys)]
        self._tasks = [asyncio.create_task(one) for one in work]

    async def stop(self) -> None:
        """Finish the batch in hand unless that takes long, and leave the group, so that others need not wait for us."""
        self._stopping = True
        await to_its_end(self._leave())

    async def _leave(self) -> None:
        async with self._life:
            await self._stop()

    async def _stop(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks[:1], timeout=_FINISH_S)
        await end(*self._tasks)
        self._tasks = []
        try:
            await self._standby.leave()
            with suppress(TimeoutError):
                async with asyncio.timeout(_TELL_S):
                    await self._tell_offsets()
            if self._consumer is not None:
                await leave(self._consumer)
        finally:
            self._consumer, self._shards, self._offsets = None, None, None
            await self._log.stop()

    async def problem(self) -> str | None:
        """What is wrong so that only a restart helps (for /livez)."""
        silent = time.monotonic() - self.progressed
        if any(task.done() for task in self._tasks) and not self._stopping:
            return "collector: a loop of it has ended"
        if silent > SILENCE_S:
            return f"collector: no progress for {silent:.0f} s"
        return None if self._shards is None else self._shards.problem(SILENCE_S)

    async def unready(self) -> str | None:
        """What is not there yet (for /readyz)."""
        return NOT_YET if self._shards is None else self._shards.unready()

    @property
    def positions(self) -> dict[int, Mapping[str, int]]:
        """How far every shard in memory has come, durably: of each topic the next offset to take."""
        return {partition: owned.committed for partition, owned in self._owned.items()}

    @property
    def stopped(self) -> Mapping[int, str]:
        """Partitions that wait for an operator, and why."""
        return {} if self._shards is None else self._shards.stopped

    @property
    def faults(self) -> Mapping[int, str]:
        """Partitions that do not get on, and why; they are tried again."""
        return {} if self._shards is None else self._shards.faults

    @property
    def _owned(self) -> dict[int, Owned]:
        return {} if self._shards is None else self._shards.owned

    def _drop(self, partition: int, reason: str) -> None:
        assert self._shards is not None  # noqa: S101
        self._shards.drop(partition, reason)

    async def _before_revoking(self) -> None:
        try:
            async with asyncio.timeout(_REVOKE_S):
                while under_way := [one for one in self._inflight.values() if not one.done()]:
                    await asyncio.wait(under_way, timeout=1)
                await self._commits.all_done()
                await self._tell_offsets()
        except TimeoutError:  # harms nobody: the store refuses whoever comes second
            log.warning("shards given back in the middle of a batch", within_s=_REVOKE_S)

    # -- the loop -----------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while not self._stopping:
            try:
                await self._turn()
            except (Exception, asyncio.CancelledError) as fault:
                if ends_us(fault):
                    raise
                log.exception("collector turn failed", reason=reason_of(fault), exc_info=not is_away(fault))
                for partition in list(self._owned):
                    self._drop(partition, f"fault: {reason_of(fault)}")
                await asyncio.sleep(0.5)
        await self._all_durable()

    def _beat(self) -> None:
        self.progressed = time.monotonic()

    async def _turn(self) -> None:
        assert self._consumer is not None and self._shards is not None  # noqa: S101, PT018
        cut = self._cut_watch.posted
        sure = True
        if self._shards.waiting or cut is not None or self._following.moved:
            sure = await self._following.follow(self._shards, self._all_durable)
        if self._shards.waiting and sure:
            await self._all_durable()
            await self._shards.adopt(self._beat)
        taken = self._taken(await self._consumer.getmany(timeout_ms=_POLL_MS))
        self._beat()
        if not self._alone:  # what a builder fills is held to its seals and sums by whoever loads it
            await self._scrubber.scrub(self._owned, self._all_durable)
        if sure and cut is not None:
            await self._all_durable()
            await self._cuts.take(cut, self._owned)
        partitions = self._shards.partitions
        for one in taken:
            item = await self._preparing(one, partitions)
            await self._in_hand(one.partition)
            if self._is_owned(item):
                self._inflight[one.partition] = asyncio.create_task(self._settling.settle(item))

    async def _in_hand(self, *partitions: int) -> None:
        """Finish folding the batches in hand of these partitions."""
        found = [self._inflight.pop(partition, None) for partition in partitions]
        await asyncio.gather(*(one for one in found if one is not None))

    async def _all_durable(self) -> None:
        """Finish the batches in hand, and the commits of those before them."""
        await self._in_hand(*self._inflight)
        await self._commits.all_done()

    def _taken(self, fetches: Mapping[TopicPartition, list[Fetched]]) -> list[Taken]:
        by_partition: dict[int, dict[str, Fetched]] = {}
        for part, found in fetches.items():
            if found and part.partition in self._owned:
                (by_partition.setdefault(part.partition, {})[part.topic],) = found
        taken = []
        for partition, topics in by_partition.items():
            owned = self._owned[partition]
            gap = gap_in(owned, topics)
            if gap is not None:
                self._drop(partition, f"gap: {gap}")
                continue
            owned.prepared.update({topic: fetched.next for topic, fetched in topics.items()})
            taken.append(Taken(partition, owned, topics))
        return taken

    def _is_owned(self, item: Work) -> bool:
        return self._owned.get(item.partition) is item.owned

    def _went_well(self, partition: int) -> None:
        if self._shards is not None:
            self._shards.went_well(partition)

    async def _stand_by(self) -> None:
        assert self._consumer is not None and self._shards is not None  # noqa: S101, PT018
        await self._following.meet(self._shards, self._log.partitions)
        # The client tells it nowhere else, and it may be another one after each rebalance.
        member: str = self._consumer._coordinator.member_id  # noqa: SLF001
        await self._standby.look(member, self._shards)

    async def _look_at_keys(self) -> None:
        await self._scrubber.look_at_keys(lambda: self._owned)

    async def _load_ahead(self, partition: int) -> Loaded | None:
        return None if self._shards is None else await self._shards.ahead(partition)

    async def _tell_offsets(self) -> None:
        if self._offsets is not None:
            await self._offsets.commit(self._owned)

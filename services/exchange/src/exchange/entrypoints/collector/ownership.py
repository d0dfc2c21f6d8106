"""Which shards this process owns: taken and given back as the group says, loaded, dropped, stopped."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from chassis.retry import Backoff, reason_of
from contracts.topics import COLLECTED

from chassis import logs
from exchange.adapters import metrics
from exchange.entrypoints.collector.loading import Loading
from exchange.entrypoints.collector.log_position import LogReader
from exchange.entrypoints.collector.standby import Loaded
from exchange.usecases.bind_log import check_log
from exchange.usecases.collect import Owned
from exchange.usecases.load_shard import Unowned

_LOADED_AT_ONCE: Final = 3
_QUICK: Final = Backoff(first_s=0.1, cap_s=5.0)
_DEALT_S: Final = 40.0  # the group waits 30 s for its members before it deals the shards anew
_LOOKED_S: Final = 15.0
NOT_YET: Final = "collector: no assignment yet"

log = logs.get(__name__)


def parts_of(partition: int) -> list[TopicPartition]:
    """This partition of every collected topic."""
    return [TopicPartition(topic, partition) for topic in COLLECTED]


class Ownership(ConsumerRebalanceListener):  # type: ignore[misc]
    """The shards in memory. `settled` finishes what is in flight and is awaited before shards are given back."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        loading: Loading,
        reader: LogReader,
        settled: Callable[[], Awaitable[None]],
    ) -> None:
        self._consumer = consumer
        self._loading = loading
        self._reader = reader
        self._settled = settled
        self._parked: dict[int, Owned] = {}
        self._not_before: dict[int, float] = {}
        self._failures: dict[int, int] = {}
        self.partitions = 0
        self.made_for: int | None = None
        """The number of partitions that the shards to load are made for, once that is known."""
        self.owned: dict[int, Owned] = {}
        self.waiting: set[int] = set()
        """Assigned, and not loaded yet."""
        self.stopped: dict[int, str] = {}
        """Partitions that wait for an operator, and why; said until they are loaded or somebody else's."""
        self.faults: dict[int, str] = {}
        """Why a partition was dropped or not loaded last; said until a batch of it is collected."""
        self.assigned = False
        self.begun = False
        """Whether nothing that was assigned has waited any more, once."""
        self._unheard = False
        self._disagreement: str | None = None  # of the topics, said even where nothing is assigned
        self._given_back: float | None = None
        self._looked = 0.0

    def unready(self) -> str | None:
        """What is not there yet, or waits for an operator (for /readyz)."""
        if not self.assigned:
            return NOT_YET
        if self.stopped:
            return "; ".join(reason for _, reason in sorted(self.stopped.items()))
        if self._disagreement is not None:
            return f"collector: {self._disagreement}"
        if (seconds := self._unassigned_s()) > _DEALT_S:
            return f"collector: no assignment for {seconds:.0f} s"
        # What is asked is answered from what is released: whoever has begun can be asked while it loads other shards.
        return f"collector: loading shards {sorted(self.waiting)}" if self.waiting and not self.begun else None

    def problem(self, patience_s: float) -> str | None:
        """What only a restart helps against: the log answers, and yet the group does not deal (for /livez)."""
        if (seconds := self._unassigned_s()) <= patience_s or time.monotonic() - self._looked > _LOOKED_S:
            return None
        return f"collector: no assignment for {seconds:.0f} s, and the log answers"

    def _unassigned_s(self) -> float:
        """For how long the group has had our shards back without saying which we get; 0 when it has."""
        return 0.0 if self._given_back is None else time.monotonic() - self._given_back

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:  # noqa: ARG002
        """Finish what is in flight, and keep the shards aside: most come straight back."""
        await self._settled()
        self._parked = dict(self.owned)
        self.owned = {}
        self.waiting = set()
        self._given_back = time.monotonic()
        metrics.OWNED.set(0)

    def _silence(self, partition: int) -> None:
        """It is loaded, or another process's and its alarm with it."""
        self.stopped.pop(partition, None)
        metrics.STOPPED.labels(str(partition)).set(0)

    def move(self) -> None:
        """Leave every shard: another generation is to be loaded."""
        self._parked, self.owned, self._not_before, self._failures = {}, {}, {}, {}
        metrics.OWNED.set(0)
        self._take(list(self._consumer.assignment()))

    async def take_all(self) -> None:
        """Take every partition of the topics, without a group."""
        await self._consumer._client.set_topics(list(COLLECTED))  # noqa: SLF001 - as in `LogReader.ends`
        parts = [p for number in self._consumer.partitions_for_topic(COLLECTED[0]) or () for p in parts_of(number)]
        if not parts:
            raise ConnectionError(f"{COLLECTED[0]}: no partition is known")
        self._consumer.assign(parts)
        self._take(parts)

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        """Pause everything until the shards are loaded; refuse a partition without all of its topics."""
        self._given_back = None
        self._take(assigned)

    def _take(self, assigned: list[TopicPartition]) -> None:
        if assigned:
            self._consumer.pause(*assigned)
        for part in assigned:
            # Any position at all, never read from: the client looks for a committed one otherwise, and a partition
            # that waits or is stopped and has none would fail every poll, the other partitions' too.
            self._consumer.seek(part, 0)
        counts = {len(self._consumer.partitions_for_topic(topic) or ()) for topic in COLLECTED}
        # The group may have dealt the partitions before this client has heard of the topics: `look` asks again.
        self._unheard = counts == {0} or (0 in counts and not self._unheard)
        self.assigned = not self._unheard
        if self._unheard:
            self.waiting = set()
            return
        metrics.PARTITIONS.set(max(counts))
        numbers = {part.partition for part in assigned}
        # What comes back stays stopped, and is said to be, until it has been looked at again.
        for number in list(self.stopped.keys() - numbers):
            self._silence(number)
        whole = {n for n in numbers if all(part in assigned for part in parts_of(n))}
        for number in sorted(numbers - whole):
            self._stop(number, f"partition {number}: not all topics of it are assigned to one process")
        self._disagreement = None
        if len(counts) != 1:
            self._disagreement = f"the collected topics have {sorted(counts)} partitions"
            for number in sorted(numbers):
                self._stop(number, f"partition {number}: {self._disagreement}")
            whole, counts = set(), {0}
        self.partitions = counts.pop()
        self.waiting = whole

    def _stop(self, partition: int, reason: str) -> None:
        """Stop one partition, loudly, and go on with the others."""
        self.stopped[partition] = reason
        if self.owned.pop(partition, None) is not None:
            self._hold(partition)
            metrics.OWNED.set(len(self.owned))
        self.waiting.discard(partition)
        metrics.STOPPED.labels(str(partition)).set(1)
        log.error("partition stopped", partition=partition, reason=reason)

    def _hold(self, partition: int) -> bool:
        """Let no more records of it come; False when it is somebody else's by now."""
        assigned = [part for part in parts_of(partition) if part in self._consumer.assignment()]
        self._consumer.pause(*assigned)
        return bool(assigned)

    def drop(self, partition: int, reason: str) -> None:
        """Forget a shard that may differ from the store; it is loaded again after a pause that grows."""
        if self.owned.pop(partition, None) is None:
            return
        if self._hold(partition):
            self.waiting.add(partition)
        self._pause_before(partition, reason)
        metrics.RELOADS.labels(reason.split(":")[0]).inc()
        log.warning("shard dropped", partition=partition, reason=reason)

    def went_well(self, partition: int) -> None:
        """A batch was collected: the next fault is a first one again."""
        self._failures.pop(partition, None)
        self.faults.pop(partition, None)

    def _pause_before(self, partition: int, reason: str) -> None:
        self.faults[partition] = reason
        failures = self._failures[partition] = self._failures.get(partition, 0) + 1
        self._not_before[partition] = time.monotonic() + _QUICK.seconds(failures)

    async def adopt(self, progress: Callable[[], Any]) -> None:
        """Load the shards that are assigned and wait, and let their records flow from where they stand."""
        if self.made_for is not None and self.made_for != self.partitions:
            for partition in sorted(self.waiting):
                whose = "its" if partition < self.made_for else "all"
                self._stop(partition, f"partition {partition}: {whose} state was made with {self.made_for} partitions,"
                                      f" the topics have {self.partitions}")  # fmt: skip
        due = [p for p in sorted(self.waiting) if self._not_before.get(p, 0) <= time.monotonic()]
        # While one is read from the store, another is folded.
        several = asyncio.Semaphore(_LOADED_AT_ONCE)

        async def one(partition: int) -> None:
            async with several:
                await self._adopt(partition)
                progress()

        await asyncio.gather(*(one(partition) for partition in due))
        self.begun |= not self.waiting

    async def _adopt(self, partition: int) -> None:
        try:
            owned = await self._loading.load(partition, self.partitions, self._parked.pop(partition, None))
            if partition not in self.waiting:  # taken away meanwhile
                return
            for part in parts_of(partition):
                self._consumer.seek(part, owned.committed[part.topic])
            self._consumer.resume(*parts_of(partition))
        except Unowned as why:
            self._stop(partition, str(why))
        except Exception as fault:  # noqa: BLE001 - the store or the log is away: again, later
            self._pause_before(partition, reason_of(fault))
            log.warning("shard not loaded", partition=partition, reason=reason_of(fault))
        else:
            self.owned[partition] = owned
            self.waiting.discard(partition)
            self._silence(partition)
            metrics.OWNED.set(len(self.owned))

    async def look(self) -> None:
        """Stop what this process owns and whose log is another one now. Call it from time to time, and before a cut."""
        if self._unheard:
            self._take(list(self._consumer.assignment()))
        topics = await self._reader.topics(COLLECTED)
        self._looked = time.monotonic()
        for partition, owned in list(self.owned.items()):
            try:
                check_log(owned, topics, self.partitions)
            except Unowned as why:
                self._stop(partition, str(why))

    async def ahead(self, partition: int) -> Loaded | None:
        """Somebody else's shard, for when the group gives it to this process."""
        return await self._loading.ahead(partition, self.partitions) if self.made_for == self.partitions else None

"""How a shard comes into memory: as it was kept, else from the store, made again where that is damaged, and held to its log."""

from collections.abc import Awaitable, Callable, Mapping

from contracts.topics import COLLECTED

from chassis import logs
from exchange.adapters import metrics
from exchange.adapters.shard_store import NotWhole, ShardStore
from exchange.domain.addresses import Array
from exchange.domain.policy import POLICIES
from exchange.domain.shard import Past
from exchange.entrypoints.collector.log_position import LogReader
from exchange.entrypoints.collector.standby import Loaded
from exchange.usecases.bind_log import bind_log, check_log, fallen_back
from exchange.usecases.collect import Owned, bring_up_to_date
from exchange.usecases.load_shard import load_shard

log = logs.get(__name__)


class Loading:
    """Loads shards, of a generation that serves or, with `anew`, of one that is being made from the log's beginning."""

    def __init__(
        self,
        store: ShardStore,
        reader: LogReader,
        chains: Array,
        past: Callable[[], Awaitable[Callable[[int], Past]]],
        loaded_ahead: Callable[[int, int], Awaitable[Owned | None]],
        come_past: Callable[[Mapping[int, Mapping[str, int]]], None],
        *,
        anew: bool = False,
    ) -> None:
        self._store = store
        self._reader = reader
        self._chains = chains
        self._past = past
        self._loaded_ahead = loaded_ahead
        self._come_past = come_past
        self._anew = anew

    async def load(self, partition: int, partitions: int, parked: Owned | None) -> Owned:
        """`parked` is what this process kept of it. Raises Unowned when an operator has to look."""
        past = (await self._past())(partition)
        released = past.counted
        ahead = None if parked else await self._loaded_ahead(partition, past.newest)
        kept, damaged = parked or ahead, False
        if kept is not None and kept.clean and await self._store.meta(partition) == kept.stored:
            kept.prepared = dict(kept.committed)
            owned = kept
            if ahead is not None:
                metrics.LOADED_AHEAD.inc()
        else:
            try:
                owned = await self._from_store(partition, partitions, past)
            except NotWhole as why:
                damaged = True
                await self._forget(partition, why)
                owned = await self._from_store(partition, partitions, past)
        topics = await self._reader.topics(COLLECTED)
        check_log(owned, topics, partitions)
        await self._reader.check_released(partition, released)
        await self._reader.check_positions(partition, owned.committed)
        await self._reader.check_last(partition, owned.committed, owned.last)
        # A shard that is begun anew knows no topic by its id: what was released knows the log by its records.
        unknown = {topic: record for topic, record in past.last.items() if f"topic:{topic}" not in owned.stored}
        await self._reader.check_last(partition, released, unknown, f"release {past.newest} counted")
        if not self._anew:  # what is set aside is told before it is committed, and that is before a release counts it
            self._come_past({partition: released})
        await bind_log(owned, topics, self._store)
        await bring_up_to_date(owned, self._store)
        if not damaged and not self._anew and (kind := fallen_back(owned, released)) is not None:
            _made_again(partition, kind, "the store stands before what a release has counted")
        return owned

    async def ahead(self, partition: int, partitions: int) -> Loaded | None:
        """Somebody else's shard as the store holds it; None where that holds nothing. Nothing is written."""
        if not await self._store.meta(partition):
            return None
        past = (await self._past())(partition)
        return Loaded(await self._from_store(partition, partitions, past), past.newest)

    async def _from_store(self, partition: int, partitions: int, past: Past) -> Owned:
        policies = POLICIES.of(self._store.measures)
        return await load_shard(partition, partitions, COLLECTED, policies, self._chains, past, self._store)

    async def _forget(self, partition: int, why: NotWhole) -> None:
        """Take a damaged shard away, so that it is made again from the log; never without the log's beginning."""
        await self._reader.check_positions(partition, dict.fromkeys(COLLECTED, 0))
        await self._store.forget(partition, why)
        _made_again(partition, why.kind, str(why))


def _made_again(partition: int, kind: str, reason: str) -> None:
    metrics.note_healed(kind)
    log.error("shard damaged: made again from the log", partition=partition, kind=kind, reason=reason)

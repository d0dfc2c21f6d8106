"""Settles one batch: what is not for this shard is sent away, the rest folded and committed, or the shard is dropped."""

import asyncio
import time
from collections.abc import Callable

from chassis.retry import reason_of

from chassis import logs
from exchange.adapters import metrics
from exchange.adapters.shard_store import Conflict, ShardStore
from exchange.entrypoints.collector.commits import Commits
from exchange.entrypoints.collector.log_position import LogReader
from exchange.entrypoints.collector.reader import Prepared, rank
from exchange.entrypoints.collector.set_aside import SetAside
from exchange.entrypoints.collector.work import Work
from exchange.usecases.collect import fold
from exchange.usecases.sources import TOPIC_OF

log = logs.get(__name__)


class Settling:
    """Any fault drops the shard (`drop`, unless it is not this process's any more: `is_owned`), and nothing is lost."""

    def __init__(
        self,
        store: ShardStore,
        set_aside: SetAside,
        reader: LogReader,
        commits: Commits,
        is_owned: Callable[[Work], bool],
        drop: Callable[[int, str], None],
        went_well: Callable[[int], None],
    ) -> None:
        self._store = store
        self._set_aside = set_aside
        self._log = reader
        self._commits = commits
        self._is_owned = is_owned
        self._drop = drop
        self._went_well = went_well

    async def settle(self, item: Work) -> None:
        """Send away, fold, and have it committed, which this does not wait for."""
        prepared = item.prepared
        try:
            await self._set_aside.send(prepared)

            async def rank_of(measure: str, partition: int, offset: int) -> int:
                return await self._rank(prepared, measure, partition, offset)

            _, durable = await fold(item.owned, prepared.batch, item.reached, prepared.last, self._store, rank_of)
            await self._commits.follow(item.partition, self._confirm(item, asyncio.wrap_future(durable)))
        except Exception as fault:  # noqa: BLE001 - what memory holds now is not known
            self._give_up(item, fault)

    async def _confirm(self, item: Work, durable: asyncio.Future[None]) -> None:
        try:
            await durable
        except Exception as fault:  # noqa: BLE001 - not knowing whether it was written is a reason to look, not to die
            self._give_up(item, fault)
            return
        metrics.COLLECT_SECONDS.observe(time.monotonic() - item.began)
        self._went_well(item.partition)
        for topic, count in item.counts.items():
            metrics.COLLECTED.labels(topic).inc(count)

    def _give_up(self, item: Work, fault: Exception) -> None:
        if not self._is_owned(item):  # an earlier batch of it failed
            return
        if not isinstance(fault, Conflict):
            log.warning("batch not collected", partition=item.partition, reason=reason_of(fault))
        self._drop(
            item.partition, f"conflict: {fault}" if isinstance(fault, Conflict) else f"fault: {reason_of(fault)}"
        )

    async def _rank(self, prepared: Prepared, measure: str, partition: int, offset: int) -> int:
        """Of the body of a record that ties with another one."""
        fetched = prepared.fetched.get(measure)
        record = fetched.at(offset) if fetched is not None else None
        if record is None:
            record = await self._log.record_at(TOPIC_OF[measure], partition, offset)
        if record is None:
            raise LookupError(f"{TOPIC_OF[measure]} has no record at offset {offset} of partition {partition}")
        return rank(record)

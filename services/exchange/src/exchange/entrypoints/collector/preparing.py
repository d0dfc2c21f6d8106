"""Translates what was fetched on a thread of its own, while the event loop reads what comes next."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from chassis.fetched import Fetched

from exchange.domain.addresses import Array
from exchange.entrypoints.collector.reader import RecordReader
from exchange.entrypoints.collector.work import Work
from exchange.usecases.collect import Owned


class Taken(NamedTuple):
    """What was fetched of one partition, by topic: it continues what the shard has."""

    partition: int
    owned: Owned
    topics: Mapping[str, Fetched]


class Preparing:
    """One thread, because only one at a time may give names their numbers. `strays_below` as `RecordReader.told`."""

    def __init__(self, chains: Array, strays_below: Callable[[str, int], int]) -> None:
        self._chains = chains
        self._strays_below = strays_below
        self._reader: RecordReader | None = None
        self._thread = ThreadPoolExecutor(1, "prepare")

    async def __call__(self, taken: Taken, partitions: int) -> Work:
        """A batch of a shard; nobody else prepares for it meanwhile. A cancelled call may go on unseen."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._prepare, taken, partitions)

    def _prepare(self, taken: Taken, partitions: int) -> Work:
        if self._reader is None or self._reader.partitions != partitions:
            self._reader = RecordReader(self._chains, partitions)
            self._reader.told = self._strays_below
        reached = {topic: fetched.next for topic, fetched in taken.topics.items()}
        counts = {topic: fetched.next - fetched.first for topic, fetched in taken.topics.items()}
        prepared = self._reader.prepare(taken.owned.shard, taken.topics)
        return Work(taken.partition, taken.owned, prepared, reached, counts)

"""One process's ownership of shards, of a group that deals as the test says."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer
from chassis.broker import safe_consumer
from contracts.topics import COLLECTED
from exchange.domain.shard import Past
from exchange.entrypoints.collector.loading import Loading
from exchange.entrypoints.collector.log_position import LogReader
from exchange.entrypoints.collector.ownership import Ownership
from exchange.usecases.collect import Owned
from exchange_market import places
from exchange_system import World


async def nothing_ahead(partition: int, newest: int) -> Owned | None:
    """Nobody has fallen silent."""
    return None


@asynccontextmanager
async def owning(
    world: World, ahead: Callable[[int, int], Awaitable[Owned | None]] = nothing_ahead, *, heard: bool = True
) -> AsyncIterator[tuple[Ownership, AIOKafkaConsumer]]:
    """Before any release; `heard`: the client knows the topics already. Nothing is assigned yet."""
    consumer, reader = safe_consumer(world.settings, group=None), LogReader(world.settings)
    await consumer.start()
    await reader.start()
    if heard:
        await consumer._client.set_topics(list(COLLECTED))

    async def no_past() -> Callable[[int], Past]:
        return lambda _: Past()

    async def in_hand() -> None: ...

    try:
        loading = Loading(world.store, reader, places().chains, no_past, ahead, lambda _: None)
        yield Ownership(consumer, loading, reader, in_hand), consumer
    finally:
        await consumer.stop()
        await reader.stop()

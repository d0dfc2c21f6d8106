"""Composition root of the exchange: settings -> adapters -> use cases -> entrypoints."""

import asyncio
from dataclasses import replace

from chassis.ending import end
from chassis.pages import Pages
from chassis.retry import is_away, reason_of
from chassis.runtime import Runtime
from contracts.cloud_event import CloudEvent
from contracts.codec import encode_kafka, new_event
from contracts.exchange import ExchangeEpoch
from contracts.topics import COLLECTED
from contracts.zips import zips
from fastapi import FastAPI
from redis.asyncio import Redis

from chassis import logs
from exchange.adapters.cut_board import CutBoard
from exchange.adapters.epochs import Epochs
from exchange.adapters.generations import Generations
from exchange.adapters.owners import Owners
from exchange.adapters.release_memory import ReleaseMemory
from exchange.adapters.released_cells import ReleasedCells
from exchange.adapters.shard_store import ShardStore
from exchange.adapters.tables import metadata
from exchange.domain.lattice import Geography, Place
from exchange.domain.policy import POLICIES
from exchange.entrypoints.benchmark_page import page_routes
from exchange.entrypoints.collector.log_position import LogReader
from exchange.entrypoints.collector.loop import Collector
from exchange.entrypoints.routes import benchmark_routes, epoch_routes
from exchange.settings import Settings
from exchange.usecases.cut_shards import CutFailed, CutShards
from exchange.usecases.rebuild import retire_left
from exchange.usecases.release_epoch import ReleaseEpoch
from exchange.usecases.tell_changes import TellChanges

SERVICE = "exchange"
_RESUME_S = 5.0
_TELL_S = 30.0

log = logs.get(__name__)


def geography() -> Geography:
    """The geography tree of the ZIP reference."""
    return Geography(Place(z.zip, z.state, z.division, z.cbsa) for z in zips().values())


def build(settings: Settings) -> FastAPI:
    """The whole service in one process: collector, coordinator and readers. Any number of copies may run."""
    runtime = Runtime(SERVICE, settings, metadata)
    assert runtime.outbox is not None  # noqa: S101 - the metadata has one
    places = geography()
    redis: Redis = Redis.from_url(settings.redis)
    store, board = ShardStore(redis), CutBoard(redis)
    epochs, generations = Epochs(runtime.database), Generations(runtime.database)
    cells = ReleasedCells(redis, epochs)
    producer = runtime.broker.producer
    reader = LogReader(settings)

    async def ends() -> dict[str, dict[int, int]]:
        return await reader.ends(COLLECTED)

    async def tell(manifest: ExchangeEpoch) -> None:
        event: CloudEvent = new_event(manifest, source=f"driveline/{SERVICE}")
        # The same manifest told twice, after a crash, is the same event.
        event = replace(event, id=f"exchange-epoch-{manifest.epoch}-{manifest.serial}")
        headers, value = encode_kafka(event)
        async with asyncio.timeout(_TELL_S):  # not told, the epoch stays begun, and is gone on with
            await producer.send(manifest.topic, value, headers=headers)

    policies = POLICIES.following(settings.disclosure or None)
    memory = ReleaseMemory(runtime.database, policies)
    releases = ReleaseEpoch(
        epochs, memory, CutShards(board, ends), runtime.database, places, policies, generations.serving, tell
    )
    changes = TellChanges(epochs, producer, f"driveline/{SERVICE}")
    runtime.outbox.also_due.append(changes.due)
    collector = Collector(
        settings, store, board, Owners(redis), producer, runtime.dead_letters, places, memory.past, generations.serving
    )
    tasks: list[asyncio.Task[None]] = []

    async def moving() -> bool:
        """Whether there are more partitions than shards: nobody would answer, and a rebuild waits for the coordinator's lock."""
        partitions = len(next(iter((await ends()).values())))
        return (await generations.serving(partitions)).partitions != partitions

    async def resume() -> None:
        while True:
            await asyncio.sleep(_RESUME_S)
            try:
                await retire_left(generations, redis)
                if await epochs.unfinished() is None or await moving():
                    continue
                if (row := await releases.finish_unfinished()) is not None:
                    await cells.publish(row)
                    changes.wake()
            except CutFailed as failed:
                log.warning("epoch not completed yet", reason=str(failed))
            except Exception as away:  # it may come back: a begun epoch must not wait for a restart
                log.warning("epoch not completed yet", reason=reason_of(away), exc_info=not is_away(away))

    async def start() -> None:
        await reader.start()
        await collector.start()
        tasks.extend([asyncio.create_task(run()) for run in (cells.follow, resume, changes.run)])

    async def stop() -> None:
        try:
            await collector.stop()  # first: others wait for its shards
        finally:
            await end(*tasks)
            tasks.clear()
            await reader.stop()
            await redis.aclose()

    async def ended() -> str | None:
        return "exchange: a loop has ended" if any(task.done() for task in tasks) else None

    async def cells_ready() -> str | None:
        return None if cells.loaded else "released cells: not loaded yet"

    runtime.on_start.append(start)
    runtime.on_stop.append(stop)
    runtime.health.live_checks += [collector.problem, ended]
    runtime.health.ready_checks += [collector.unready, cells_ready]
    app = runtime.app()
    app.include_router(benchmark_routes(cells, places))
    app.include_router(epoch_routes(epochs, cells, releases, changes))
    app.include_router(page_routes(Pages.of(settings, "exchange", service="benchmarks"), cells, places, policies))
    return app

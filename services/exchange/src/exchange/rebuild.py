"""`python -m exchange.rebuild`: build the next generation of the shards beside the one that serves, and switch to it.

One process, told by the same environment as the service. It says on standard output, in JSON lines, how many records
are done of how many, at last what serves now; or `{"error": ...}`, with exit code 1. Run again after it died, it goes on.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from chassis.database import Database
from chassis.dead_letters import DeadLetters
from chassis.producer import Producer
from chassis.retry import reason_of
from chassis.settings import ServiceSettings
from contracts.topics import COLLECTED
from redis.asyncio import Redis

from chassis import logs
from exchange import app
from exchange.adapters.cut_board import CutBoard
from exchange.adapters.epochs import Epochs
from exchange.adapters.generations import BuilderBusy, Generation, Generations
from exchange.adapters.owners import Owners
from exchange.adapters.release_memory import ReleaseMemory
from exchange.adapters.shard_store import ShardStore
from exchange.domain.policy import POLICIES
from exchange.entrypoints.collector.log_position import LogReader
from exchange.entrypoints.collector.loop import Collector
from exchange.entrypoints.collector.told import ToldByServing
from exchange.tuning import tune
from exchange.usecases.rebuild import Ends, Rebuild, RebuildFailed, retire_left


async def rebuild(settings: ServiceSettings) -> dict[str, Any]:
    """Build and switch; what serves then. Raises BuilderBusy, RebuildFailed, or whatever is away."""
    began = time.monotonic()
    database, redis = Database(settings.postgres), Redis.from_url(settings.redis)
    generations, epochs, memory = Generations(database), Epochs(database), ReleaseMemory(database, POLICIES)
    reader, producer = LogReader(settings), Producer(settings)

    async def ends() -> Ends:
        return await reader.ends(COLLECTED)

    try:
        await reader.start()
        await producer.start()
        partitions = {len(of) for of in (await ends()).values()}
        if len(partitions) != 1:
            raise RebuildFailed(f"the collected topics have {sorted(partitions)} partitions")
        async with generations.building(partitions.pop(), await epochs.last_counted()) as build:
            mine, serving = build.generation, build.serving
            if mine.partitions % serving.partitions:
                raise RebuildFailed(
                    f"the topics have {mine.partitions} partitions, which is no multiple of the {serving.partitions}"
                    " that the shards are made for"
                )
            await retire_left(generations, redis, grace_s=0)
            store = ShardStore(redis, mine.number)
            past = await memory.past()
            told = ToldByServing(
                mine.told, serving.told, {p: past(p).counted for p in range(serving.partitions)},
                ShardStore(redis, serving.number, serving.measures), serving.partitions,
                moving=mine.partitions != serving.partitions,
            )  # fmt: skip

            async def own(_: int) -> Generation:
                return mine

            collector = Collector(
                settings, store, CutBoard(redis), Owners(redis), producer, DeadLetters(producer, app.SERVICE), app.geography(),
                memory.past, own, alone=True, told=told,
            )  # fmt: skip
            rebuilding = Rebuild(generations, epochs, store, collector, ends, told.come_past, _report)
            records = await rebuilding.run(build)
        counts = [await store.count(p, measure) for p in range(mine.partitions) for measure in POLICIES.measures]
        seconds = round(time.monotonic() - began, 2)
        return {"generation": mine.number, "partitions": mine.partitions, "contributions": sum(counts),
                "records": records, "seconds": seconds}  # fmt: skip
    finally:
        await producer.stop()
        await reader.stop()
        await redis.aclose()
        await database.close()


def _report(done: int, total: int) -> None:
    _say({"done": done, "total": total})


def _say(what: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main(settings: ServiceSettings) -> int:
    """Run it, and return the exit code."""
    tune()
    logs.configure("exchange.rebuild", settings.log_level, settings.instance)
    try:
        _say(asyncio.run(rebuild(settings)))
    except (BuilderBusy, RebuildFailed) as refused:
        _say({"error": str(refused)})
        return 1
    except Exception as away:  # noqa: BLE001 - what has been built stays; whoever runs it again goes on
        _say({"error": reason_of(away)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(ServiceSettings.told()))

"""Starts matching as it runs in production; its helpers are in `matching_process.py`, beside this file."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from chassis.database import Database
from chassis.servers import Servers
from chassis.servers.topics import from_contract, make_topics
from contracts.topics import TOPICS

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path

from matching_process import Hasty, Keys, Process, Running


@pytest.fixture(scope="session")
def keys() -> Iterator[Keys]:
    """Who signs tokens."""
    made = Keys()
    yield made
    made.stop()


@pytest.fixture(scope="session")
async def matching(
    kafka: str,
    topics: tuple[str, ...],
    postgres: Callable[..., str],
    keys: Keys,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Running]:
    """The service, ready."""
    dsn = postgres("matching")
    process = await asyncio.to_thread(
        Process, kafka, dsn, tmp_path_factory.mktemp("matching"), DRIVELINE_ISSUER=keys.url
    )
    database, producer = Database(dsn), AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    try:
        await producer.start()
        await process.ready()
        yield Running(process.url, database, producer, keys, kafka)
    finally:
        process.stop()
        await producer.stop()
        await database.close()


@pytest.fixture(scope="session")
async def hasty(
    request: pytest.FixtureRequest,
    postgres: Callable[..., str],
    keys: Keys,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Hasty]:
    """Two processes for which 4 seconds are a long time to answer, on a broker of their own: they may be killed."""
    with Servers(way=request.config.getoption("driveline_with"), brief=True) as servers:
        kafka = await asyncio.to_thread(lambda: servers.kafka)
        await asyncio.to_thread(make_topics, kafka, [from_contract(topic) for topic in TOPICS])
        dsn, folder = postgres("hasty"), tmp_path_factory.mktemp("hasty")
        windows = {"DRIVELINE_ANSWER_WINDOW_S": "4", "DRIVELINE_NEED_LIFETIME_S": "9"}

        def start(second: bool) -> Process:
            return Process(kafka, dsn, folder, migrated=second, DRIVELINE_ISSUER=keys.url, **windows)

        processes = [await asyncio.to_thread(start, second) for second in (False, True)]
        database, producer = Database(dsn), AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
        try:
            await producer.start()
            for process in processes:
                await process.ready()
            yield Hasty(processes[0].url, database, producer, keys, kafka, processes)
        finally:
            for process in processes:
                process.ask_to_stop()
            for process in processes:
                process.stop()
            await producer.stop()
            await database.close()

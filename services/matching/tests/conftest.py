"""Starts matching as it runs in production; its helpers are in `matching_process.py`, beside this file."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from chassis.database import Database

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path

from matching_process import Keys, Process, Running


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

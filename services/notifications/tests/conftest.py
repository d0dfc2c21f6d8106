"""Starts notifications as it runs in production; its helpers are in the modules beside this file."""

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from chassis.database import Database
from chassis.servers import Sink

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path

from notifications_process import Process, Running


@pytest.fixture(scope="session")
async def notifications(
    kafka: str,
    topics: tuple[str, ...],
    postgres: Callable[..., str],
    mail_server: Sink,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Running]:
    """The service with a mail server and without an SMS centre, ready."""
    dsn = postgres("notifications")
    process = Process(kafka, dsn, tmp_path_factory.mktemp("notifications"), DRIVELINE_SMTP=mail_server.address)
    database, producer = Database(dsn), AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    try:
        await producer.start()
        await process.ready()
        yield Running(process.url, database, producer, process)
    finally:
        process.stop()
        await producer.stop()
        await database.close()

"""Starts notifications as it runs in production; its helpers are in the modules beside this file."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from chassis.database import Database
from chassis.servers import Sink

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path

from notifications_issuer import Issuer
from notifications_process import Log, Process, Running
from sms_lines import free_port, served


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    """Signs the tokens of these tests."""
    made = Issuer(f"http://127.0.0.1:{(port := free_port())}")
    async with served(made.app, port):
        yield made


@pytest.fixture(scope="session")
async def producer(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    """Writes as the other services do."""
    made = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await made.start()
    yield made
    await made.stop()


@pytest.fixture(scope="session")
async def notifications(
    kafka: str,
    topics: tuple[str, ...],
    postgres: Callable[..., str],
    mail_server: Sink,
    sms_server: Sink,
    issuer: Issuer,
    producer: AIOKafkaProducer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Running]:
    """The service with a mail server and an SMS centre, ready; texts come at any hour."""
    dsn = postgres("notifications")
    process = Process(
        kafka,
        dsn,
        tmp_path_factory.mktemp("notifications"),
        DRIVELINE_SMTP=mail_server.address,
        DRIVELINE_SMS=sms_server.address,
        DRIVELINE_WAKING_HOURS="00:00-24:00",
        DRIVELINE_ISSUER=issuer.url,
    )
    database = Database(dsn)
    try:
        await process.ready()
        yield Running(process.url, database, producer, process)
    finally:
        process.stop()
        await database.close()


@pytest.fixture
async def api(notifications: Running) -> AsyncIterator[httpx.AsyncClient]:
    """Over HTTP."""
    async with httpx.AsyncClient(base_url=notifications.url, timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def log(kafka: str, topics: tuple[str, ...]) -> Log:
    """`await log("consent.stated", lambda body: ..., 1)`: that many events that are meant, in the order of the log; their
    envelope is under `ce`."""

    async def read(topic: str, meant: Callable[[dict[str, Any]], bool], count: int) -> list[dict[str, Any]]:
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        try:
            found: list[dict[str, Any]] = []
            async with asyncio.timeout(30):
                while len(found) < count:
                    record = await consumer.getone()
                    body = json.loads(record.value)
                    if meant(body):
                        ce = {name: value.decode() for name, value in record.headers if value is not None}
                        found.append(body | {"ce": ce})
            return found
        finally:
            await consumer.stop()

    return read

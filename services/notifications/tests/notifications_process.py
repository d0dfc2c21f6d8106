"""The service under test: a process, its database, and a producer that writes as the other services do."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from aiokafka import AIOKafkaProducer
from chassis.database import Database
from contracts.codec import encode_kafka, new_event
from contracts.event import Event

# Events of a topic that are meant, as many as are asked for.
Log: TypeAlias = Callable[[str, Callable[[dict[str, Any]], bool], int], Awaitable[list[dict[str, Any]]]]


@dataclass
class Running:
    """What a test needs to know."""

    url: str
    database: Database
    producer: AIOKafkaProducer
    process: "Process"

    async def tell(self, *events: Event, source: str = "driveline/membership", **extensions: str) -> list[str]:
        """Publish events, one after the other; their ids."""
        ids = []
        for event in events:
            ce = new_event(event, source=source)
            ce.extensions.update(extensions)
            headers, value = encode_kafka(ce)
            await self.producer.send_and_wait(event.topic, value, key=event.key().encode(), headers=headers)
            ids.append(ce.id)
        return ids

    async def tell_again(self, event: Event, ce_id: str, times: int = 1) -> None:
        """Publish an event under an id of one's own, as often as wanted."""
        ce = new_event(event, source="driveline/matching")
        headers = [(n, ce_id.encode() if n == "ce_id" else v) for n, v in encode_kafka(ce)[0]]
        for _ in range(times):
            await self.producer.send_and_wait(
                event.topic, encode_kafka(ce)[1], key=event.key().encode(), headers=headers
            )


class Process:
    """`python -m notifications` on a free port; what it is told beside that is in `settings`."""

    def __init__(self, kafka: str, dsn: str, folder: Path, **settings: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.output = folder / "log"
        self._environment = os.environ | {
            "DRIVELINE_KAFKA": kafka,
            "DRIVELINE_REDIS": "redis://127.0.0.1:1/0",
            "DRIVELINE_POSTGRES": dsn,
            "DRIVELINE_HTTP_PORT": str(port),
            **settings,
        }
        subprocess.run([sys.executable, "-m", "notifications.migrate"], env=self._environment, check=True)
        self.start()

    def start(self) -> None:
        with self.output.open("ab") as log:
            command = [sys.executable, "-m", "notifications"]
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    async def ready(self, within_s: float = 120) -> None:
        deadline = time.monotonic() + within_s
        async with httpx.AsyncClient() as client:
            while time.monotonic() < deadline:
                try:
                    if (await client.get(f"{self.url}/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)
        raise AssertionError(f"not ready: {self.said()}")

    def said(self) -> str:
        return self.output.read_text()[-3000:]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(15)

    def kill(self) -> None:
        """SIGKILL: nothing is finished."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(15)

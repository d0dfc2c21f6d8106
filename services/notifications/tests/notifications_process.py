"""The service under test: a process, its database, and a producer that writes as membership does."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from aiokafka import AIOKafkaProducer
from chassis.database import Database


@dataclass
class Running:
    """What a test needs to know."""

    url: str
    database: Database
    producer: AIOKafkaProducer


class Process:
    """`python -m notifications` on a free port."""

    def __init__(self, kafka: str, dsn: str, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.output = folder / "log"
        environment = os.environ | {
            "DRIVELINE_KAFKA": kafka,
            "DRIVELINE_REDIS": "redis://127.0.0.1:1/0",
            "DRIVELINE_POSTGRES": dsn,
            "DRIVELINE_HTTP_PORT": str(port),
        }
        subprocess.run([sys.executable, "-m", "notifications.migrate"], env=environment, check=True)
        with self.output.open("wb") as log:
            command = [sys.executable, "-m", "notifications"]
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

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

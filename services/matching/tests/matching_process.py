"""The service under test: processes, their database, an issuer of tokens, and the log as others write and read it."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from chassis.database import Database
from chassis.testing.issuer import Issuer
from contracts.codec import encode_kafka, new_event
from contracts.event import Event


class Keys:
    """Membership as far as matching asks it: its public keys over HTTP, and tokens that they sign."""

    def __init__(self) -> None:
        self.issuer = Issuer()
        keys = json.dumps(asyncio.run(self.issuer.fetch())).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(keys)

            def log_message(self, *args: Any) -> None:
                """Quietly."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def bearer(self, **claims: Any) -> dict[str, str]:
        """`bearer(member_id="shop-1")` is that member's own system, `bearer()` an operator."""
        scope = "partnerships:write" if {"member_id", "partner"} & set(claims) else "partnerships:write operate"
        token = self.issuer.token(**{"iss": self.url, "exp": int(time.time()) + 600, "scope": scope, **claims})
        return {"authorization": f"Bearer {token}"}

    def cookie(self, contact_id: str, member_id: str) -> dict[str, str]:
        """What a browser shows after its person has signed in."""
        session = self.issuer.session(contact_id, member_id, iss=self.url, exp=int(time.time()) + 600)
        return {"cookie": f"driveline_session={session}"}


class Process:
    """`python -m matching` on a free port; migrates its database first, unless another one has."""

    def __init__(self, kafka: str, dsn: str, folder: Path, *, migrated: bool = False, **settings: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.output = folder / f"log-{port}"
        self._environment = os.environ | {
            "DRIVELINE_KAFKA": kafka,
            "DRIVELINE_REDIS": "redis://127.0.0.1:1/0",
            "DRIVELINE_POSTGRES": dsn,
            "DRIVELINE_HTTP_PORT": str(port),
            **settings,
        }
        if not migrated:
            subprocess.run([sys.executable, "-m", "matching.migrate"], env=self._environment, check=True)
        self.start()

    def start(self) -> None:
        with self.output.open("ab") as log:
            command = [sys.executable, "-m", "matching"]
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

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
        self.ask_to_stop()
        self._process.wait(15)

    def ask_to_stop(self) -> None:
        self._process.terminate()


@dataclass
class Running:
    """What a test needs to know of the running service, and how it speaks with it."""

    url: str
    database: Database
    producer: AIOKafkaProducer
    keys: Keys
    kafka: str

    def api(self, **claims: Any) -> httpx.AsyncClient:
        """A client with a member's token, or without claims an operator's."""
        return httpx.AsyncClient(base_url=self.url, headers=self.keys.bearer(**claims), timeout=30)

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """A client without a token."""
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30)

    async def tell(self, *events: Event, source: str = "driveline/tests") -> None:
        """Publish as the services that own the events do."""
        for event in events:
            headers, value = encode_kafka(new_event(event, source=source))
            await self.producer.send_and_wait(event.topic, value, key=event.key().encode(), headers=headers)

    async def told(self, topic: str, count: int = 1, within_s: float = 20, **fields: Any) -> list[dict[str, Any]]:
        """The first `count` bodies on a topic in which these fields have these values."""
        found: list[dict[str, Any]] = []
        async with self._reading(topic) as consumer:
            deadline = time.monotonic() + within_s
            while len(found) < count and time.monotonic() < deadline:
                found += _bodies(await consumer.getmany(timeout_ms=100), fields)
        return found

    async def all_told(self, topic: str, **fields: Any) -> list[dict[str, Any]]:
        """Every body on a topic in which these fields have these values, once nothing waits to be relayed."""
        await self.relayed()
        found: list[dict[str, Any]] = []
        async with self._reading(topic) as consumer:
            ends = await consumer.end_offsets(consumer.assignment())
            while [part for part, end in ends.items() if await consumer.position(part) < end]:
                found += _bodies(await consumer.getmany(timeout_ms=100), fields)
        return found

    async def relayed(self) -> None:
        """Nothing due waits in the outbox: an event is on the log a moment before its row is gone."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
            await until(lambda: client.get("/v1/progress"), lambda answer: answer.json()["outbox_due"] == 0)

    @asynccontextmanager
    async def _reading(self, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.kafka, auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=50
        )
        await consumer.start()
        try:
            consumer.assign([TopicPartition(topic, p) for p in await self.producer.partitions_for(topic)])
            yield consumer
        finally:
            await consumer.stop()


def _bodies(found: Mapping[Any, Sequence[Any]], fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    values = [record.value for records in found.values() for record in records]
    bodies = [json.loads(value) for value in values if value.startswith(b"{")]
    return [body for body in bodies if all(body.get(k) == v for k, v in fields.items())]


@dataclass
class Hasty(Running):
    """A system of several processes, each of which may be killed and started again."""

    processes: list[Process]


async def until(look: Callable[[], Any], good: Callable[[Any], bool], within_s: float = 20) -> Any:
    """What an asynchronous look gives, as soon as it is good."""
    deadline = time.monotonic() + within_s
    while not good(seen := await look()):
        assert time.monotonic() < deadline, f"still {seen}"
        await asyncio.sleep(0.05)
    return seen

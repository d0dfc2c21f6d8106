"""The system under test and its surroundings: processes, the Kafka log, bodies with values that have character."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

Headers: TypeAlias = list[tuple[str, bytes | None]]

ADMIN = ("bootstrap", "only-for-tests")
HOME = "http://match.example:8002/home"
SCOPES = {
    "wrenchway": ["members:write", "pay:write", "benefits:write", "partnerships:write", "media:write"],
    "estimating": ["benefits:write", "labor-rates:write"],
    "ase": ["credentials:write"],
    "vendor": ["pay:write", "technician-pay:write"],
}


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class System:
    """`python -m membership` and `python -m membership.intake`."""

    def __init__(self, kafka: str, dsn: str, folder: Path) -> None:
        self.kafka, self.dsn, self.folder = kafka, dsn, folder
        self.ports = {"membership": free_port(), "membership.intake": free_port()}
        self.url = f"http://127.0.0.1:{self.ports['membership']}"
        self.secrets: dict[str, str] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self, module: str = "membership") -> dict[str, str]:
        return os.environ | {
            "DRIVELINE_KAFKA": self.kafka,
            "DRIVELINE_REDIS": "redis://127.0.0.1:1/0",
            "DRIVELINE_POSTGRES": self.dsn,
            "DRIVELINE_HTTP_PORT": str(self.ports.get(module, 0)),
            "DRIVELINE_ISSUER": self.url,
            "DRIVELINE_INSTANCE": module,
            "DRIVELINE_BOOTSTRAP_SECRET": ADMIN[1],
            "DRIVELINE_HOME_URL": HOME,
            "DRIVELINE_NEXT_ORIGINS": '["http://pay.example:8003"]',
        }

    def run(self, module: str) -> None:
        with (self.folder / f"{module}.log").open("ab") as output:
            self.processes[module] = subprocess.Popen(
                [sys.executable, "-m", module], env=self.environment(module), stdout=output, stderr=output
            )

    async def start(self) -> None:
        migrate = [sys.executable, "-m", "membership.migrate"]
        await asyncio.to_thread(subprocess.run, migrate, env=self.environment(), check=True)
        for module in self.ports:
            self.run(module)
        await asyncio.gather(*(self.ready(module) for module in self.ports))

    async def ready(self, module: str, within_s: float = 120) -> None:
        async with httpx.AsyncClient() as client:
            deadline = time.monotonic() + within_s
            while time.monotonic() < deadline:
                try:
                    answer = await client.get(f"http://127.0.0.1:{self.ports[module]}/readyz")
                    if answer.status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)
        raise AssertionError(f"{module} is not ready:\n{(self.folder / f'{module}.log').read_text()[-4000:]}")

    def kill(self, module: str) -> None:
        process = self.processes.pop(module)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(15)

    async def bearer(self, client_id: str, secret: str, **more: str) -> dict[str, str]:
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, **more}
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{self.url}/oauth/token", data=form)
        assert answer.status_code == 200, answer.text
        return {"authorization": f"Bearer {answer.json()['access_token']}"}

    async def partner(self, name: str) -> dict[str, str]:
        return await self.bearer(f"partner-{name}", self.secrets[name])

    async def register_partners(self) -> None:
        async with httpx.AsyncClient(base_url=self.url, headers=await self.bearer(*ADMIN)) as client:
            for name, scopes in SCOPES.items():
                answer = await client.post("/v1/partners", json={"name": name, "scopes": scopes})
                assert answer.status_code == 201, answer.text
                self.secrets[name] = answer.json()["client_secret"]

    async def join(
        self, api: httpx.AsyncClient, *, grant: str = "wrenchway", scopes: Iterable[str] = ("pay:write",)
    ) -> str:
        """A fresh shop that has granted a partner these scopes."""
        member_id = str((await api.post("/v1/members", json=shop())).raise_for_status().json()["member_id"])
        body = {"partner": grant, "scopes": list(scopes), "member_ids": [member_id]}
        (await api.post("/v1/grants", json=body)).raise_for_status()
        return member_id


class Log:
    """The broker as an outsider sees it."""

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self._producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", max_request_size=4 * 1024 * 1024)

    async def start(self) -> None:
        await self._producer.start()

    async def stop(self) -> None:
        await self._producer.stop()

    async def send(
        self,
        topic: str,
        value: bytes | None,
        headers: Headers | None = None,
        key: bytes | None = None,
        partition: int | None = None,
    ) -> Any:
        return await (await self.send_soon(topic, value, headers, key, partition))

    async def send_soon(
        self,
        topic: str,
        value: bytes | None,
        headers: Headers | None = None,
        key: bytes | None = None,
        partition: int | None = None,
    ) -> Any:
        return await self._producer.send(topic, value, key=key, partition=partition, headers=headers)  # type: ignore[arg-type]

    async def flush(self) -> None:
        await self._producer.flush()

    async def publish(self, topic: str, kind: str, body: dict[str, Any], ce_id: str | None = None, **more: Any) -> str:
        """One event in binary mode; returns its id."""
        ce_id = ce_id or str(uuid.uuid4())
        await self.send(topic, json.dumps(body).encode(), binary(kind, ce_id), **more)
        return ce_id

    async def read(
        self,
        topic: str,
        wanted: Callable[[ConsumerRecord[Any, Any]], bool],
        count: int = 1,
        within_s: float = 20.0,
    ) -> list[ConsumerRecord[Any, Any]]:
        """The first `count` wanted records since the log began; fewer if time runs out."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka, auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        found: list[ConsumerRecord[Any, Any]] = []
        try:
            partitions = await self._producer.partitions_for(topic)
            consumer.assign([TopicPartition(topic, p) for p in partitions])
            deadline = time.monotonic() + within_s
            while len(found) < count and time.monotonic() < deadline:
                batches = await consumer.getmany(timeout_ms=100)
                found += [record for records in batches.values() for record in records if wanted(record)]
        finally:
            await consumer.stop()
        return found

    async def bodies(self, topic: str, count: int = 1, within_s: float = 20.0, **fields: Any) -> list[dict[str, Any]]:
        """The first `count` bodies on a topic in which these fields have these values."""

        def wanted(record: ConsumerRecord[Any, Any]) -> bool:
            body = body_of(record)
            return all(body.get(field) == value for field, value in fields.items())

        return [json.loads(record.value) for record in await self.read(topic, wanted, count, within_s)]


def body_of(record: ConsumerRecord[Any, Any]) -> dict[str, Any]:
    """A record's body; empty for what is none, since other tests of the run write to the same topics, on purpose badly."""
    try:
        body = json.loads(record.value or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


async def receipt(api: httpx.AsyncClient, ce_id: str, headers: dict[str, str]) -> dict[str, Any]:
    """The receipt of an event that is on its way."""
    deadline = time.monotonic() + 30
    while (answer := await api.get(f"/v1/receipts/{ce_id}", headers=headers)).status_code == 404:
        assert time.monotonic() < deadline, f"{ce_id} has no receipt"
        await asyncio.sleep(0.05)
    found: dict[str, Any] = answer.json()
    return found


def binary(kind: str, ce_id: str, source: str = "urn:test:shop") -> Headers:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", ce_id.encode()),
        ("ce_source", source.encode()),
        ("ce_type", f"driveline.{kind}.v1".encode()),
        ("content-type", b"application/json"),
    ]


def structured(kind: str, ce_id: str, data: Any, source: str = "urn:test:shop") -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": ce_id,
        "source": source,
        "type": f"driveline.{kind}.v1",
        "datacontenttype": "application/json",
        "data": data,
    }


def shop(**fields: Any) -> dict[str, Any]:
    """An application of a shop that nobody has seen before."""
    mark = uuid.uuid4().hex[:8]
    return {
        "request_id": f"r-{mark}",
        "kind": "business",
        "name": f"Elm Street Garage {mark}",
        "address": f"{int(mark[:4], 16)} Elm Street",
        "city": "New Oxford",
        "state": "PA",
        "zip": "17350",
        "shop_type": "independent_repair",
        "size": "3_5",
        "ownership": "single",
        **fields,
    }


def pay(member_id: str, submission_id: str = "9b1c", **fields: Any) -> dict[str, Any]:
    return {
        "submission_id": submission_id,
        "revision": 1,
        "member_id": member_id,
        "role": "tech_a",
        "experience": "y5_9",
        "shop_type": "independent_repair",
        "size": "3_5",
        "zip": "17350",
        "plan": "hourly",
        "rate": "31.50",
        "rate_unit": "clock_hour",
        "hours_clocked": "40",
        "effective_on": "2026-06-30",
        **fields,
    }

"""A running system as an outsider sees it: its ready file, its command line, its HTTP addresses, its Kafka log."""

import base64
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from driveline.calls import answer, call
from driveline.dead import DeadLetterBox
from driveline.running import Running
from driveline.settling import settle

PRODUCER = Path(__file__).with_name("partner_producer.py")
COMMAND = Path(sys.executable).with_name("driveline")
T = TypeVar("T")


@dataclass(frozen=True)
class Record:
    """One record: to be published, or as it lies in the log."""

    topic: str
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    key: bytes | None = None
    partition: int | None = None
    offset: int | None = None

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.value or b"")
        return found

    def header(self, name: str) -> str | None:
        return next((value.decode() for key, value in self.headers if key == name and value is not None), None)

    def line(self) -> str:
        """As `partner_producer.py` reads it."""
        told = {"topic": self.topic, "value": _text(self.value), "key": _text(self.key), "partition": self.partition}
        return json.dumps(told | {"headers": [(name, _text(value)) for name, value in self.headers]})


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Outside:
    """`ready` is the file that `driveline up` wrote; `folder` is where commands are started."""

    ready: Path
    folder: Path

    @property
    def running(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.ready.read_text())
        return found

    def driveline(self, *arguments: str | Path, seconds: float = 120) -> Said:
        """Run the command as a user would, in a process of its own."""
        return driveline(*arguments, cwd=self.folder, ready=self.ready, seconds=seconds)

    def settle(self, seconds: float = 60) -> None:
        """What `driveline settle` does, without another process: it is called again and again."""
        done = settle(Running.read(self.ready), seconds)
        assert done.waiting is None, done.waiting

    def dead_letters(self, service: str) -> list[dict[str, Any]]:
        """What `driveline dead-letters list` shows."""
        return [letter.summary() for letter in DeadLetterBox(self.running["kafka"]).letters(service)]

    def release(self) -> dict[str, Any]:
        """What `driveline release` does, without another process: its manifest."""
        running = self.running
        url, said = f"{running['exchange']}/v1/epochs", {"kind": "release"}
        manifest: dict[str, Any] = answer(call("POST", url, token=running["admin_token"], json=said, seconds=300))
        return manifest

    @contextlib.contextmanager
    def api(self) -> Iterator[httpx.Client]:
        """Membership, with the administrator's token."""
        running = self.running
        headers = {"authorization": f"Bearer {running['admin_token']}"}
        with httpx.Client(base_url=running["membership"], headers=headers, timeout=30) as client:
            yield client

    def ask(self, **filters: str) -> dict[str, Any]:
        """`GET /v1/benchmarks/pay`, without login."""
        answer = httpx.get(f"{self.running['exchange']}/v1/benchmarks/pay", params=filters, timeout=30)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def publish(self, records: Iterable[Record]) -> int:
        """Have another process publish; returns how many Kafka acknowledged, which has to be all of them."""
        lines = [record.line() for record in records]
        run = subprocess.run(
            [sys.executable, str(PRODUCER), self.running["kafka"]],
            input="\n".join(lines), capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        said = json.loads(run.stdout.splitlines()[-1])
        assert said == {"acknowledged": len(lines), "failed": []}
        return len(lines)

    def log(self, topic: str) -> list[Record]:
        """Every record that is on a topic now."""
        return list(read_log(self.running["kafka"], topic))


def driveline(*arguments: str | Path, cwd: Path, ready: Path | None = None, seconds: float = 120) -> Said:
    """`driveline ...` in a process of its own, with nothing of this process's environment that would steer it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DRIVELINE_")}
    if ready is not None:
        environment["DRIVELINE_READY"] = str(ready)
    run = subprocess.run(
        [str(COMMAND), *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=cwd, env=environment, timeout=seconds,
    )  # fmt: skip
    return Said(run.returncode, run.stdout, run.stderr)


def read_log(bootstrap: str, topic: str) -> Iterator[Record]:
    """From the beginning of every partition to where it ends now."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "outside", "enable.auto.commit": False, "fetch.wait.max.ms": 20}
    )
    try:
        spots = [
            TopicPartition(topic, number) for number in consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ]
        ends = {spot.partition: consumer.get_watermark_offsets(spot, timeout=10) for spot in spots}
        left = {partition: end for partition, (first, end) in ends.items() if end > first}
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in left])
        while left:
            message = consumer.poll(10)
            assert message is not None, f"{topic}: nothing within 10 s, wanted {left}"
            assert message.error() is None, message.error()
            partition, offset = int(message.partition() or 0), int(message.offset() or 0)
            if offset + 1 >= left.get(partition, 0):
                left.pop(partition, None)
            headers: Any = message.headers() or []
            yield Record(topic, message.value(), tuple(headers), message.key(), partition, offset)
    finally:
        consumer.close()


def until(what: Callable[[], T], wanted: Callable[[T], bool] = bool, seconds: float = 30) -> T:
    """Ask until the answer is as wanted."""
    deadline = time.monotonic() + seconds
    while not wanted(said := what()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s; last: {said!r}"
        time.sleep(0.1)
    return said


def binary(kind: str, ce_id: str, body: Mapping[str, Any] | bytes | None, topic: str, **more: Any) -> Record:
    """An event in binary mode, as a partner's system would publish it."""
    headers: list[tuple[str, bytes | None]] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", ce_id.encode()),
        ("ce_source", b"urn:example:partner"),
        ("ce_type", f"driveline.{kind}.v1".encode()),
        ("content-type", b"application/json"),
        *more.pop("headers", ()),
    ]
    value = json.dumps(body).encode() if isinstance(body, Mapping) else body
    return Record(topic, value, headers, more.pop("key", ce_id.encode()), **more)


def structured(kind: str, ce_id: str, body: Any) -> dict[str, Any]:
    """The same in structured mode: a line for `driveline publish`, a body for HTTP."""
    return {
        "specversion": "1.0", "id": ce_id, "source": "urn:example:partner", "type": f"driveline.{kind}.v1",
        "time": "2026-11-01T08:00:00Z", "data": body,
    }  # fmt: skip


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else base64.b64encode(raw).decode()

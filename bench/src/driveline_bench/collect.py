"""Events per second of the exchange's collector: from the inner topic to durable effect, in one process.

The clock starts when the process has loaded its (empty of pay) shards and stops when the store holds the last
watermark; beside it, in the same run on the same records, a raw consumer that does nothing.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import exchange
import psutil
import redis
from chassis.database import Database
from chassis.migrations import upgrade
from chassis.servers import Servers
from chassis.servers.topics import apply_topics, from_contract
from confluent_kafka import Producer
from contracts.topics import COLLECTED, topic
from exchange.domain.policy import POLICIES
from exchange.usecases.draft_epoch import draft

from driveline_bench.market import Message, joined, shops, submitted
from driveline_bench.processes import Cpu

PAY = "pay.submitted"
PARTITIONS = topic(PAY).partitions


@dataclass
class Result:
    """One run's figures; CPU in microseconds an event."""

    events: int
    seconds: float
    cpu_us: dict[str, float]
    raw: dict[str, float]
    memory_mb: float
    redis_bytes: float

    def lines(self) -> list[str]:
        """The figures as a person reads them."""
        rate, raw_rate = self.events / self.seconds, self.raw["events"] / self.raw["seconds"]
        parts = ", ".join(f"{name} {us:.1f}" for name, us in self.cpu_us.items())
        return [
            f"raw aiokafka consumer   {raw_rate:>10,.0f} events/s   {self.raw['cpu_us']:.1f} us CPU an event",
            f"exchange, one process   {rate:>10,.0f} events/s   {sum(self.cpu_us.values()):.1f} us CPU an event ({parts})",
            (
                f"                        {rate / raw_rate:>10.0%} of the raw consumer; process {self.memory_mb:,.0f} MB,"
                f" Redis {self.redis_bytes:,.0f} bytes a contribution"
            ),
        ]


def publish(bootstrap: str, name: str, messages: Iterable[Message], say: str) -> int:
    """Publish with librdkafka, keys partitioned as Java does; how many."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "partitioner": "murmur2_random",
            "linger.ms": 20,
            "acks": "all",
            "queue.buffering.max.messages": 500_000,
            "compression.type": "none",
        }
    )
    sent = 0
    for key, value, headers in messages:
        while True:
            try:
                producer.produce(name, value, key, headers=headers)
                break
            except BufferError:
                producer.poll(0.1)
        sent += 1
        if sent % 20_000 == 0:
            producer.poll(0)
            print(f"\r{say}: {sent:,}", end="", file=sys.stderr, flush=True)
    producer.flush()
    print(f"\r{say}: {sent:,}", file=sys.stderr)
    return sent


def reached(store: "redis.Redis", name: str) -> int:
    """How many records of a topic are durable in the shards."""
    keys = [f"{{exchange:g1:p{p}}}:meta" for p in range(PARTITIONS)]
    return sum(int(store.hget(key, f"next:{name}") or 0) for key in keys)


def loaded(store: "redis.Redis") -> bool:
    """Whether every shard has been taken by the process."""
    return all(store.hexists(f"{{exchange:g1:p{p}}}:meta", "partitions") for p in range(PARTITIONS))


def start_exchange(servers: Servers, dsn: str, folder: Path) -> "subprocess.Popen[bytes]":
    """One exchange process, its log in `folder`."""
    environment = os.environ | {
        "DRIVELINE_KAFKA": servers.kafka,
        "DRIVELINE_REDIS": servers.redis,
        "DRIVELINE_POSTGRES": dsn,
        "DRIVELINE_ISSUER": "http://127.0.0.1:1",
        "DRIVELINE_INSTANCE": "exchange-bench",
    }
    log = (folder / "exchange.log").open("ab")
    return subprocess.Popen([sys.executable, "-m", "exchange"], env=environment, stdout=log, stderr=log)


def wait(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until it holds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise SystemExit(f"bench: {what} did not happen within {seconds:.0f} s")
        time.sleep(0.01)


async def released_before(dsn: str) -> None:
    """Make the database say that an epoch was released today: without a cutoff nothing would stand in any cell."""
    database = Database(dsn)
    now = datetime.now(UTC)
    row = draft(None, now, PARTITIONS, POLICIES)
    row.state, row.published_at = "published", now
    async with database.transaction() as session:
        session.add(row)
    await database.close()


def run(events: int, members: int) -> Result:
    """Start servers, publish, measure, stop everything."""
    with tempfile.TemporaryDirectory() as name, Servers(Path(name)) as servers:
        folder = Path(name)
        servers.start()
        apply_topics(
            servers.kafka, [from_contract(t) for t in map(topic, (*COLLECTED, "exchange.dead", "exchange.epoch"))]
        )
        dsn = servers.postgres.database("exchange")
        upgrade(Path(next(iter(exchange.__path__))).parents[1], dsn)
        asyncio.run(released_before(dsn))
        store = redis.Redis.from_url(servers.redis)
        market = shops(members)
        publish(servers.kafka, "member.joined", joined(market), "members")
        process = start_exchange(servers, dsn, folder)
        try:
            wait(lambda: reached(store, "member.joined") >= members, 120, "collecting the members")
        finally:
            process.terminate()
            process.wait(20)
        publish(servers.kafka, PAY, submitted(market, events), "pay events")
        raw = json.loads(
            subprocess.run(
                [sys.executable, "-m", "driveline_bench.raw_consumer", servers.kafka, PAY, str(events)],
                check=True, capture_output=True,
            ).stdout
        )  # fmt: skip
        before_bytes = store.info("memory")["used_memory"]
        process = start_exchange(servers, dsn, folder)
        pids = {"exchange": process.pid} | {
            part: json.loads((folder / part / f"{part}.pid").read_text())["pid"] for part in ("redis", "kafka")
        }
        try:
            wait(lambda: reached(store, PAY) > 0, 60, "the first batch")
            first, began, cpu = reached(store, PAY), time.perf_counter(), Cpu.of(pids)
            wait(lambda: reached(store, PAY) >= events, 600, "collecting the pay events")
            seconds, used, done = time.perf_counter() - began, Cpu.of(pids), events - first
            memory = psutil.Process(process.pid).memory_info().rss / 1e6
            after_bytes = store.info("memory")["used_memory"]
        finally:
            process.terminate()
            process.wait(20)
        contributions = sum(store.hlen(f"{{exchange:g1:p{p}}}:pay") for p in range(PARTITIONS))
        return Result(
            done, seconds, used.since(cpu, done), raw, memory, (after_bytes - before_bytes) / max(1, contributions)
        )

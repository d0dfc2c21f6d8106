"""What every measurement stands on: real servers, topics, an exchange whose members are collected and whose cutoff is set."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import exchange
import httpx
import redis
from chassis.migrations import upgrade
from chassis.servers import Part, Servers
from chassis.servers.ports import free_port
from chassis.servers.process import LEASH
from chassis.servers.topics import apply_topics, from_contract
from confluent_kafka import ConsumerGroupState, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from contracts.topics import COLLECTED, topic

from driveline_bench.issuer import Issuer
from driveline_bench.market import Message, Shop, joined, shops

PAY, JOINED = "pay.submitted", "member.joined"
PARTITIONS = topic(PAY).partitions
GROUP = "exchange"
_WRITTEN = ("exchange.dead", "exchange.epoch", "benchmark.published", "benchmark.withdrawn")
_SERVERS: tuple[Part, ...] = ("kafka", "postgres", "redis")


@dataclass
class Exchange:
    """One process of the exchange, its log in the folder of the run."""

    process: "subprocess.Popen[bytes]"
    port: int

    @property
    def pid(self) -> int:
        return self.process.pid

    def ready(self) -> bool:
        """Whether it says so itself."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def end(self) -> None:
        """Ask it to stop, and wait."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


@dataclass
class Testbed:
    """Servers of this run alone. `store` is the Redis that the exchange writes to."""

    servers: Servers
    folder: Path
    dsn: str
    issuer: Issuer
    market: list[Shop]
    running: list[Exchange] = field(default_factory=list)
    generation: int = 1
    _collected: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store: redis.Redis = redis.Redis.from_url(self.servers.redis)

    # -- the log ------------------------------------------------------------------------------------------------

    def publish(self, name: str, messages: Iterable[Message], say: str) -> int:
        """Publish with librdkafka, keys partitioned as Java does; how many."""
        producer = Producer(
            {
                "bootstrap.servers": self.servers.kafka,
                "partitioner": "murmur2_random",
                "linger.ms": 20,
                "acks": "all",
                "queue.buffering.max.messages": 500_000,
                "compression.type": "none",
                "log_level": 2,
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

    # -- the exchange -------------------------------------------------------------------------------------------

    def environment(self, instance: str, port: int = 0) -> dict[str, str]:
        """What a process of the exchange is told."""
        return os.environ | {
            "DRIVELINE_KAFKA": self.servers.kafka,
            "DRIVELINE_REDIS": self.servers.redis,
            "DRIVELINE_POSTGRES": self.dsn,
            "DRIVELINE_ISSUER": self.issuer.url,
            "DRIVELINE_HTTP_PORT": str(port),
            "DRIVELINE_INSTANCE": instance,
        }

    def start_exchange(self) -> Exchange:
        """One more process of the exchange."""
        instance, port = f"exchange-{len(self.running) + 1}", free_port()
        log = (self.folder / f"{instance}.log").open("ab")
        process = subprocess.Popen(
            [*leashed(), sys.executable, "-m", "exchange"],
            env=self.environment(instance, port),
            stdout=log,
            stderr=log,
        )
        self.running.append(Exchange(process, port))
        return self.running[-1]

    def start_together(self, count: int) -> None:
        """Start processes that share all shards from the first record on: Redis is held until the group has settled."""
        redis_pid = self.pids("redis")["redis"]
        os.kill(redis_pid, signal.SIGSTOP)
        try:
            for _ in range(count):
                self.start_exchange()
            admin = AdminClient({"bootstrap.servers": self.servers.kafka})
            wait(lambda: members_of(admin) == (count, True), 90, f"{count} processes being one group", self.folder)
            time.sleep(1)
        finally:
            os.kill(redis_pid, signal.SIGCONT)

    def end_all(self) -> None:
        """Stop every process of the exchange."""
        for one in self.running:
            one.process.terminate()
        for one in self.running:
            one.end()
        self.running = []

    def pids(self, *parts: str) -> dict[str, int]:
        """Process ids of servers by name, and of the exchange's processes together as `exchange-1` ..."""
        found = {f"exchange-{n}": one.pid for n, one in enumerate(self.running, 1)}
        return found | {
            part: json.loads((self.folder / part / f"{part}.pid").read_text())["pid"]
            for part in parts or ("redis", "kafka")
        }

    def release(self, kind: str = "release") -> Mapping[str, object]:
        """Publish an epoch through the first process; its manifest."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.running[0].port}/v1/epochs",
            json={"kind": kind}, headers={"authorization": f"Bearer {self.issuer.token('operate')}"}, timeout=600,
        )  # fmt: skip
        if answer.status_code != httpx.codes.CREATED:
            raise SystemExit(f"bench: the release answered {answer.status_code}: {answer.text[:300]}")
        manifest: Mapping[str, object] = answer.json()
        return manifest

    # -- how far it is ------------------------------------------------------------------------------------------

    def key(self, partition: int, what: str, generation: int | None = None) -> str:
        """The name of a shard's hash, of the generation that serves unless another is asked for."""
        return f"{{exchange:g{generation or self.generation}:p{partition}}}:{what}"

    def meta(self, partition: int, field: str) -> str:
        """A field of a shard's meta hash; empty when it is not there."""
        found = self.store.hget(self.key(partition, "meta"), field)
        return found.decode() if isinstance(found, bytes) else found or ""

    def reached(self, name: str, generation: int | None = None) -> int:
        """How many records of a topic are durable in the shards."""
        asked = self.store.pipeline(transaction=False)
        for partition in range(PARTITIONS):
            asked.hget(self.key(partition, "meta", generation), f"next:{name}")
        return sum(int(found or 0) for found in asked.execute())

    def begun(self, members: int, generation: int | None = None) -> bool:
        """Whether so many members, and a first batch of pay, are durable."""
        return self.reached(PAY, generation) > 0 and self.reached(JOINED, generation) >= members

    def contributions(self, generation: int | None = None) -> int:
        """How many submissions the store holds."""
        fields = [int(self.store.hlen(self.key(p, "pay", generation))) for p in range(PARTITIONS)]
        return sum(max(0, count - 1) for count in fields)  # one of them is the seal

    def stored_bytes(self) -> int:
        """What Redis has allocated for data."""
        return int(self.store.info("memory")["used_memory"])

    # -- state --------------------------------------------------------------------------------------------------

    def collect_members(self) -> None:
        """Let a process collect the members and release an empty epoch, which sets the cutoffs; keep that state."""
        self.publish(JOINED, joined(self.market), "members")
        first = self.start_exchange()
        wait(lambda: self.reached(JOINED) >= len(self.market), 120, "collecting the members", self.folder)
        wait(first.ready, 60, "the exchange being ready", self.folder)
        self.release()
        self.end_all()
        self._collected = {key: self.store.dump(key) or b"" for key in self.store.scan_iter(count=1000)}

    def members_only(self) -> None:
        """Take the store back to when no pay had been collected."""
        self.store.flushall()
        for key, value in self._collected.items():
            self.store.restore(key, 0, value)


def members_of(admin: AdminClient) -> tuple[int, bool]:
    """How many processes are in the exchange's group, and whether each of them has its shards."""
    try:
        group = admin.describe_consumer_groups([GROUP])[GROUP].result()
    except KafkaException:
        return 0, False
    whole = all(member.assignment and member.assignment.topic_partitions for member in group.members)
    return len(group.members), whole and group.state == ConsumerGroupState.STABLE


@contextmanager
def a_testbed(members: int, *, collected: bool = True, market: list[Shop] | None = None) -> Iterator[Testbed]:
    """Everything up, members collected (`market`'s, or so many shops), no process of the exchange running.

    All of it is gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="driveline-bench-") as name, Servers(Path(name)) as servers:
        servers.start(_SERVERS)
        apply_topics(servers.kafka, [from_contract(t) for t in map(topic, (*COLLECTED, *_WRITTEN))])
        dsn = servers.postgres.database("exchange")
        upgrade(Path(next(iter(exchange.__path__))).parents[1], dsn)
        with Issuer() as issuer:
            bed = Testbed(servers, Path(name), dsn, issuer, market or shops(members))
            try:
                if collected:
                    bed.collect_members()
                yield bed
            finally:
                bed.end_all()


def leashed() -> list[str]:
    """The beginning of a command that is killed when this process dies."""
    return [sys.executable, "-I", str(LEASH), str(int(signal.SIGKILL)), str(os.getpid()), "-"]


def wait(condition: Callable[[], bool], seconds: float, what: str, folder: Path | None = None) -> None:
    """Poll until it holds; else say so, with the last line of the exchange's log."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            logs = sorted(folder.glob("exchange-*.log")) if folder else []
            last = [log.read_text().splitlines()[-1:] for log in logs]
            raise SystemExit(f"bench: {what} did not happen within {seconds:.0f} s {last or ''}")
        time.sleep(0.01)

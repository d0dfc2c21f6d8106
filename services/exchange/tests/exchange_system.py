"""The service under test and its surroundings: the Kafka log, markets of one's own, bodies with values that have character."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, ClassVar, TypeAlias

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from chassis.settings import ServiceSettings
from chassis.tokens import Verifier
from contracts.codec import partition_of
from contracts.topics import COLLECTED, type_of
from contracts.vocabulary import ROLES
from contracts.zips import zips
from exchange import app as composition
from exchange.adapters.shard_store import Commit, ShardStore, Watermark
from exchange.adapters.tables import metadata
from exchange.domain.lattice import Geography, Place
from exchange.entrypoints.collector import loop
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import create_async_engine

Headers: TypeAlias = list[tuple[str, bytes | None]]
Record: TypeAlias = ConsumerRecord[Any, Any]

PARTITIONS = 6
OURS = (*COLLECTED, "exchange.epoch", "exchange.dead", "benchmark.published", "benchmark.withdrawn")
# Those of markets that are handed out; the others are for tests that ask about a whole country.
_ROLES = [role for role in ROLES if role not in ("tech_a", "apprentice", "painter")]
ISSUER = "http://membership.example"
KEY = ECKey.generate_key("P-256", parameters={"kid": "only-for-tests"})


@cache
def places() -> Geography:
    return Geography(Place(z.zip, z.state, z.division, z.cbsa) for z in zips().values())


def ago(days: int) -> date:
    return datetime.now(UTC).date() - timedelta(days=days)


def token(scope: str = "operate", **claims: Any) -> str:
    body = {"iss": ISSUER, "sub": "an-operator", "exp": int(time.time()) + 600, "scope": scope, **claims}
    return jwt.encode({"alg": "ES256", "kid": KEY.kid}, body, KEY, algorithms=["ES256"])


async def issuer_keys() -> Mapping[str, Any]:
    return KeySet([KEY]).as_dict(private=False)


# -- what members say -------------------------------------------------------------------------------------------


class Market:
    """A state and a role that no other test uses together, so that every test sees its own cells whatever else was said.

    Nothing is ever taken off the log, and a store that lost its state folds what all earlier tests said.
    """

    _taken: ClassVar = count()
    _states: ClassVar = sorted({(z.state, z.zip, z.cbsa) for z in zips().values() if z.cbsa and z.division})

    def __init__(self) -> None:
        first = {state: (zip_code, metro) for state, zip_code, metro in reversed(self._states)}
        taken = next(self._taken)
        self.state = sorted(first)[taken % len(first)]
        self.zip, self.metro = first[self.state]
        self.role = _ROLES[taken % len(_ROLES)]
        self.mark = uuid.uuid4().hex[:6]
        self.named: set[str] = set()

    @classmethod
    def of(cls, state: str, role: str) -> "Market":
        """A market that a test names; nobody is ever given these roles otherwise."""
        assert role not in _ROLES
        made = cls()
        made.state, made.role = state, role
        _, made.zip, made.metro = next(found for found in cls._states if found[0] == state)
        return made

    def shop(self, n: int, partition: int | None = None) -> str:
        """The id of the n-th shop, if asked for one whose home is this partition."""
        names = (f"shop-{self.mark}-{n}.{tried}" for tried in count())
        name = f"shop-{self.mark}-{n}"
        if partition is not None:
            name = next(name for name in names if partition_of(name, PARTITIONS) == partition)
        self.named.add(name)
        return name

    @property
    def here(self) -> dict[str, str]:
        """The question about this market."""
        return {"role": self.role, "state": self.state}

    def cell(self, rest: str = "*|*|*") -> str:
        return f"pay|state:{self.state}|{self.role}|{rest}"

    def own(self, cells: Mapping[str, dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
        """What is shown of the cells that are this market's alone."""
        return {
            name: (cell["percentiles"], cell["intervals"], cell["contributors"])
            for name, cell in cells.items()
            if name.startswith(
                (f"pay|state:{self.state}|{self.role}|", f"pay|metro:{self.state}:{self.metro}|{self.role}|")
            )
        }

    def pay(self, member_id: str, rate: str, submission_id: str = "9b1c", **fields: Any) -> dict[str, Any]:
        return {
            "submission_id": submission_id,
            "revision": 1,
            "member_id": member_id,
            "role": self.role,
            "experience": "y5_9",
            "shop_type": "independent_repair",
            "size": "3_5",
            "zip": self.zip,
            "plan": "hourly",
            "rate": rate,
            "rate_unit": "clock_hour",
            "hours_clocked": "40",
            "effective_on": ago(150).isoformat(),
            **fields,
        }


def member(member_id: str, revision: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "member_id": member_id,
        "revision": revision,
        "kind": "business",
        "status": "active",
        "verified_on": ago(300).isoformat(),
        "name": "Elm Street Garage",
        "zip": "17350",
        **fields,
    }


def withdrawal(member_id: str, submission_id: str = "9b1c", revision: int = 2) -> dict[str, Any]:
    return {"submission_id": submission_id, "revision": revision, "member_id": member_id, "measure": "pay"}


def binary(topic: str, **changed: bytes | None) -> Headers:
    """The headers that the codec writes; `changed` replaces values by header name."""
    plain: dict[str, bytes | None] = {
        "content-type": b"application/json",
        "ce_specversion": b"1.0",
        "ce_id": uuid.uuid4().hex.encode(),
        "ce_source": b"urn:test:intake",
        "ce_type": type_of(topic).encode(),
        "ce_time": b"2026-11-23T08:00:00Z",
    }
    return list((plain | changed).items())


# -- the log ----------------------------------------------------------------------------------------------------


class Log:
    """The broker as an outsider sees it."""

    def __init__(self, kafka: str) -> None:
        self.kafka = kafka
        self._producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", max_request_size=4 * 1024 * 1024)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=10
        )

    async def start(self) -> None:
        await asyncio.gather(self._producer.start(), self._consumer.start())

    async def stop(self) -> None:
        await asyncio.gather(self._producer.stop(), self._consumer.stop())

    async def say(self, topic: str, *bodies: Mapping[str, Any]) -> list[Any]:
        """Publish bodies as the intake does, keyed by member, in order; where they lie."""
        return await self.say_all([(topic, body) for body in bodies])

    async def say_all(self, messages: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        """Publish (topic, body) in order; where they lie."""
        sent = [
            await self._producer.send(
                topic, json.dumps(body).encode(), key=str(body["member_id"]).encode(), headers=binary(topic)
            )
            for topic, body in messages
        ]
        return list(await asyncio.gather(*sent))

    async def send(
        self, topic: str, value: bytes | None, headers: Headers, *, key: str | None = None, partition: int | None = None
    ) -> Any:
        """Publish any bytes anywhere."""
        return await self._producer.send_and_wait(
            topic,
            value,
            key=None if key is None else key.encode(),
            headers=headers,  # type: ignore[arg-type]
            partition=partition,
        )

    async def ends(self, *topics: str) -> dict[TopicPartition, int]:
        parts = [TopicPartition(t, p) for t in topics for p in await self._producer.partitions_for(t)]
        await self._consumer._client.set_topics(topics)  # else it learns of one topic after the other
        found: dict[TopicPartition, int] = await self._consumer.end_offsets(parts)
        return found

    async def since(self, before: Mapping[TopicPartition, int]) -> list[Record]:
        """Every record published after these ends were taken."""
        now = await self.ends(*{part.topic for part in before})
        wanted = {part: end - before[part] for part, end in now.items() if end > before[part]}
        found: list[Record] = []
        if wanted:
            self._consumer.assign(list(wanted))
            for part in wanted:
                self._consumer.seek(part, before[part])
        while len(found) < sum(wanted.values()):
            for records in (await self._consumer.getmany(timeout_ms=200)).values():
                found += records
        self._consumer.unsubscribe()
        return found


def dead(records: Sequence[Record]) -> dict[tuple[str, int, int], str]:
    """Dead letters as (topic, partition, offset) -> reason."""
    found = {}
    for record in records:
        headers = dict(record.headers)
        place = (headers["dead_topic"].decode(), int(headers["dead_partition"]), int(headers["dead_offset"]))
        found[place] = headers["dead_reason"].decode()
    return found


# -- the service ------------------------------------------------------------------------------------------------


@dataclass
class World:
    """Where a service of the exchange lives: a broker, an empty Redis database, an empty PostgreSQL database."""

    settings: ServiceSettings
    redis: Redis
    log: Log
    generation: int = 1
    """Whose shards the store is."""

    @property
    def store(self) -> ShardStore:
        return ShardStore(self.redis, self.generation)

    async def set_meta(self, partition: int, **fields: str) -> None:
        """Let a shard, all of it, say something else of itself."""
        marks = [Watermark(name, None, value) for name, value in fields.items()]
        await self.store.commit(partition, Commit(marks))

    async def settled(self, *partitions: int, within_s: float = 20.0) -> None:
        """Return once everything that is on the log, of these partitions or of all, is durable in the store."""
        wanted = partitions or range(PARTITIONS)
        ends = {part: end for part, end in (await self.log.ends(*COLLECTED)).items() if part.partition in wanted}
        deadline = time.monotonic() + within_s
        while True:
            metas = {partition: await self.store.meta(partition) for partition in wanted}
            behind = [
                part for part, end in ends.items() if int(metas[part.partition].get(f"next:{part.topic}", 0)) < end
            ]
            if not behind:
                return
            assert time.monotonic() < deadline, f"not collected in time: {behind}"
            await asyncio.sleep(0.02)


async def make_world(log: Log, dsn: str, redis_url: str, *, whole_log: bool = False) -> World:
    """A world on an empty database. Its shards stand at the log's end, as if nothing said before had had an effect,
    or, with `whole_log`, nowhere: then they fold all that any test ever said."""
    engine = create_async_engine(dsn)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()
    settings = ServiceSettings(kafka=log.kafka, redis=redis_url, postgres=dsn, issuer=ISSUER, log_level="warning")
    world = World(settings, Redis.from_url(redis_url), log)
    if not whole_log:
        metas: dict[int, dict[str, str]] = {p: {"partitions": str(PARTITIONS)} for p in range(PARTITIONS)}
        for part, end in (await log.ends(*COLLECTED)).items():
            if end:
                metas[part.partition][f"next:{part.topic}"] = str(end)
        for partition, meta in metas.items():
            await world.set_meta(partition, **meta)
    return world


async def until(true: Callable[[], Any], within_s: float = 20.0) -> Any:
    """Wait until a condition holds, awaited if it is a coroutine; its value."""
    deadline = time.monotonic() + within_s
    while True:
        value = true()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, "not in time"
        await asyncio.sleep(0.02)


class Service:
    """One process's worth of the exchange, inside the test's own process: its real composition root and lifespan."""

    def __init__(self, app: FastAPI, world: World) -> None:
        self.app = app
        self.world = world
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://exchange", timeout=60)

    async def ready(self, within_s: float = 30.0) -> None:
        deadline = time.monotonic() + within_s
        while (answer := await self.http.get("/readyz")).status_code != 200:
            assert time.monotonic() < deadline, answer.text
            await asyncio.sleep(0.02)

    async def ask(self, **question: str) -> dict[str, Any]:
        """GET /v1/benchmarks/pay."""
        answer = await self.http.get("/v1/benchmarks/pay", params=question)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def median(self, market: Market) -> str | None:
        """The released median of a market's own cell; None while it is withheld or rolled up."""
        answer = await self.ask(**market.here)
        return str(answer["percentiles"]["p50"]) if answer["status"] == "published" else None

    async def post_release(self, bearer: str | None = None, **body: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        return await self.http.post("/v1/epochs", json=body, headers=headers)

    async def release(self) -> dict[str, Any]:
        """Everything said so far, in an epoch: its manifest."""
        answer = await self.post_release(token())
        assert answer.status_code == 201, answer.text
        manifest: dict[str, Any] = answer.json()
        return manifest

    async def cells(self, manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Every cell shown in an epoch, by key."""
        answer = await self.http.get(f"/v1/epochs/{manifest['epoch']}/{manifest['serial']}/cells")
        assert answer.status_code == 200, answer.text
        lines = [json.loads(line) for line in answer.text.splitlines()]
        return {line["cell"]: line for line in lines}


@asynccontextmanager
async def running(world: World, *, group: str | None = None, ready: bool = True) -> AsyncIterator[Service]:
    """A running service. In a group of its own it owns every partition, whoever else believes to own them too."""
    settings = world.settings.model_copy(update={"instance": group or "exchange-1"})
    usual = loop.GROUP
    loop.GROUP = group or f"exchange-{uuid.uuid4().hex[:8]}"  # type: ignore[misc]
    try:
        app = composition.build(settings)
        app.state.verifier = Verifier(ISSUER, fetch=issuer_keys)
        async with app.router.lifespan_context(app):
            service = Service(app, world)
            try:
                if ready:
                    await service.ready()
                    loop.GROUP = usual  # type: ignore[misc]
                yield service
            finally:
                await service.http.aclose()
    finally:
        loop.GROUP = usual  # type: ignore[misc]

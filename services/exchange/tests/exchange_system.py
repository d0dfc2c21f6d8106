"""The service under test as it runs, and the world that it runs in."""

import asyncio
import json
import re
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from chassis.metrics import exposition
from chassis.tokens import Verifier
from contracts.topics import COLLECTED
from exchange import app as composition
from exchange.adapters.shard_store import Commit, ShardStore, Watermark
from exchange.adapters.tables import metadata
from exchange.entrypoints.collector import loop
from exchange.settings import Settings
from exchange_log import PARTITIONS, Log
from exchange_market import Market
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import create_async_engine

ISSUER = "http://membership.example"
KEY = ECKey.generate_key("P-256", parameters={"kid": "only-for-tests"})


def token(scope: str = "operate", **claims: Any) -> str:
    body = {"iss": ISSUER, "sub": "an-operator", "exp": int(time.time()) + 600, "scope": scope, **claims}
    return jwt.encode({"alg": "ES256", "kid": KEY.kid}, body, KEY, algorithms=["ES256"])


async def issuer_keys() -> Mapping[str, Any]:
    return KeySet([KEY]).as_dict(private=False)


@dataclass
class World:
    """Where a service of the exchange lives: a broker, an empty Redis database, an empty PostgreSQL database."""

    settings: Settings
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
    settings = Settings(kafka=log.kafka, redis=redis_url, postgres=dsn, issuer=ISSUER, log_level="warning")
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


def samples(name: str) -> dict[str, float]:
    """The samples of a metric of this process by the value of its only label."""
    lines = re.findall(rf'^{name}{{\w+="([^"]*)"}} (\S+)$', exposition()[0].decode(), re.MULTILINE)
    return {label: float(value) for label, value in lines}


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
            await asyncio.sleep(0.05)  # to ask takes a few milliseconds of what the service starts with

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


async def replayed(world: World, market: Market) -> dict[str, tuple[Any, ...]]:
    """A market's own cells as a release shows them once Redis is lost and all is folded from the log again."""
    await world.redis.flushdb()
    async with running(world) as service:
        return market.own(await service.cells(await service.release()))


@asynccontextmanager
async def running(
    world: World, *, group: str | None = None, ready: bool = True, disclosure: str = ""
) -> AsyncIterator[Service]:
    """A running service. In a group of its own it owns every partition, whoever else believes to own them too."""
    settings = world.settings.model_copy(update={"instance": group or "exchange-1", "disclosure": disclosure})
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

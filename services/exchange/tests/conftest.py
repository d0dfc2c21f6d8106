"""What the exchange's tests stand on; helpers are in the `exchange_*.py` files beside this one."""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from chassis.servers import Servers
from chassis.servers.topics import from_contract, make_topics
from contracts.topics import topic

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path

from exchange import app as composition
from exchange.adapters.shard_store import ShardStore
from exchange_children import Nursery
from exchange_log import OURS, Log
from exchange_market import Market, member, places
from exchange_system import Service, World, make_world, running
from redis.asyncio import Redis


@pytest.fixture(scope="session")
def exchange_kafka(request: pytest.FixtureRequest) -> Iterator[str]:
    """A broker with the exchange's topics to which nobody else writes: their names are the contract's."""
    with Servers(way=request.config.getoption("driveline_with"), brief=True) as started:
        make_topics(started.kafka, [from_contract(topic(name)) for name in OURS])
        yield started.kafka


@pytest.fixture(scope="session")
async def log(exchange_kafka: str) -> AsyncIterator[Log]:
    made = Log(exchange_kafka)
    await made.start()
    yield made
    await made.stop()


@asynccontextmanager
async def _log_of_another_broker(request: pytest.FixtureRequest) -> AsyncIterator[Log]:
    with Servers(way=request.config.getoption("driveline_with"), brief=True) as started:
        make_topics(started.kafka, [from_contract(topic(name)) for name in OURS])
        made = Log(started.kafka)
        await made.start()
        yield made
        await made.stop()


@pytest.fixture(scope="session")
async def left_log(request: pytest.FixtureRequest) -> AsyncIterator[Log]:
    """The log of a second broker, for services that fold all that was ever said: by rule 3 a stranger may hold back a
    cell. Whoever speaks on it leaves it again, as `market` does."""
    async with _log_of_another_broker(request) as made:
        yield made


@pytest.fixture(scope="module")
async def own_log(request: pytest.FixtureRequest) -> AsyncIterator[Log]:
    """The log of a broker of a module's own, for services that fold all of it and look into every part of their shards."""
    async with _log_of_another_broker(request) as made:
        yield made


@pytest.fixture(scope="session", autouse=True)
def one_geography() -> Iterator[None]:
    """42,000 ZIPs are put into the tree once a run, not once a service."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(composition, "geography", places)
        yield


@pytest.fixture
async def market(log: Log) -> AsyncIterator[Market]:
    """A market of this test's own. Its members leave afterwards: to a service that folds the whole log, few of them who
    stayed would stand beside another test's market, and rule 3 would hold that back."""
    made = Market()
    yield made
    await log.say("member.updated", *(member(who, 1_000_000, status="left") for who in sorted(made.named)))


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A store of this test's own, as Redis sees it."""
    connected: Redis = Redis.from_url(redis_url)
    yield connected
    await connected.aclose()


@pytest.fixture
def store(redis: Redis) -> ShardStore:
    """The same as shards see it."""
    return ShardStore(redis)


@pytest.fixture
async def world(log: Log, postgres: Callable[..., str], redis_url: str) -> AsyncIterator[World]:
    """An empty store and database of this test's own, for services that it starts and stops itself."""
    made = await make_world(log, postgres("exchange"), redis_url)
    yield made
    await made.redis.aclose()


@pytest.fixture
async def whole_log(log: Log, postgres: Callable[..., str], redis_url: str) -> AsyncIterator[World]:
    """The same for a service that folds the whole log from its beginning."""
    made = await make_world(log, postgres("exchange"), redis_url, whole_log=True)
    yield made
    await made.redis.aclose()


@pytest.fixture(scope="module")
async def exchange(log: Log, postgres: Callable[..., str], make_redis_url: Callable[[], str]) -> AsyncIterator[Service]:
    """A running exchange that the tests of a module share."""
    made = await make_world(log, postgres("exchange"), make_redis_url())
    async with running(made) as service:
        yield service
    await made.redis.aclose()


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    folder = tmp_path_factory.mktemp("nursery")
    script = Path(__file__).with_name("exchange_nursery.py")
    process = subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Nursery(process, folder)
    finally:
        process.communicate()  # the end of its orders is the end of it and of every child

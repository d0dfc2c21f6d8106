"""Starts membership as it runs in production: two processes, a database of its own, a real broker."""

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from chassis.servers.topics import from_contract, make_topics
from contracts.topics import partner_topics

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path

from membership_system import ADMIN, Log, System

# Partners of these tests; their topics are there before the intake starts.
PARTNERS = ("wrenchway", "ase", "vendor", "estimating", "stranger")


@pytest.fixture(scope="session")
async def system(
    kafka: str, topics: tuple[str, ...], postgres: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    """Membership's API and its intake, ready to be asked."""
    make_topics(kafka, [from_contract(topic) for partner in PARTNERS for topic in partner_topics(partner)])
    made = System(kafka, postgres("membership"), tmp_path_factory.mktemp("membership"))
    try:
        await made.start()
        await made.register_partners()
        yield made
    finally:
        made.stop()


@pytest.fixture
async def api(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that shows the administrator's token."""
    async with httpx.AsyncClient(base_url=system.url, headers=await system.bearer(*ADMIN), timeout=30) as client:
        yield client


@pytest.fixture
async def log(system: System, kafka: str) -> AsyncIterator[Log]:
    """Reads and writes the broker's topics, those of the partners too: it is the system that has them made."""
    made = Log(kafka)
    await made.start()
    yield made
    await made.stop()

"""Makes the service under test; its helpers are in `chassis_shop.py`, beside this file."""

import sys
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from chassis.servers.topics import Wanted, make_topics
from chassis.settings import ServiceSettings

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path

from chassis_shop import MEDIA, Shop


@pytest.fixture
async def shop(kafka: str, topics: tuple[str, ...], postgres: Callable[..., str]) -> AsyncIterator[Shop]:
    """A service of its own name, database, group and dead letters, which begins at the log's end."""
    name = f"shop-{uuid.uuid4().hex[:8]}"
    make_topics(kafka, [Wanted(f"{name}.dead")])
    settings = ServiceSettings(kafka=kafka, redis="redis://127.0.0.1:1", postgres=postgres("shop"), instance=name)
    made = Shop(settings, name)
    try:
        await made.create_tables()
        await made.group_starts_here(MEDIA)
        await made.producer.start()
        yield made
    finally:
        await made.stop()

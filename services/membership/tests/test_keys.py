"""Keys over time: a new one signs once every verifier can know it, an old one goes when its last token has expired."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from chassis.database import Database
from chassis.migrations import upgrade_async
from membership.adapters import keys
from sqlalchemy import text

ROOT = Path(__file__).parents[1]
HOUR = timedelta(hours=1)


@pytest.fixture
async def database(postgres: Callable[..., str]) -> AsyncIterator[Database]:
    made = Database(postgres("keys"))
    await upgrade_async(ROOT, made.dsn)
    yield made
    await made.close()


async def pass_time(database: Database, seconds: float) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE signing_key SET made_at = made_at - make_interval(secs => :s)"), {"s": seconds}
        )


async def state(database: Database) -> tuple[str, list[str]]:
    async with database.transaction() as session:
        signing, published = await keys.signing(session), await keys.published(session, HOUR)
    return signing.kid, [key["kid"] for key in published["keys"]]


async def test_a_key_is_known_before_it_signs_and_until_its_last_token_has_expired(database: Database) -> None:
    first, published = await state(database)
    assert published == [first]
    await pass_time(database, 86_400)
    async with database.transaction() as session:
        second = await keys.rotate(session)
    assert await state(database) == (first, [first, second])
    await pass_time(database, 14)
    assert await state(database) == (first, [first, second])
    await pass_time(database, 2)
    assert await state(database) == (second, [first, second])
    await pass_time(database, 3_590)
    assert await state(database) == (second, [first, second])
    await pass_time(database, 60)
    assert await state(database) == (second, [second])

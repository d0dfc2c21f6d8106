"""The generations of a world, as an operator finds them."""

from exchange_system import World
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


async def states(world: World) -> dict[int, str]:
    """Every generation and its state, as an operator sees them in the database."""
    engine = create_async_engine(world.settings.postgres)
    async with engine.connect() as connection:
        found = (await connection.execute(text("SELECT number, state FROM generation ORDER BY number"))).all()
    await engine.dispose()
    return {int(number): str(state) for number, state in found}


async def states_are(world: World, expected: dict[int, str]) -> bool:
    return await states(world) == expected


async def generations_in_redis(world: World) -> set[str]:
    return {key.decode().split(":")[1] for key in await world.redis.keys("{exchange:*")}

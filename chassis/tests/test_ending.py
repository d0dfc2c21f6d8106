"""A loop that is told to end does, at whatever moment it is told; so does one that has only so much time."""

import asyncio
import time
from contextlib import suppress

import pytest
from chassis.ending import end
from redis.asyncio import Redis


async def ask_for_ever() -> None:
    """As redis-py sends a command: under `asyncio.wait_for`, which is done at once."""
    while True:
        with suppress(OSError):
            await asyncio.wait_for(asyncio.sleep(0), 5)
        await asyncio.sleep(0.01)


async def never_mind() -> None:
    """Keeps the first cancellation to itself."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(60)
    await asyncio.sleep(60)


@pytest.mark.parametrize("moment", range(8))
async def test_a_loop_ends_at_whatever_moment_it_is_told(moment: int) -> None:
    asking = asyncio.create_task(ask_for_ever())
    for _ in range(moment):
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking], timeout=1)
    try:
        assert asking.cancelled()
    finally:
        await end(asking)


async def ask_redis_for(seconds: float, redis: Redis) -> None:
    """Until its time is over; a second later it gives up, as a test must."""
    async with asyncio.timeout(seconds):
        give_up = time.monotonic() + seconds + 1
        while time.monotonic() < give_up:
            await redis.get("a key")


async def test_time_is_over_though_redis_is_asked_again_and_again(redis_url: str) -> None:
    redis: Redis = Redis.from_url(redis_url)
    try:
        for _ in range(30):
            with pytest.raises(TimeoutError):
                await ask_redis_for(0.01, redis)
    finally:
        await redis.aclose()


async def test_what_does_not_listen_is_told_again() -> None:
    waiting = asyncio.create_task(never_mind())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end(waiting)
    assert waiting.cancelled()


async def test_one_that_ended_before_with_a_fault_is_no_fault_of_who_ends_it() -> None:
    async def fail() -> None:
        raise OSError

    failed = asyncio.create_task(fail())
    await asyncio.wait([failed])
    await end(failed)
    assert failed.done()

"""A loop that is told to end does, at whatever moment it is told."""

import asyncio
from contextlib import suppress

from chassis.ending import end


async def poll_for_ever() -> None:
    """As redis-py sends a command: under `asyncio.wait_for`, which is done at once."""
    while True:
        with suppress(OSError):
            await asyncio.wait_for(asyncio.sleep(0), 5)
        await asyncio.sleep(0.01)


async def test_a_loop_ends_at_whatever_moment_it_is_told() -> None:
    for moment in range(8):
        polling = asyncio.create_task(poll_for_ever())
        for _ in range(moment):
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await end(polling)
        assert polling.cancelled()


async def test_one_that_ended_before_with_a_fault_is_no_fault_of_who_ends_it() -> None:
    async def fail() -> None:
        raise OSError

    failed = asyncio.create_task(fail())
    await asyncio.wait([failed])
    await end(failed)
    assert failed.done()

"""A cancellation that was not meant for the process's start does not end it; one that was, does."""

import asyncio

import pytest
from chassis.runtime import _quietly


async def lets_out_its_own_cancellation() -> None:
    """As aiokafka does when it stops a client that has only just been started."""
    task = asyncio.create_task(asyncio.sleep(60))
    task.cancel()
    await task


async def test_what_a_client_cancelled_of_its_own_is_no_cancellation_of_ours() -> None:
    await _quietly(lets_out_its_own_cancellation)


async def test_our_own_cancellation_is_passed_on() -> None:
    stopping = asyncio.create_task(_quietly(lambda: asyncio.sleep(60)))
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping

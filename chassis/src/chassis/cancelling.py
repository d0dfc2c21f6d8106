"""`asyncio.wait_for` as it is since Python 3.12, for 3.11: the one before keeps a cancellation to itself.

When what it waits for is done at that moment, it returns the result, and whoever cancelled believes to have done so. redis-py
sends every command under it. Two things came of that on a busy machine: a loop went on that had been told to end, and an
`asyncio.timeout` over a loop that asks Redis again and again passed without effect, so that it asked for ever (0528).
"""

import asyncio
import sys
from collections.abc import Awaitable
from typing import Any, Final, TypeVar

T = TypeVar("T")

_before: Final = asyncio.wait_for


async def _wait_for(fut: Awaitable[T], timeout: float | None) -> T:  # noqa: ASYNC109 - the standard library's signature
    if timeout is not None and timeout <= 0:  # nothing is waited for
        return await _before(fut, timeout)
    async with asyncio.timeout(timeout):
        return await fut


def install() -> None:
    """Let everything in this process wait so; doing it again changes nothing."""
    if sys.version_info < (3, 12):
        wait_for: Any = _wait_for
        asyncio.wait_for = wait_for

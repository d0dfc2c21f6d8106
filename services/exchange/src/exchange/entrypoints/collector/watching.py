"""Looking at something from time to time, beside the loop."""

import asyncio
from collections.abc import Awaitable, Callable

from chassis.retry import reason_of

from chassis import logs

log = logs.get(__name__)


async def every(seconds: float, look: Callable[[], Awaitable[None]]) -> None:
    """Look, again and again, until cancelled. A fault only costs a look: whoever needs the server says that it is away."""
    while True:
        try:
            await look()
        except Exception as away:  # noqa: BLE001
            log.debug("not looked", at=look.__qualname__, reason=reason_of(away))
        await asyncio.sleep(seconds)

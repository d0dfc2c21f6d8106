"""Looking at something from time to time, beside the loop."""

import asyncio
from collections.abc import Awaitable, Callable

from chassis.ending import ends_us, told_to_end
from chassis.retry import reason_of

from chassis import logs

log = logs.get(__name__)


async def every(seconds: float, look: Callable[[], Awaitable[None]]) -> None:
    """Look, again and again, until cancelled. A fault only costs a look: whoever needs the server says that it is away."""
    while not told_to_end():
        try:
            await look()
        except (Exception, asyncio.CancelledError) as away:
            if ends_us(away):
                raise
            log.debug("not looked", at=look.__qualname__, reason=reason_of(away))
        await asyncio.sleep(seconds)

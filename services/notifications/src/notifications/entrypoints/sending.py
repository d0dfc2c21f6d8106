"""The loops of a process: send what is due, and see after what was left behind."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from chassis.retry import Backoff, reason_of

from chassis import logs

# Whoever plans does not announce it: what is due is found this soon.
IDLE_S = 0.2
TIDY_S = 1.0

log = logs.get(__name__)


class Loops:
    """Runs until stopped; a fault of a part that is away costs a pause, not the loop."""

    def __init__(self, send: Callable[[], Awaitable[int]], tidy: Callable[[], Awaitable[None]]) -> None:
        self._send = send
        self._tidy = tidy
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin; again after a stop."""
        self._stopping.clear()
        self._tasks = [asyncio.create_task(self._sending()), asyncio.create_task(self._tidying())]

    async def stop(self) -> None:
        """Claim nothing more, and wait for the answers to what is under way; whoever is in a hurry cancels this."""
        self._stopping.set()
        tasks, self._tasks = self._tasks, []
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _sending(self) -> None:
        backoff, failed = Backoff(), 0
        while not self._stopping.is_set():
            try:
                sent = await self._send()
            except Exception as away:  # noqa: BLE001
                failed += 1
                log.warning("sending waits", reason=reason_of(away))
                await self._pause(backoff.seconds(failed))
            else:
                failed = 0
                if not sent:
                    await self._pause(IDLE_S)

    async def _tidying(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._tidy()
            except Exception as away:  # noqa: BLE001
                log.warning("tidying waits", reason=reason_of(away))
            await self._pause(TIDY_S)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

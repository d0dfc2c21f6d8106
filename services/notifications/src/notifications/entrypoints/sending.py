"""The loops of a process: send what is due, and see after what was left behind."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from chassis.retry import Backoff, reason_of

from chassis import logs
from notifications.usecases.send_messages import SendMessages

# Whoever plans does not announce it: what is due is found this soon.
IDLE_S = 0.2
TIDY_S = 1.0

log = logs.get(__name__)


class Loops:
    """Runs until stopped; a fault of a part that is away costs a pause, not the loop.

    Each channel has its own loop with `at_once` places: a mail server that is silent holds up no text, and one silent
    answer no other mail as long as a place is free.
    """

    def __init__(self, send: SendMessages, tidy: Callable[[], Awaitable[None]], at_once: int) -> None:
        self._send = send
        self._tidy = tidy
        self._at_once = at_once
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin; again after a stop."""
        self._stopping.clear()
        self._tasks = [asyncio.create_task(self._sending(channel)) for channel in self._send.channels]
        self._tasks.append(asyncio.create_task(self._tidying()))

    async def stop(self) -> None:
        """Claim nothing more, and wait for the answers to what is under way; whoever is in a hurry cancels this."""
        self._stopping.set()
        tasks, self._tasks = self._tasks, []
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _sending(self, channel: str) -> None:
        backoff, failed = Backoff(), 0
        under_way: set[asyncio.Task[None]] = set()
        try:
            while not self._stopping.is_set():
                if len(under_way) >= self._at_once:
                    await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                    continue
                try:
                    found, parcels = await self._send.claim(channel, self._at_once - len(under_way))
                except Exception as away:  # noqa: BLE001
                    failed += 1
                    log.warning("sending waits", channel=channel, reason=reason_of(away))
                    await self._pause(backoff.seconds(failed))
                    continue
                failed = 0
                for parcel in parcels:
                    under_way.add(task := asyncio.create_task(self._send.carry(parcel)))
                    task.add_done_callback(under_way.discard)
                if not found:
                    await self._pause(IDLE_S)
            await asyncio.gather(*under_way)
        finally:
            for task in under_way:
                task.cancel()

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

"""Ending tasks that go on until they are cancelled, and telling such a cancellation from one that leaked."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from chassis import logs
from chassis.retry import reason_of

_AGAIN_S: Final = 0.3
_TIMES: Final = 5

log = logs.get(__name__)

_going_on: set[asyncio.Task[Any]] = set()  # asyncio itself forgets a task that nobody holds


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they have ended, however they do.

    They are told more than once. Before Python 3.12 `asyncio.wait_for` keeps a cancellation to itself when what it
    waits for is done at that moment, and redis-py sends every command under one: a loop goes on as if nothing had been
    said, and whoever waits for its end waits for ever (0528).
    """
    pending = {task for task in tasks if not task.done()}
    for _ in range(_TIMES):
        if not pending:
            break
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_AGAIN_S)
    for task in tasks:
        if task in pending:
            log.error("task does not end", task=task.get_coro().__qualname__)  # type: ignore[union-attr]
        elif not task.cancelled() and (fault := task.exception()) is not None:
            log.warning("task ended with a fault", reason=reason_of(fault))


def told_to_end() -> bool:
    """Whether the running task was cancelled, even if something else kept that to itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def ends_us(why: BaseException) -> bool:
    """Whether an exception is the running task's own cancellation.

    One in a task that was not cancelled has leaked: aiokafka lets out that it cancelled a task of its own, if that had not
    begun. Taken for ours it would end a loop for good, and nobody would notice.
    """
    return isinstance(why, asyncio.CancelledError) and told_to_end()


async def to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Await work that goes on to its end though whoever awaits it gives up waiting.

    A consumer whose stop is broken off in the middle stays in its group: its heart goes on beating, and nobody reads its
    partitions.
    """
    task = asyncio.create_task(work)
    _going_on.add(task)
    task.add_done_callback(_going_on.discard)
    await asyncio.shield(task)

"""The commits that are under way while the next batches are folded: one of each shard."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Commits:
    """What waits for commits, at most one of each partition. Such a wait deals with its failure itself."""

    def __init__(self) -> None:
        self._last: dict[int, asyncio.Task[None]] = {}

    async def follow(self, partition: int, confirm: Coroutine[Any, Any, None]) -> None:
        """Begin to wait for a commit of this partition, when the one before it is done."""
        confirming = asyncio.create_task(confirm)
        before = self._last.get(partition)
        self._last[partition] = confirming
        if before is not None:
            await asyncio.wait([before])

    async def all_done(self) -> None:
        """Wait until the commits that are under way now are done: those that begin meanwhile are not waited for."""
        if under_way := [one for one in self._last.values() if not one.done()]:
            await asyncio.wait(under_way)

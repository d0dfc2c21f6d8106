"""Which generation this process collects into: the one that serves, asked for often, so that a switch is noticed soon."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from chassis.retry import reason_of

from chassis import logs
from exchange.adapters.generations import Generation

_POLL_S: Final = 0.5

Serving: TypeAlias = Callable[[int], Awaitable[Generation]]  # from the number of partitions that the topics have

log = logs.get(__name__)


class Following:
    """Asks which generation serves. A builder's is always its own."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self.current: Generation | None = None
        self.moved = False
        """Whether another one was seen to serve, and nobody has followed it yet."""

    async def ask(self, partitions: int) -> Generation | None:
        """The generation that serves now; None when nobody can tell, which is a reason to begin nothing."""
        try:
            return await self._serving(partitions)
        except Exception as away:  # noqa: BLE001 - PostgreSQL is away: what runs goes on
            log.info("serving generation not known", reason=reason_of(away))
            return None

    async def watch(self) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(_POLL_S)
            if self.current is not None:
                found = await self.ask(self.current.partitions)
                self.moved = found is not None and found != self.current

"""What a collector is asked from outside: which generation to collect into, and for which epoch to cut."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from chassis.ending import ends_us, told_to_end
from chassis.retry import reason_of

from chassis import logs
from exchange.adapters import metrics
from exchange.adapters.cut_board import CutBoard, Posted
from exchange.adapters.generations import Generation
from exchange.adapters.shard_store import ShardStore
from exchange.entrypoints.collector.ownership import Ownership
from exchange.entrypoints.collector.set_aside import SetAside
from exchange.entrypoints.collector.told import Told
from exchange.usecases.collect import Owned
from exchange.usecases.take_cut import CutTaker

_GENERATION_POLL_S: Final = 0.5
_CUT_POLL_S: Final = 0.1
_QUESTION_POLL_S: Final = 0.02  # while an epoch is being made, one question follows the other

Serving: TypeAlias = Callable[[int], Awaitable[Generation]]  # from the number of partitions that the topics have

log = logs.get(__name__)


class Following:
    """Moves a collector over when another generation serves. A builder's is always its own."""

    def __init__(self, serving: Serving, store: ShardStore, aside: SetAside, *, alone: bool) -> None:
        self._serving = serving
        self._store = store
        self._aside = aside
        self._alone = alone
        self._current: Generation | None = None
        self.moved = False
        """Whether another one was seen to serve, and nobody has followed it yet."""

    async def follow(self, shards: Ownership, in_hand: Callable[[], Awaitable[None]]) -> bool:
        """Ask which generation serves, and if it is another one leave every shard, to load the new one's.

        False when nobody can tell, which is a reason to begin nothing. Call it between batches.
        """
        if not shards.partitions or (serving := await self._ask(shards.partitions)) is None:
            return False
        self.moved = False
        known = self._current
        if known is None or known.number != serving.number:
            await in_hand()
            self._become(serving, shards)
            shards.move()
        self._current, shards.made_for = serving, serving.partitions
        return True

    async def meet(self, shards: Ownership, partitions: Callable[[], Awaitable[int | None]]) -> None:
        """Before anything is dealt: what can be loaded ahead is of the generation that serves."""
        if self._current is not None or self._alone or (number := await partitions()) is None:
            return
        serving = await self._ask(number)
        if serving is not None and self._current is None:  # nothing was dealt meanwhile
            shards.partitions = shards.partitions or number
            self._become(serving, shards)

    def _become(self, serving: Generation, shards: Ownership) -> None:
        known, self._current = self._current, serving
        shards.made_for = serving.partitions
        if not self._alone:
            self._aside.told = Told(serving.told)
            self._aside.told.come_past({number: owned.committed for number, owned in shards.owned.items()})
            metrics.GENERATION.set(serving.number)
        self._store.generation, self._store.measures = serving.number, serving.measures
        log.info("generation followed", generation=serving.number, before=known and known.number)

    async def _ask(self, partitions: int) -> Generation | None:
        try:
            return await self._serving(partitions)
        except Exception as away:  # noqa: BLE001 - PostgreSQL is away: what runs goes on
            log.info("serving generation not known", reason=reason_of(away))
            return None

    async def watch(self) -> None:
        """Look again and again."""
        while not told_to_end():
            await asyncio.sleep(_GENERATION_POLL_S)
            if self._current is not None:
                found = await self._ask(self._current.partitions)
                self.moved = found is not None and found.number != self._current.number


class CutWatch:
    """Looks for the cut that is asked for, and answers what is asked about it."""

    def __init__(self, board: CutBoard, cuts: CutTaker) -> None:
        self._board = board
        self._cuts = cuts
        self.posted: Posted | None = None

    async def watch(self, owned: Callable[[], Mapping[int, Owned]], look: Callable[[], Awaitable[None]]) -> None:
        """Look again and again. A cut must not be of another log than the shards are: `look` first, at each new one."""
        while not told_to_end():
            try:
                posted = await self._board.posted()
                if posted is not None and posted.attempt != (self.posted and self.posted.attempt):
                    await look()
                self.posted = posted
                await self._cuts.follow(self.posted, owned())
            except (Exception, asyncio.CancelledError) as away:
                if ends_us(away):
                    raise
                log.debug("cut board not read", reason=reason_of(away))
            await asyncio.sleep(_CUT_POLL_S if self.posted is None else _QUESTION_POLL_S)

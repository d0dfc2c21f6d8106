"""Take a cut: at the first batch boundary at or past the asked offsets, count a shard's cells for a release."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from exchange.adapters.cut_board import (
    CensusReport,
    ContentsReport,
    CutBoard,
    CutRequest,
    census_report,
    contents_report,
)
from exchange.adapters.shard_store import ShardStore
from exchange.usecases.collect import Owned, move_cutoffs

_GRACE_S: Final = 1.0


class CutTaker:
    """One process's answers to the epoch that is being made. Call `answer` between batches only."""

    def __init__(self, board: CutBoard, store: ShardStore) -> None:
        self._board = board
        self._store = store
        self._held: dict[int, tuple[str, Owned]] = {}
        self._delivered: set[tuple[int, str]] = set()
        self._missing: dict[tuple[int, str], float] = {}  # since when an answer that is not ours to give is missing

    @property
    def holding(self) -> bool:
        """Whether a cut is held, which keeps logs from being rewritten."""
        return bool(self._held)

    async def answer(self, request: CutRequest | None, owned: Mapping[int, Owned]) -> None:
        """Answer for every owned shard as far as it has come; cuts of other attempts are let go."""
        for partition, (attempt, held) in list(self._held.items()):
            if request is None or attempt != request.attempt or owned.get(partition) is not held:
                _let_go(held)
                del self._held[partition]
        if request is None:
            self._delivered.clear()
            self._missing.clear()
            return
        for partition, mine in owned.items():
            if partition not in self._held and request.phase == "census":
                await self._census(request, partition, mine)
            if request.phase == "contents" and (partition, request.attempt) not in self._delivered:
                await self._contents(request, partition)

    async def _census(self, request: CutRequest, partition: int, mine: Owned) -> None:
        if any(mine.committed.get(topic, 0) < ends.get(partition, 0) for topic, ends in request.ends.items()):
            return
        if await self._board.census_of(request.attempt, partition) is not None:
            return  # another owner took this cut; if it is gone, the next phase will find that the cut is lost
        await move_cutoffs(mine, request.cutoffs, self._store)
        found = {measure: await asyncio.to_thread(mine.shard.ledgers[measure].book.cut) for measure in request.cutoffs}
        report: CensusReport = census_report(partition, mine.committed, found)
        # Two may believe to own a shard: what is delivered must come from the one whose counts were taken.
        if await self._board.report(request.attempt, report):
            self._held[partition] = (request.attempt, mine)
        else:
            _let_go(mine)

    async def _contents(self, request: CutRequest, partition: int) -> None:
        if partition not in self._held:
            missing_since = self._missing.setdefault((partition, request.attempt), time.monotonic())
            if time.monotonic() - missing_since < _GRACE_S:
                return  # whoever took the cut may be about to deliver it
            await self._board.report(request.attempt, ContentsReport(partition, lost=True))
        else:
            mine = self._held[partition][1]
            found = {}
            for measure in request.cutoffs:
                keys = await self._board.wanted(request.attempt, measure)
                if keys is None:
                    return
                found[measure] = await asyncio.to_thread(mine.shard.ledgers[measure].book.contents, keys)
            await self._board.report(request.attempt, contents_report(partition, found))
        self._delivered.add((partition, request.attempt))


def _let_go(held: Owned) -> None:
    for ledger in held.shard.ledgers.values():
        ledger.book.release_cut()

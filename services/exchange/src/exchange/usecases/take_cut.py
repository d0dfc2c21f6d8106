"""Take a cut: at the first batch boundary at or past the asked offsets, count a shard's cells for a release."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Final

import numpy as np

from chassis import logs
from exchange.adapters import metrics
from exchange.adapters.cut_board import Answer, Asked, CutAsked, CutBoard, CutDamaged, Posted
from exchange.adapters.shard_store import Conflict, ShardStore
from exchange.domain.addresses import Array
from exchange.domain.shard import Days, Shard
from exchange.usecases.collect import Owned, move_days

_GRACE_S: Final = 1.0

log = logs.get(__name__)


class CutTaker:
    """One process's answers to the epoch that is being made. `drop` forgets a shard that differs from the store."""

    def __init__(self, board: CutBoard, store: ShardStore, drop: Callable[[int, str], None]) -> None:
        self._board = board
        self._store = store
        self._drop = drop
        self._held: dict[int, tuple[str, Owned]] = {}
        self._answered: set[tuple[str, int, int]] = set()
        self._missing: dict[tuple[str, int], float] = {}  # since when an answer that is not ours to give is missing

    @property
    def holding(self) -> bool:
        """Whether a cut is held, which keeps logs from being rewritten."""
        return bool(self._held)

    async def take(self, posted: Posted | None, owned: Mapping[int, Owned]) -> None:
        """Cut every owned shard that has come so far. Call between batches only."""
        if posted is None or posted.kind != "census":
            return
        due = [p for p in owned if p not in self._held and (posted.attempt, 0, p) not in self._answered]
        try:
            question = await self._board.cut_asked(posted) if due else None
        except CutDamaged as why:
            await self._cannot(posted, due, why)
            return
        if question is None:
            return
        for partition in due:
            mine = owned.get(partition)
            try:
                if mine is not None:  # given up meanwhile
                    await self._cut(posted, question, partition, mine)
            except Conflict as conflict:
                self._drop(partition, f"conflict: {conflict}")

    async def _cut(self, posted: Posted, question: CutAsked, partition: int, mine: Owned) -> None:
        if any(mine.committed.get(topic, 0) < ends.get(partition, 0) for topic, ends in question.ends.items()):
            return
        if await self._board.is_answered(posted, partition):
            self._answered.add((posted.attempt, 0, partition))
            return  # another owner took this cut; if it is gone, the next question will find that the cut is lost
        days = {
            measure: Days(date.fromisoformat(told.cutoff), date.fromisoformat(told.window))
            for measure, told in question.measures.items()
        }
        marks = {measure: told.marked() for measure, told in question.measures.items()}
        await move_days(mine, days, question.release, marks, self._store)
        arrays = await asyncio.to_thread(_count, mine.shard, question)
        # Two may believe to own a shard: what is asked later must be answered by the one whose counts were taken.
        answer = Answer(partition, offsets=dict(mine.committed), last=dict(mine.last), arrays=arrays)
        if await self._board.answer(posted, answer):
            self._held[partition] = (posted.attempt, mine)
            self._answered.add((posted.attempt, 0, partition))
        else:
            _let_go(mine)

    async def follow(self, posted: Posted | None, owned: Mapping[int, Owned]) -> None:
        """Answer what is asked of the cuts that are held; cuts of other attempts are let go. Call at any time."""
        for partition, (attempt, held) in list(self._held.items()):
            if posted is None or attempt != posted.attempt or owned.get(partition) is not held:
                _let_go(held)
                del self._held[partition]
        if posted is None:
            self._answered.clear()
            self._missing.clear()
            return
        due = [p for p in owned if (posted.attempt, posted.number, p) not in self._answered]
        if posted.kind == "census" or not due:
            return
        try:
            question = None if posted.kind == "confirm" else await self._board.asked(posted)
        except CutDamaged as why:
            await self._cannot(posted, due, why)
            return
        if question is not None or posted.kind == "confirm":
            for partition in due:
                await self._answer(posted, question, partition)

    async def _cannot(self, posted: Posted, partitions: Sequence[int], why: CutDamaged) -> None:
        """Say that these cannot answer, rather than to let whoever asks wait for it."""
        log.error("question about a cut is damaged", reason=str(why))
        metrics.note_healed("cut")
        for partition in partitions:
            await self._board.answer(posted, Answer(partition, lost=True))
            self._answered.add((posted.attempt, posted.number, partition))

    async def _answer(self, posted: Posted, question: Asked | None, partition: int) -> None:
        if partition not in self._held:
            missing_since = self._missing.setdefault((posted.attempt, partition), time.monotonic())
            if time.monotonic() - missing_since < _GRACE_S:
                return  # whoever took the cut may be about to answer
            await self._board.answer(posted, Answer(partition, lost=True))
        else:
            shard = self._held[partition][1].shard
            arrays = {} if question is None else {"": await asyncio.to_thread(_look, shard, posted.kind, question)}
            await self._board.answer(posted, Answer(partition, arrays=arrays))
        self._answered.add((posted.attempt, posted.number, partition))


def _count(shard: Shard, question: CutAsked) -> dict[str, list[bytes]]:
    """By measure: keys, contributors, entries, largest of every cell; changed contributors of every remembered one."""
    found = {}
    for measure, told in question.measures.items():
        ledger = shard.ledgers[measure]
        keys, baseline = told.remembered()
        changed = np.zeros(len(keys), np.int32)
        for mark in told.marked() if question.release else ():
            shown_then = baseline == mark["release"]
            changed[shown_then] = ledger.changed_since(mark, keys[shown_then], shard.members)
        census = ledger.book.cut(len(shard.members.ids))
        arrays: tuple[Array, ...] = (census.keys, census.contributors, census.entries, census.largest, changed)
        found[measure] = [array.tobytes() for array in arrays]
    return found


def _look(shard: Shard, kind: str, question: Asked) -> list[bytes]:
    book = shard.ledgers[question.measure].book
    if kind == "same":
        return [book.count_same(question.array(0), question.array(1)).tobytes()]
    if kind == "beyond":
        return [book.count_beyond(question.array(0), question.array(1), question.array(2)).tobytes()]
    told = book.told(question.array(0))
    return [getattr(told, field.name).tobytes() for field in fields(told)]


def _let_go(held: Owned) -> None:
    for ledger in held.shard.ledgers.values():
        ledger.book.release_cut()

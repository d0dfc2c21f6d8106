"""Cut all shards at one moment of the log: the coordinator's side of an epoch (the owners' is `take_cut`)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeVar
from uuid import uuid4

import numpy as np
from chassis.retry import Backoff, is_away, reason_of

from chassis import logs
from exchange.adapters import metrics
from exchange.adapters.cut_board import Answer, Asked, CutAsked, CutBoard, CutDamaged, Kind, MeasureAtCut, Posted
from exchange.domain.addresses import Array
from exchange.domain.cell_book import Census, Contents
from exchange.domain.disclosure import join
from exchange.domain.lattice import FORMS
from exchange.domain.offering import COUNTS, Offers

_ATTEMPTS: Final = 5
_WITHIN_S: Final = 60.0
_POLL_S: Final = 0.02
_LOOK_S: Final = 1.0
_PAUSE: Final = Backoff(first_s=0.5, cap_s=5.0)

T = TypeVar("T")

log = logs.get(__name__)


class CutFailed(Exception):
    """The shards did not all answer; the epoch stays drafted and is completed later."""


class CutLost(Exception):
    """An owner took its cut and is gone, or what was asked and answered is."""


@dataclass(slots=True)
class CutOfAll:
    """All shards at one cut (`judge_epoch.Shards`), asked over the board."""

    board: CutBoard
    attempt: str
    partitions: int
    offsets: dict[str, dict[str, int]] = field(default_factory=dict)  # topic -> partition -> first offset left out
    last: dict[str, dict[str, str]] = field(default_factory=dict)  # likewise the identity of the record before it
    census: dict[str, Census] = field(default_factory=dict)
    changed: dict[str, Array] = field(default_factory=dict)
    asked: int = 0
    _looked: float = field(default_factory=time.monotonic)

    async def take(self, question: CutAsked) -> None:
        """Let every owner cut, and add up what they count."""
        answers = await self._ask("census", question)
        for answer in answers:
            for topic, offset in answer.offsets.items():
                self.offsets.setdefault(topic, {})[str(answer.partition)] = offset
            for topic, identity in answer.last.items():
                self.last.setdefault(topic, {})[str(answer.partition)] = identity
        for measure in question.measures:
            self.census[measure] = await asyncio.to_thread(join, [_census(answer, measure) for answer in answers])
            self.changed[measure] = _sum([answer.array(measure, 4, "<i4") for answer in answers])

    async def same(self, measure: str, wide: Array, fine: Array) -> Array:
        """For each pair of keys, sorted by the wider: contributors with as many entries in the finer cell."""
        return _added(await self._ask("same", _question(measure, wide, fine)))

    async def beyond(self, measure: str, parents: Array, ends: Array, finer: Array) -> Array:
        """For each parent: contributors with more entries in it than in its finer cells together."""
        return _added(await self._ask("beyond", _question(measure, parents, ends, finer)))

    async def contents(self, measure: str, keys: Array) -> Sequence[Contents] | Sequence[Offers]:
        """The values in these cells, one for each shard."""
        answers = await self._ask("contents", _question(measure, keys))
        return [_offers(answer) for answer in answers] if FORMS[measure].wide else [_contents(a) for a in answers]

    async def confirm(self) -> None:
        """Raise CutLost unless every owner still holds the cut that it took."""
        await self._ask("confirm", None)

    async def _ask(self, kind: Kind, question: CutAsked | Asked | None) -> list[Answer]:
        posted = Posted(self.attempt, self.asked, kind)
        self.asked += 1
        await self.board.post(posted, question)
        answers = []
        async with asyncio.timeout(_WITHIN_S):
            for partition in range(self.partitions):
                while (answer := await self.board.answer_of(posted, partition)) is None:
                    await self._pause(posted)
                answers.append(answer)
        if any(answer.lost for answer in answers):
            raise CutLost
        await self.board.clear(posted, self.partitions)
        return answers

    async def _pause(self, posted: Posted) -> None:
        """Wait a moment for an answer. Raises CutLost when the question is not there any more: nobody would answer it."""
        await asyncio.sleep(_POLL_S)
        if time.monotonic() > self._looked + _LOOK_S:
            self._looked = time.monotonic()
            if await self.board.posted() != posted:
                raise CutLost

    async def let_go(self) -> None:
        """Tell the owners that nothing more is asked."""
        await self.board.clear(Posted(self.attempt, max(0, self.asked - 1), "confirm"), self.partitions, last=True)


class CutShards:
    """Asks every owner. `ends` asks Kafka for the end offsets of the collected topics."""

    def __init__(self, board: CutBoard, ends: Callable[[], Awaitable[dict[str, dict[int, int]]]]) -> None:
        self._board = board
        self._ends = ends

    async def partitions(self) -> int:
        """How many shards there are. Raises CutFailed."""
        try:
            return len(next(iter((await self._ends()).values())))
        except TimeoutError:
            raise CutFailed("the log does not tell where it ends") from None

    async def cut(
        self,
        stamp: int,
        release: int,
        measures: Mapping[str, MeasureAtCut],
        partitions: int,
        work: Callable[[CutOfAll], Awaitable[T]],
    ) -> T:
        """Do `work` with one cut at or past the log's ends as of now. `release` 0: a sweep.

        All of it is tried again when an owner changed in between, or the board or the log was away. Raises CutFailed.
        """
        reason = ""
        for number in range(1, _ATTEMPTS + 1):
            cut = CutOfAll(self._board, f"{stamp}.{uuid4().hex[:8]}", partitions)
            try:
                await cut.take(CutAsked(release, dict(measures), await self._ends()))
                return await work(cut)
            except TimeoutError:
                reason = f"not every shard answered the cut within {_WITHIN_S:.0f} s"
            except CutLost:
                reason = "shards changed their owners during the cut, or Redis lost or damaged it"
                await asyncio.sleep(_PAUSE.seconds(number))
            except CutDamaged as why:
                reason = str(why)
                metrics.note_healed("cut")
                await asyncio.sleep(_PAUSE.seconds(number))
            except Exception as away:
                reason = reason_of(away)
                if not is_away(away):
                    log.exception("cut failed", stamp=stamp, attempt=number)
                await asyncio.sleep(_PAUSE.seconds(number))
            finally:
                with suppress(Exception):  # what stays on the board expires
                    await cut.let_go()
            log.warning("cut not taken", stamp=stamp, attempt=number, reason=reason)
        raise CutFailed(reason)


def _question(measure: str, *arrays: Array) -> Asked:
    return Asked(measure, [np.ascontiguousarray(array, "<i8").tobytes() for array in arrays])


def _added(answers: Sequence[Answer]) -> Array:
    return _sum([answer.array("", 0, "<i4") for answer in answers])


def _sum(arrays: Sequence[Array]) -> Array:
    total: Array = np.asarray(arrays, np.int64).sum(axis=0)
    return total


def _census(answer: Answer, measure: str) -> Census:
    return Census(answer.array(measure, 0, "<i8"), *(answer.array(measure, n, "<i4") for n in (1, 2, 3)))


def _contents(answer: Answer) -> Contents:
    ends, cents, contributors, squares = (
        answer.array("", n, kind) for n, kind in enumerate(("<i8", "<u2", "<i4", "<i8"))
    )
    lows, highs = (answer.array("", n, "<u2").reshape(len(ends), -1) for n in (4, 5))
    return Contents(ends, cents, contributors, squares, lows, highs)


def _offers(answer: Answer) -> Offers:
    ends, amounts, counts = (answer.array("", n, kind) for n, kind in enumerate(("<i8", "<u4", "<i4")))
    return Offers(ends, amounts, counts.reshape(-1, len(COUNTS)))

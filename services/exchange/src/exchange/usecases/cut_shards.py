"""Cut all shards at one moment of the log: the coordinator's side of an epoch (the owners' is `take_cut`)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import numpy as np
from chassis.retry import Backoff, reason_of

from chassis import logs
from exchange.adapters.cut_board import CensusReport, ContentsReport, CutBoard, CutRequest
from exchange.domain.addresses import Array
from exchange.domain.disclosure import join, qualifying
from exchange.domain.policy import POLICIES

_ATTEMPTS: Final = 5
_WITHIN_S: Final = 60.0
_POLL_S: Final = 0.05
_PAUSE: Final = Backoff(first_s=0.5, cap_s=5.0)

log = logs.get(__name__)


class CutFailed(Exception):
    """The shards did not all answer; the epoch stays drafted and is completed later."""


class _Lost(Exception):
    """An owner took its cut and is gone."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What the shards answered, one report each; `wanted` are the keys of the cells that qualify, by measure."""

    census: list[CensusReport]
    wanted: dict[str, Array]
    contents: list[ContentsReport]


class CutShards:
    """Asks every owner. `ends` asks Kafka for the end offsets of the collected topics."""

    def __init__(self, board: CutBoard, ends: Callable[[], Awaitable[dict[str, dict[int, int]]]]) -> None:
        self._board = board
        self._ends = ends

    async def partitions(self) -> int:
        """How many shards there are."""
        return len(next(iter((await self._ends()).values())))

    async def cut(self, stamp: int, cutoffs: Mapping[str, str], partitions: int, *, contents: bool) -> Cut:
        """One cut at or past the log's ends as of now, with or without the qualifying cells' entries.

        Tried again when an owner changed in between, or the board or the log was away. Raises CutFailed.
        """
        reason = ""
        for number in range(1, _ATTEMPTS + 1):
            attempt = f"{stamp}.{uuid4().hex[:8]}"
            try:
                return await self._attempt(attempt, dict(cutoffs), partitions, contents)
            except TimeoutError:
                reason = f"not every shard answered the cut within {_WITHIN_S:.0f} s"
            except _Lost:
                reason = "shards changed their owners during the cut"
                await asyncio.sleep(_PAUSE.seconds(number))
            except Exception as away:  # noqa: BLE001 - whatever it was, it cost this attempt and nothing else
                reason = reason_of(away)
                await asyncio.sleep(_PAUSE.seconds(number))
            finally:
                with suppress(Exception):  # what stays on the board expires
                    await self._board.clear(attempt, partitions, list(cutoffs))
            log.warning("cut not taken", stamp=stamp, attempt=number, reason=reason)
        raise CutFailed(reason)

    async def _attempt(self, attempt: str, cutoffs: dict[str, str], partitions: int, contents: bool) -> Cut:
        ends = await self._ends()
        await self._board.post(CutRequest(attempt, "census", cutoffs, ends))
        census = await self._answers(self._board.census_of, attempt, partitions)
        wanted = {
            measure: qualifying(join([report.census(measure) for report in census]), POLICIES[measure])
            for measure in cutoffs
        }
        if not contents:
            return Cut(census, wanted, [])
        for measure, keys in wanted.items():
            await self._board.want(attempt, measure, np.asarray(keys))
        await self._board.post(CutRequest(attempt, "contents", cutoffs, ends))
        entries = await self._answers(self._board.contents_of, attempt, partitions)
        if any(report.lost for report in entries):
            raise _Lost
        return Cut(census, wanted, entries)

    @staticmethod
    async def _answers(ask: Callable[[str, int], Awaitable[Any]], attempt: str, partitions: int) -> list[Any]:
        answers = []
        async with asyncio.timeout(_WITHIN_S):
            for partition in range(partitions):
                while (report := await ask(attempt, partition)) is None:  # noqa: ASYNC110 - the answer is in Redis
                    await asyncio.sleep(_POLL_S)
                answers.append(report)
        return answers

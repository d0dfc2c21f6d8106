"""Release: make an epoch from one cut of all shards, tell the log how, then show it.

The order is what makes it safe to die anywhere: draft (number and cutoffs), cut, prepare (cells and offsets staged),
confirm (no shard changed its owner in between), manifest on the log, switch. A later coordinator goes on from the last
of these that is written down.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from chassis.database import Database
from contracts.exchange import ExchangeEpoch

from chassis import logs
from exchange.adapters import metrics
from exchange.adapters.cut_board import MeasureAtCut
from exchange.adapters.epochs import EpochRow, Epochs, ReleasedCell
from exchange.adapters.generations import Generation
from exchange.adapters.release_memory import ReleaseMemory
from exchange.domain.addresses import Array
from exchange.domain.change import Memory, sweep
from exchange.domain.disclosure import numbers, qualifying
from exchange.domain.lattice import Geography, texts
from exchange.domain.policy import Policies, Policy
from exchange.usecases.announce import manifest, spelled
from exchange.usecases.cut_shards import CutLost, CutOfAll, CutShards
from exchange.usecases.draft_epoch import Kind, draft, draft_sweep
from exchange.usecases.judge_epoch import judge, values

_AT_ONCE = 20_000

log = logs.get(__name__)


class Busy(Exception):
    """Another process is making an epoch right now."""


class ReleaseEpoch:
    """The coordinator of an epoch; `serving` says which generation does, made for so many partitions, and `tell` writes the
    manifest to the log."""

    def __init__(
        self,
        epochs: Epochs,
        memory: ReleaseMemory,
        cuts: CutShards,
        database: Database,
        geography: Geography,
        policies: Policies,
        serving: Callable[[int], Awaitable[Generation]],
        tell: Callable[[ExchangeEpoch], Awaitable[None]],
    ) -> None:
        self._epochs = epochs
        self._memory = memory
        self._cuts = cuts
        self._database = database
        self._geography = geography
        self._policies = policies
        self._serving = serving
        self._tell = tell

    async def release(self, now: datetime, kind: Kind = "release") -> EpochRow:
        """Publish a new epoch, or a sweep of the last one, as of `now`.

        Raises Busy, CutFailed when shards are missing, or NothingReleased when there is nothing to sweep.
        """
        async with self._epochs.coordinating() as alone:
            if not alone:
                raise Busy("another release is being made")
            await self._finish()
            newest = await self._epochs.newest()
            partitions = await self._cuts.partitions()
            if kind == "release":
                collected = (await self._serving(partitions)).measures
                row = draft(newest, now, partitions, self._policies.of(collected))
            else:
                row = draft_sweep(newest, now, partitions)
            await self._epochs.draft(row)
            return await self._complete(row)

    async def finish_unfinished(self) -> EpochRow | None:
        """Complete an epoch whose coordinator died, if there is one and nobody else is at it."""
        if await self._epochs.unfinished() is None:
            return None
        async with self._epochs.coordinating() as alone:
            return await self._finish() if alone else None

    async def _finish(self) -> EpochRow | None:
        unfinished = await self._epochs.unfinished()
        return None if unfinished is None else await self._complete(unfinished)

    async def _complete(self, row: EpochRow) -> EpochRow:
        began = time.monotonic()
        if row.state in ("drafted", "prepared"):
            # What a coordinator prepared that could not have it confirmed any more is cut once more.
            row.partitions = await self._cuts.partitions()  # there may be more since it was drafted
            await self._cut(row)
        await self._tell(manifest(row))
        await self._switch(row)
        row.state = "published"
        metrics.RELEASE_SECONDS.observe(time.monotonic() - began)
        log.info("epoch released", epoch=row.epoch, serial=row.serial, withdrawn=len(row.withdrawn))
        return row

    # -- judging ------------------------------------------------------------------------------------------------

    async def _cut(self, row: EpochRow) -> None:
        """From one cut of all shards to a confirmed epoch. Raises CutFailed."""
        newest = await self._epochs.newest()
        before = {
            measure: Memory.empty() if newest is None else await self._memory.of(newest.stamp, measure)
            for measure in row.cutoffs
        }
        marks = {} if newest is None else await self._memory.marks(newest.stamp)
        days = self._memory.days(row)
        asked = {
            measure: MeasureAtCut(
                days[measure].cutoff.isoformat(),
                days[measure].window.isoformat(),
                marks[measure].tobytes() if measure in marks else b"",
                memory.keys.astype("<i8").tobytes(),
                memory.baseline.astype("<i4").tobytes(),
            )
            for measure, memory in before.items()
        }

        async def work(cut: CutOfAll) -> None:
            await self._epochs.unstage(row)
            judge_all = self._judge if row.kind == "release" else self._sweep
            after, gone = await judge_all(row, cut, before)
            if any(memory.shown.any() for memory in before.values()):
                await self._epochs.unstage_same(row)
            async with self._database.transaction() as session:
                await self._memory.remember(session, row.stamp, after)
                await self._epochs.prepare(session, row, cut.offsets, cut.last, sorted(gone))
            if row.kind == "release":
                try:
                    await cut.confirm()
                except CutLost:
                    await self._epochs.move_to(row, "drafted")
                    raise
            await self._epochs.move_to(row, "confirmed")

        release = row.epoch if row.kind == "release" else 0
        await self._cuts.cut(row.stamp, release, asked, row.partitions, work)

    async def _judge(
        self, row: EpochRow, cut: CutOfAll, before: Mapping[str, Memory]
    ) -> tuple[dict[str, Memory], list[str]]:
        """Rules 2 to 6: stage what is shown anew; what is remembered from now on, and the cells that are withdrawn."""
        after: dict[str, Memory] = {}
        gone: list[str] = []
        for measure, memory in before.items():
            policy = self._policies[row.policies[measure]]
            decided = await judge(cut, measure, policy, memory, row.epoch, self._geography, asyncio.to_thread)
            await self._stage(row, cut, measure, policy, decided.new)
            for policy_id in decided.memory.policy_ids:
                back = decided.back_under(policy_id)
                await self._stage(row, cut, measure, self._policies[policy_id], back)
            after[measure] = decided.memory
            gone += self._texts(measure, decided.withdrawn)
        return after, gone

    async def _sweep(
        self, row: EpochRow, cut: CutOfAll, before: Mapping[str, Memory]
    ) -> tuple[dict[str, Memory], list[str]]:
        """Rule 5, the daily sweep: shown cells that withdrawals and departures made break rule 2."""
        after: dict[str, Memory] = {}
        gone: list[str] = []
        for measure, memory in before.items():
            allowed = qualifying(cut.census[measure], self._policies[row.policies[measure]], self._geography)
            keys, after[measure] = sweep(memory, allowed.keys)
            gone += self._texts(measure, keys)
        return after, gone

    async def _stage(self, row: EpochRow, cut: CutOfAll, measure: str, policy: Policy, keys: Array) -> None:
        """Stage the numbers of these cells."""
        async for some, contents in values(cut, measure, keys):
            summary = await asyncio.to_thread(numbers, contents, some, policy)  # others go on meanwhile
            for start in range(0, len(some), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                bodies = await asyncio.to_thread(spelled, summary.of(part))
                cells = [
                    ReleasedCell(cell, measure, policy.policy_id, body, row.epoch)
                    for cell, body in zip(self._texts(measure, some[part]), bodies, strict=True)
                ]
                await self._epochs.stage(row, cells)

    def _texts(self, measure: str, keys: Array) -> list[str]:
        return texts(measure, keys, self._geography)

    # -- showing ------------------------------------------------------------------------------------------------

    async def _switch(self, row: EpochRow) -> None:
        """Show a confirmed epoch. What it changed is told to the log from there (`tell_changes`)."""
        async with self._database.transaction() as session:
            await self._epochs.switch(session, row)
            await self._memory.forget_before(session, row.stamp)

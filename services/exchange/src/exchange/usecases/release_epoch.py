"""Release: make an epoch from one cut of all shards, tell the log how, then show it.

The order is what makes it safe to die anywhere: draft (number and cutoffs), cut, prepare (cells and offsets staged),
manifest on the log, switch. A later coordinator goes on from the last of these that is written down.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from chassis.database import Database
from chassis.outbox import Outbox
from contracts.event import Event
from contracts.exchange import BenchmarkPublished, BenchmarkWithdrawn, ExchangeEpoch

from chassis import logs
from exchange.adapters import metrics
from exchange.adapters.epochs import EpochRow, Epochs, ReleasedCell
from exchange.domain.disclosure import Figures, figures
from exchange.domain.lattice import Geography, unpack
from exchange.domain.policy import POLICIES
from exchange.usecases.cut_shards import Cut, CutShards
from exchange.usecases.draft_epoch import Kind, draft, draft_sweep

log = logs.get(__name__)


class Busy(Exception):
    """Another process is making an epoch right now."""


class ReleaseEpoch:
    """The coordinator of an epoch; `tell` writes its manifest to the log."""

    def __init__(
        self,
        epochs: Epochs,
        cuts: CutShards,
        database: Database,
        outbox: Outbox,
        geography: Geography,
        tell: Callable[[ExchangeEpoch], Awaitable[None]],
    ) -> None:
        self._epochs = epochs
        self._cuts = cuts
        self._database = database
        self._outbox = outbox
        self._geography = geography
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
            row = draft(newest, now, partitions) if kind == "release" else draft_sweep(newest, now)
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
        if row.state == "drafted":
            row.partitions = await self._cuts.partitions()  # there may be more since it was drafted
            cut = await self._cuts.cut(row.stamp, row.cutoffs, row.partitions, contents=row.kind == "release")
            changed: list[ReleasedCell] = []
            if row.kind == "sweep":
                gone = await self._broken(cut)
            else:
                changed, gone = await self._compare(row, await asyncio.to_thread(self._judge, cut))
            offsets: dict[str, dict[str, int]] = {}
            for report in cut.census:
                for topic, offset in report.offsets.items():
                    offsets.setdefault(topic, {})[str(report.partition)] = offset
            await self._epochs.prepare(row, offsets, changed, gone)
        await self._tell(manifest(row))
        staged = await self._epochs.staged(row)
        before = await self._epochs.versions_before(row, [cell.cell for cell in staged])
        async with self._database.transaction() as session:
            await self._epochs.switch(session, row)
            await self._outbox.emit_many(session, _announcements(row, staged, before))
        row.state = "published"
        metrics.RELEASE_SECONDS.observe(time.monotonic() - began)
        log.info(
            "epoch released", epoch=row.epoch, serial=row.serial, changed=len(staged), withdrawn=len(row.withdrawn)
        )
        return row

    async def _broken(self, cut: Cut) -> list[str]:
        """Rule 5, the daily sweep: shown cells that withdrawals and departures made break rule 2."""
        allowed = {
            unpack(measure, key, self._geography).text()
            for measure, keys in cut.wanted.items()
            for key in keys.tolist()
        }
        newest = await self._epochs.newest()
        assert newest is not None  # noqa: S101 - a sweep is drafted after a release only
        return sorted([cell.cell async for cell in self._epochs.shown(newest.stamp) if cell.cell not in allowed])

    # -- judging ------------------------------------------------------------------------------------------------

    def _judge(self, cut: Cut) -> dict[str, tuple[str, Figures]]:
        """Every cell that may be shown: key as text -> (measure, figures)."""
        shown: dict[str, tuple[str, Figures]] = {}
        for measure, keys in cut.wanted.items():
            contents = [report.contents(measure) for report in cut.contents]
            for index, key in enumerate(keys.tolist()):
                cell = unpack(measure, key, self._geography).text()
                shown[cell] = (measure, figures(contents, index, POLICIES[measure]))
        return shown

    async def _compare(
        self, row: EpochRow, shown: Mapping[str, tuple[str, Figures]]
    ) -> tuple[list[ReleasedCell], list[str]]:
        """What differs from what is shown now: changed cells, and the cells that may no longer be shown, sorted."""
        changed: list[ReleasedCell] = []
        held: dict[str, tuple[str, dict[str, Any]]] = {}
        newest = await self._epochs.newest()
        if newest is not None:
            async for cell in self._epochs.shown(newest.stamp):
                held[cell.cell] = (cell.policy_id, cell.body)
        for name, (measure, figure) in shown.items():
            policy_id, body = row.policies[measure], as_body(figure)
            if held.get(name) != (policy_id, body):
                changed.append(ReleasedCell(name, measure, policy_id, body))
        return changed, sorted(held.keys() - shown.keys())


def dollars(cents: int) -> str:
    """2700 -> "27.00"."""
    return f"{cents // 100}.{cents % 100:02d}"


def as_body(figure: Figures) -> dict[str, Any]:
    """A cell's numbers as they are shown, stored and sent."""
    return {
        "percentiles": {name: dollars(cents) for name, cents in figure.percentiles.items()},
        "intervals": {name: [dollars(low), dollars(high)] for name, (low, high) in figure.intervals.items()},
        "contributors": figure.contributors,
    }


def manifest(row: EpochRow) -> ExchangeEpoch:
    """What anyone needs to recompute every number of an epoch from the log."""
    return ExchangeEpoch.model_validate(
        {
            "epoch": row.epoch,
            "serial": row.serial,
            "kind": row.kind,
            "policies": row.policies,
            "cutoffs": {measure: date.fromisoformat(text) for measure, text in row.cutoffs.items()},
            "offsets": {t: {int(p): offset for p, offset in of.items()} for t, of in row.offsets.items()},
            "partitions": row.partitions,
            "released_at": row.released_at,
        }
    )


def _announcements(
    row: EpochRow, staged: Sequence[ReleasedCell], before: Mapping[str, Mapping[str, Any]]
) -> list[Event]:
    events: list[Event] = []
    for cell in sorted(staged, key=lambda c: c.cell):
        previous = before.get(cell.cell)
        fields: dict[str, Any] = {
            "cell": cell.cell, "epoch": row.epoch, "serial": row.serial, "policy_id": cell.policy_id,
            "percentiles": cell.body["percentiles"], "intervals": cell.body["intervals"],
            "contributors": cell.body["contributors"],
        }  # fmt: skip
        if previous is not None:
            fields["previous"] = previous["percentiles"]
        events.append(BenchmarkPublished.model_validate(fields))
    events += [BenchmarkWithdrawn(cell=name, epoch=row.epoch, serial=row.serial) for name in row.withdrawn]
    return events

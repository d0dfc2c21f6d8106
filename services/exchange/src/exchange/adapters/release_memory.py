"""What is remembered of the cells of each release, and what of the past a shard is told, in PostgreSQL."""

import zlib
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

import numpy as np
from chassis.database import Database
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from exchange.adapters.tables import EpochRow, MemoryRow, stamp
from exchange.domain.addresses import Array
from exchange.domain.change import Memory
from exchange.domain.layout import MARK
from exchange.domain.policy import Policies
from exchange.domain.shard import Days, Past, Release

_FAST: Final = 1
_COLUMNS: Final = (("keys", "<i8"), ("baseline", "<i4"), ("policy", "<i2"), ("stayed", "i1"), ("shown", "?"))


class ReleaseMemory:
    """Memories by stamp and measure; those of the newest published stamp are what the next epoch is judged by."""

    def __init__(self, database: Database, policies: Policies) -> None:
        self._database = database
        self._policies = policies

    async def of(self, at: int, measure: str) -> Memory:
        """What was remembered after the epoch with this stamp; nothing before the measure's first release."""
        async with self._database.session() as session:
            row = await session.get(MemoryRow, (at, measure))
        return Memory.empty() if row is None else _unpack(row)

    async def remember(self, session: AsyncSession, at: int, memories: Mapping[str, Memory]) -> None:
        """Write the memories of an epoch, in the caller's transaction, in place of an earlier attempt's."""
        await session.execute(delete(MemoryRow).where(col(MemoryRow.stamp) == at))
        for measure, memory in memories.items():
            session.add(
                MemoryRow(
                    stamp=at, measure=measure, policy_ids=list(memory.policy_ids), releases=memory.releases,
                    cells=_pack(memory),
                )
            )  # fmt: skip

    async def forget_before(self, session: AsyncSession, at: int) -> None:
        """Drop the memories that no epoch will be judged by any more."""
        await session.execute(delete(MemoryRow).where(col(MemoryRow.stamp) < at))

    async def marks(self, at: int) -> dict[str, Array]:
        """By measure: the releases, MARK, that cells are shown as of after the epoch with this stamp."""
        async with self._database.session() as session:
            found = await session.execute(
                select(col(MemoryRow.measure), col(MemoryRow.releases)).where(col(MemoryRow.stamp) == at)
            )
            needed: dict[str, list[int]] = {measure: releases for measure, releases in found.all()}  # noqa: C416 - rows are no pairs
            stamps = {stamp(number, 0) for releases in needed.values() for number in releases}
            rows = (await session.execute(select(EpochRow).where(col(EpochRow.stamp).in_(stamps)))).scalars().all()
        by_number = {row.epoch: row for row in rows}
        return {
            measure: np.array([self._mark(by_number[number], measure) for number in releases], MARK)
            for measure, releases in needed.items()
        }

    def days(self, row: EpochRow) -> dict[str, Days]:
        """By measure the days of an epoch, as its cutoffs and policies say."""
        found = {}
        for measure, text in row.cutoffs.items():
            cutoff = date.fromisoformat(text)
            found[measure] = Days(cutoff, self._policies[row.policies[measure]].window_start(cutoff))
        return found

    def _mark(self, row: EpochRow, measure: str) -> tuple[int, int, int]:
        days = self.days(row)[measure]
        return row.epoch, days.cutoff.toordinal(), days.window.toordinal()

    async def past(self) -> Callable[[int], Past]:
        """What a shard that is loaded now is told of the releases so far, by its partition.

        An epoch whose offsets are fixed counts, published or not: what comes after them is not in it.
        """
        async with self._database.session() as session:
            query = select(EpochRow).where(col(EpochRow.state) != "drafted").order_by(col(EpochRow.stamp))
            rows = list((await session.execute(query)).scalars())
        releases = [row for row in rows if row.serial == 0]
        if not releases:
            return lambda _: Past()
        published = [row.stamp for row in rows if row.state == "published"]
        marks = await self.marks(rows[-1].stamp)
        # If what is prepared is cut once more, it is judged by what was published before it.
        for measure, before in (await self.marks(published[-1])).items() if published else ():
            marks[measure] = np.unique(np.concatenate([before, marks.get(measure, before)]))
        topics = {topic for row in releases for topic in row.offsets}

        everywhere = tuple(Release(row.epoch, row.partitions, row.offsets) for row in releases)

        def of(partition: int) -> Past:
            reached = {}
            for topic in topics:
                of_topic = [(r.epoch, r.offsets[topic][str(partition)]) for r in releases
                            if str(partition) in r.offsets.get(topic, {})]  # fmt: skip
                pairs = np.array(of_topic, np.int64).reshape(-1, 2)
                reached[topic] = (pairs[:, 0].copy(), pairs[:, 1].copy())
            newest = releases[-1]
            last = {topic: held[str(partition)] for topic, held in newest.last.items() if str(partition) in held}
            return Past(newest.epoch, self.days(rows[-1]), marks, reached, everywhere, last)

        return of


def _pack(memory: Memory) -> bytes:
    arrays = (np.ascontiguousarray(getattr(memory, name), kind).tobytes() for name, kind in _COLUMNS)
    return zlib.compress(b"".join(arrays), _FAST)


def _unpack(row: MemoryRow) -> Memory:
    packed = zlib.decompress(row.cells)
    count = len(packed) // sum(np.dtype(kind).itemsize for _, kind in _COLUMNS)
    at = 0
    found = {}
    for name, kind in _COLUMNS:
        found[name] = np.frombuffer(packed, kind, count, at)
        at += found[name].nbytes
    return Memory(**found, policy_ids=tuple(row.policy_ids))

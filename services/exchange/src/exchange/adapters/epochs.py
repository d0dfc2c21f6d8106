"""Epochs and released cells in PostgreSQL: one coordinator at a time, and what readers are given."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from chassis.database import Database
from sqlalchemy import and_, delete, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from exchange.adapters.tables import CellRow, EpochRow, stamp

_LOCK: Final = 2_026_112_300  # the coordinator's advisory lock
_ROWS_AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class ReleasedCell:
    """One released cell: its key as text, the policy it was released under, and its numbers as they are shown."""

    cell: str
    measure: str
    policy_id: str
    body: dict[str, Any]


class Epochs:
    """The exchange's history of releases."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def coordinating(self) -> AsyncIterator[bool]:
        """Whether this process may make an epoch now; the lock is held as long as the context and goes with the process."""
        async with self._database.engine.connect() as connection:
            held = bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}))
            await connection.commit()
            try:
                yield held
            finally:
                if held:
                    await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
                    await connection.commit()

    async def unfinished(self) -> EpochRow | None:
        """The epoch that was begun and not published."""
        return await self._one(select(EpochRow).where(col(EpochRow.state) != "published"))

    async def newest(self) -> EpochRow | None:
        """The last published epoch."""
        newest = (
            select(EpochRow).where(col(EpochRow.state) == "published").order_by(col(EpochRow.stamp).desc()).limit(1)
        )
        return await self._one(newest)

    async def published(self) -> list[EpochRow]:
        """Every published epoch, oldest first."""
        async with self._database.session() as session:
            query = select(EpochRow).where(col(EpochRow.state) == "published").order_by(col(EpochRow.stamp))
            return list((await session.execute(query)).scalars())

    async def _one(self, query: Any) -> EpochRow | None:
        async with self._database.session() as session:
            row: EpochRow | None = (await session.execute(query)).scalars().first()
            return row

    async def draft(self, row: EpochRow) -> None:
        """Write down that an epoch is begun, with its cutoffs."""
        async with self._database.transaction() as session:
            session.add(row)

    async def prepare(
        self,
        row: EpochRow,
        offsets: Mapping[str, Mapping[str, int]],
        cells: Sequence[ReleasedCell],
        gone: Sequence[str],
    ) -> None:
        """Stage an epoch's changed cells, invisible yet, with the offsets that the manifest will tell."""
        async with self._database.transaction() as session:
            await session.execute(delete(CellRow).where(col(CellRow.since) == row.stamp))
            for start in range(0, len(cells), _ROWS_AT_ONCE):
                rows = [
                    {"cell": c.cell, "since": row.stamp, "measure": c.measure, "policy_id": c.policy_id, "body": c.body}
                    for c in cells[start : start + _ROWS_AT_ONCE]
                ]
                await session.execute(insert(CellRow), rows)
            held = await session.get_one(EpochRow, row.stamp)
            held.partitions = row.partitions
            held.offsets, held.withdrawn, held.state = {t: dict(o) for t, o in offsets.items()}, list(gone), "prepared"
        row.offsets, row.withdrawn, row.state = held.offsets, held.withdrawn, held.state

    async def switch(self, session: AsyncSession, row: EpochRow) -> None:
        """Show a prepared epoch, in the caller's transaction: new versions replace old ones, withdrawn numbers go."""
        changed = select(col(CellRow.cell)).where(col(CellRow.since) == row.stamp)
        await session.execute(
            update(CellRow)
            .where(col(CellRow.until).is_(None), col(CellRow.since) < row.stamp, col(CellRow.cell).in_(changed))
            .values(until=row.stamp)
        )
        for start in range(0, len(row.withdrawn), _ROWS_AT_ONCE):
            some = row.withdrawn[start : start + _ROWS_AT_ONCE]
            # Rule 5: a withdrawn cell's numbers disappear from answers, history and exports.
            await session.execute(delete(CellRow).where(col(CellRow.cell).in_(some)))
        await session.execute(
            update(EpochRow)
            .where(col(EpochRow.stamp) == row.stamp)
            .values(state="published", published_at=datetime.now(UTC))
        )

    async def shown(self, at: int) -> AsyncIterator[ReleasedCell]:
        """The cells shown at a stamp, in the order of their keys."""
        query = (
            select(col(CellRow.cell), col(CellRow.measure), col(CellRow.policy_id), col(CellRow.body))
            .where(and_(col(CellRow.since) <= at, or_(col(CellRow.until).is_(None), col(CellRow.until) > at)))
            .order_by(text('cell COLLATE "C"'))
        )
        async with self._database.session() as session:
            async for row in await session.stream(query, execution_options={"yield_per": 5000}):
                yield ReleasedCell(*row)

    async def staged(self, row: EpochRow) -> list[ReleasedCell]:
        """The cells that a prepared epoch changes."""
        query = select(col(CellRow.cell), col(CellRow.measure), col(CellRow.policy_id), col(CellRow.body)).where(
            col(CellRow.since) == row.stamp
        )
        async with self._database.session() as session:
            return [ReleasedCell(*found) for found in (await session.execute(query)).all()]

    async def versions_before(self, row: EpochRow, cells: Iterable[str]) -> dict[str, dict[str, Any]]:
        """What was shown of these cells just before an epoch."""
        names = list(cells)
        found: dict[str, dict[str, Any]] = {}
        async with self._database.session() as session:
            for start in range(0, len(names), _ROWS_AT_ONCE):
                query = select(col(CellRow.cell), col(CellRow.body)).where(
                    col(CellRow.cell).in_(names[start : start + _ROWS_AT_ONCE]),
                    col(CellRow.since) < row.stamp,
                    or_(col(CellRow.until).is_(None), col(CellRow.until) >= row.stamp),
                )
                found.update((held.cell, held.body) for held in (await session.execute(query)).all())
        return found


__all__ = ["EpochRow", "Epochs", "ReleasedCell", "stamp"]

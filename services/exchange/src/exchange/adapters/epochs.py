"""Epochs and released cells in PostgreSQL: one coordinator at a time, and what readers are given."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from chassis.database import Database
from sqlalchemy import PoolProxiedConnection, Select, Table, and_, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from exchange.adapters.locks import Lock
from exchange.adapters.tables import SERIALS, CellRow, EpochRow, stamp

_ROWS_AT_ONCE: Final = 2_000
_CHANGES_AT_ONCE: Final = 5_000
_CELLS: Final[Table] = CellRow.__table__  # type: ignore[attr-defined]
_COLUMNS: Final = (_CELLS.c.cell, _CELLS.c.measure, _CELLS.c.policy_id, _CELLS.c.body, _CELLS.c.since)


@dataclass(frozen=True, slots=True)
class ReleasedCell:
    """One released cell: its key as text, the policy it was released under, its numbers as they are shown (JSON), and
    the epoch that they are shown since."""

    cell: str
    measure: str
    policy_id: str
    body: str
    since: int


class Change(NamedTuple):
    """A cell that an epoch changed: its numbers, and those that they took the place of."""

    cell: str
    policy_id: str
    body: str
    before: str | None


def _cell(row: Any) -> ReleasedCell:
    cell, measure, policy_id, body, since = row
    return ReleasedCell(cell, measure, policy_id, body, since // SERIALS)


def _driver(connection: PoolProxiedConnection) -> Any:
    """asyncpg's connection under SQLAlchemy's, for what only it can do."""
    assert connection.driver_connection is not None  # noqa: S101 - it is in use
    return connection.driver_connection


class Epochs:
    """The exchange's history of releases."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def coordinating(self) -> AbstractAsyncContextManager[bool]:
        """Whether this process may make an epoch now; the lock is held as long as the context and goes with the process."""
        return self._alone(Lock.COORDINATOR)

    def telling(self) -> AbstractAsyncContextManager[bool]:
        """Whether this process may tell the log what changed now, likewise."""
        return self._alone(Lock.TELLER)

    @asynccontextmanager
    async def _alone(self, lock: Lock) -> AsyncIterator[bool]:
        async with self._database.engine.connect() as connection:
            held = bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": lock}))
            await connection.commit()
            try:
                yield held
            finally:
                if held:
                    await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": lock})
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

    async def stamp_before(self, row: EpochRow) -> int | None:
        """The stamp of the published epoch before this one."""
        query = select(func.max(col(EpochRow.stamp))).where(
            col(EpochRow.state) == "published", col(EpochRow.stamp) < row.stamp
        )
        async with self._database.session() as session:
            before: int | None = await session.scalar(query)
            return before

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

    async def last_counted(self) -> dict[str, Any]:
        """The last release whose offsets are fixed, and these: what was collected until then has a place before it."""
        query = (
            select(EpochRow)
            .where(col(EpochRow.state) != "drafted", col(EpochRow.serial) == 0)
            .order_by(col(EpochRow.stamp).desc())
            .limit(1)
        )
        row = await self._one(query)
        return {} if row is None else {"epoch": row.epoch, "offsets": row.offsets}

    async def unstage(self, row: EpochRow) -> None:
        """Drop what an earlier attempt at this epoch has staged."""
        async with self._database.transaction() as session:
            await session.execute(delete(_CELLS).where(_CELLS.c.since == row.stamp))

    async def stage(self, row: EpochRow, cells: Sequence[ReleasedCell]) -> None:
        """Write some of the cells that an epoch changes, invisible yet."""
        records = [(c.cell, row.stamp, None, c.measure, c.policy_id, c.body) for c in cells]
        async with self._database.transaction() as session:
            driver = _driver(await (await session.connection()).get_raw_connection())
            await driver.copy_records_to_table(
                CellRow.__tablename__,
                records=records,
                columns=["cell", "since", "until", "measure", "policy_id", "body"],
            )

    async def unstage_same(self, row: EpochRow) -> None:
        """Drop of what is staged the cells that are shown just so already: they keep the epoch that they are since."""
        held = _CELLS.alias()
        same = and_(
            held.c.cell == _CELLS.c.cell, held.c.until.is_(None), held.c.since < row.stamp,
            held.c.policy_id == _CELLS.c.policy_id, held.c.body == _CELLS.c.body,
        )  # fmt: skip
        async with self._database.transaction() as session:
            await session.execute(delete(_CELLS).where(_CELLS.c.since == row.stamp, same))

    async def prepare(
        self,
        session: AsyncSession,
        row: EpochRow,
        offsets: Mapping[str, Mapping[str, int]],
        last: Mapping[str, Mapping[str, str]],
        gone: Sequence[str],
    ) -> None:
        """Write down the offsets that the manifest will tell and which record lies before each, in the caller's
        transaction: all cells are staged."""
        held = await session.get_one(EpochRow, row.stamp)
        held.partitions, held.last = row.partitions, {topic: dict(of_topic) for topic, of_topic in last.items()}
        held.offsets, held.withdrawn, held.state = {t: dict(o) for t, o in offsets.items()}, list(gone), "prepared"
        row.offsets, row.withdrawn, row.state = held.offsets, held.withdrawn, held.state

    async def move_to(self, row: EpochRow, state: str) -> None:
        """Write down how far an epoch has come."""
        async with self._database.transaction() as session:
            await session.execute(update(EpochRow).where(col(EpochRow.stamp) == row.stamp).values(state=state))
        row.state = state

    async def switch(self, session: AsyncSession, row: EpochRow) -> None:
        """Show a prepared epoch, in the caller's transaction: new versions replace old ones, withdrawn numbers go."""
        new = _CELLS.alias()
        replaced = and_(
            _CELLS.c.cell == new.c.cell, new.c.since == row.stamp, _CELLS.c.until.is_(None), _CELLS.c.since < row.stamp
        )
        await session.execute(update(_CELLS).where(replaced).values(until=row.stamp))
        if row.withdrawn:
            # Rule 5: a withdrawn cell's numbers disappear from answers, history and exports.
            await session.execute(text("DELETE FROM released_cell WHERE cell = ANY(:cells)"), {"cells": row.withdrawn})
        await session.execute(
            update(EpochRow)
            .where(col(EpochRow.stamp) == row.stamp)
            .values(state="published", published_at=datetime.now(UTC))
        )

    async def shown(self, at: int) -> AsyncIterator[ReleasedCell]:
        """The cells shown at a stamp, in the order of their keys."""
        query = (
            select(*_COLUMNS)
            .where(and_(col(CellRow.since) <= at, or_(col(CellRow.until).is_(None), col(CellRow.until) > at)))
            .order_by(_CELLS.c.cell)
        )
        async with aclosing(self._in_parts(query)) as parts:
            async for some in parts:
                for row in some:
                    yield _cell(row)

    async def staged(self, row: EpochRow) -> AsyncIterator[list[ReleasedCell]]:
        """The cells that a prepared epoch changes, some at a time."""
        query = select(*_COLUMNS).where(_CELLS.c.since == row.stamp)
        async with aclosing(self._in_parts(query)) as parts:
            async for some in parts:
                yield [_cell(one) for one in some]

    async def _in_parts(self, query: Select[Any]) -> AsyncGenerator[Sequence[Any], None]:
        """Many rows as the driver gives them, some at a time: on the way through SQLAlchemy they would cost three times as
        much."""
        spelled = query.compile(dialect=self._database.engine.dialect)
        values = [spelled.params[name] for name in spelled.positiontup or ()]
        async with self._database.engine.connect() as connection:
            driver = _driver(await connection.get_raw_connection())
            async with driver.transaction(readonly=True):
                found = await driver.cursor(str(spelled), *values)
                while some := await found.fetch(_ROWS_AT_ONCE):
                    yield some

    # -- telling ------------------------------------------------------------------------------------------------

    async def untold(self, older_than_s: float = 0.0) -> list[EpochRow]:
        """The epochs published so long ago of which the log has not every change yet, oldest first."""
        then = datetime.now(UTC) - timedelta(seconds=older_than_s)
        query = select(EpochRow).where(
            col(EpochRow.state) == "published", col(EpochRow.told).is_not(None), col(EpochRow.published_at) <= then
        )
        async with self._database.session() as session:
            return list((await session.execute(query.order_by(col(EpochRow.stamp)))).scalars())

    async def changes(self, row: EpochRow) -> list[Change]:
        """The next of the cells that a published epoch changed, after what is told of it, in the order of their keys.

        A cell that has been withdrawn since is not among them.
        """
        held = _CELLS.alias()
        # Asked for each, because a join is planned by what PostgreSQL knew of the table before this epoch.
        before = select(held.c.body).where(held.c.cell == _CELLS.c.cell, held.c.until == row.stamp).scalar_subquery()
        query = (
            select(_CELLS.c.cell, _CELLS.c.policy_id, _CELLS.c.body, before)
            .where(_CELLS.c.since == row.stamp, _CELLS.c.cell > (row.told or ""))
            .order_by(_CELLS.c.cell)
            .limit(_CHANGES_AT_ONCE)
        )
        async with self._database.session() as session:
            return [Change(*one) for one in await session.execute(query)]

    async def told(self, row: EpochRow, cell: str | None) -> None:
        """Write down up to which cell the log has an epoch's changes; None: all of them."""
        async with self._database.transaction() as session:
            await session.execute(update(EpochRow).where(col(EpochRow.stamp) == row.stamp).values(told=cell))
        row.told = cell


__all__ = ["Change", "EpochRow", "Epochs", "ReleasedCell", "stamp"]

"""Which generation of the shards serves and which one is built, in PostgreSQL: Redis may be lost, or go back in time."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from chassis.database import Database
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from exchange.adapters.locks import Lock
from exchange.adapters.tables import GenerationRow
from exchange.domain.policy import POLICIES

_ALL: Final = [*POLICIES.measures]


class BuilderBusy(Exception):
    """Another process is building a generation right now."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation, the number of partitions that its shards are made for, and the measures that they collect.

    `told` (topic -> partition as text -> offset): what is set aside below there was sent away while it was built.
    """

    number: int
    partitions: int
    measures: tuple[str, ...] = tuple(POLICIES.measures)
    told: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Build:
    """The generation that this process builds.

    `afresh` says that what an earlier builder has filled, if anything, is of no use: there is nothing of it, it is for
    another number of partitions or fewer measures, or a release was made since (`counted` is the last one), which its
    shards do not know.
    """

    generation: Generation
    serving: Generation
    counted: Mapping[str, Any]
    afresh: bool
    lock: AsyncConnection


class Generations:
    """The history of generations: at most one serves, at most one is built."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def serving(self, partitions: int) -> Generation:
        """The generation that serves. Where none is written down, the first one does, made for as many `partitions`
        and all measures."""
        row = col(GenerationRow.state) == "serving"
        query = select(
            col(GenerationRow.number),
            col(GenerationRow.partitions),
            col(GenerationRow.measures),
            col(GenerationRow.told),
        ).where(row)
        async with self._database.session() as session:
            found = (await session.execute(query)).first()
            if found is None:
                now = datetime.now(UTC)
                first = {
                    "number": 1,
                    "state": "serving",
                    "partitions": partitions,
                    "measures": _ALL,
                    "told": {},
                    "counted": {},
                }
                stamped = first | {"started_at": now, "served_at": now}
                await session.execute(insert(GenerationRow).values(stamped).on_conflict_do_nothing())
                await session.commit()
                found = (await session.execute(query)).one()
        return Generation(found.number, found.partitions, tuple(found.measures), found.told)

    @asynccontextmanager
    async def building(self, partitions: int, counted: Mapping[str, Any]) -> AsyncIterator[Build]:
        """Build the generation after the one that serves, as the only one who does. Raises BuilderBusy.

        What a builder that died has begun is gone on with. The lock goes with the process.
        """
        async with self._database.engine.connect() as connection:
            held = bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": Lock.BUILDER}))
            await connection.commit()
            if not held:
                raise BuilderBusy("another rebuild is going on")
            try:
                yield await self.begin(connection, partitions, counted)
            finally:
                await connection.rollback()
                await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": Lock.BUILDER})
                await connection.commit()

    async def begin(self, lock: AsyncConnection, partitions: int, counted: Mapping[str, Any]) -> Build:
        """Write down what is built, or that it is built afresh."""
        serving = await self.serving(partitions)
        number = serving.number + 1
        query = select(
            col(GenerationRow.partitions),
            col(GenerationRow.measures),
            col(GenerationRow.told),
            col(GenerationRow.counted),
        ).where(col(GenerationRow.state) == "building", col(GenerationRow.number) == number)
        begun = (await lock.execute(query)).first()
        # What it has told stays told, whatever becomes of its shards.
        told = begun.told if begun is not None and begun.partitions == partitions else {}
        row = {"number": number, "state": "building", "partitions": partitions, "measures": _ALL, "told": told,
               "counted": dict(counted)}  # fmt: skip
        upsert = insert(GenerationRow).values(row | {"started_at": datetime.now(UTC)})
        await lock.execute(upsert.on_conflict_do_update(index_elements=["number"], set_=row))
        await lock.commit()
        afresh = begun is None or (begun.partitions, begun.measures, begun.counted) != (partitions, _ALL, counted)
        return Build(Generation(number, partitions, tuple(_ALL), told), serving, counted, afresh, lock)

    async def note_told(self, build: Build, told: Mapping[str, Mapping[str, int]]) -> None:
        """Write down below where a build has sent away what is set aside, for whoever goes on with it, or serves from it."""
        await build.lock.execute(
            update(GenerationRow).where(col(GenerationRow.number) == build.generation.number).values(told=told)
        )
        await build.lock.commit()

    async def switch(self, build: Build) -> None:
        """Let what was built serve, through the connection that holds the lock: without it, nothing is switched."""
        now = datetime.now(UTC)
        left = await build.lock.execute(
            update(GenerationRow)
            .where(col(GenerationRow.number) == build.serving.number, col(GenerationRow.state) == "serving")
            .values(state="left", left_at=now)
        )
        served = await build.lock.execute(
            update(GenerationRow)
            .where(col(GenerationRow.number) == build.generation.number, col(GenerationRow.state) == "building")
            .values(state="serving", served_at=now)
        )
        if (left.rowcount, served.rowcount) != (1, 1):
            await build.lock.rollback()
            raise BuilderBusy(f"generation {build.generation.number} is not ours to switch to any more")
        await build.lock.commit()

    async def left(self, grace_s: float) -> list[int]:
        """Generations that were left at least so long ago, whose keys are still there."""
        since = datetime.now(UTC) - timedelta(seconds=grace_s)
        query = select(col(GenerationRow.number)).where(
            col(GenerationRow.state) == "left", col(GenerationRow.left_at) <= since
        )
        async with self._database.session() as session:
            return list((await session.execute(query)).scalars())

    async def retire(self, number: int) -> None:
        """Write down that nothing is left of a generation."""
        async with self._database.transaction() as session:
            await session.execute(
                update(GenerationRow).where(col(GenerationRow.number) == number).values(state="retired")
            )

"""The tables of the exchange's database: epochs, every version of every released cell, generations of the shards."""

from datetime import datetime
from typing import Any

from chassis.outbox import outbox_table
from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, MetaData, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

# (epoch, serial) as one number that grows: a sweep raises the serial, at most daily between quarterly releases.
SERIALS = 10_000


def stamp(epoch: int, serial: int) -> int:
    """The one number that orders releases and sweeps."""
    return epoch * SERIALS + serial


class Base(SQLModel):
    """Metadata of this service's own."""

    metadata = MetaData()


def _json() -> Any:
    return Field(sa_column=Column(JSONB, nullable=False))


class EpochRow(Base, table=True):
    """One release or sweep. `drafted` has its number and cutoffs, `prepared` its offsets and cells, `confirmed` its
    owners' word that nobody took a shard over in between, `published` readers.

    A drafted epoch is always completed: shards may have moved to its cutoffs already, and cutoffs never go back.
    `told` is the last cell whose change the log has; None: it has all of them. `last` names by topic and partition the record
    before each of the `offsets`: a log that was made again has as many, but not that one.
    """

    __tablename__ = "epoch"

    stamp: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    epoch: int
    serial: int
    kind: str
    state: str
    policies: dict[str, str] = _json()
    cutoffs: dict[str, str] = _json()
    offsets: dict[str, dict[str, int]] = _json()
    last: dict[str, dict[str, str]] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    withdrawn: list[str] = _json()
    partitions: int
    released_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    published_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))
    told: str | None = ""


class CellRow(Base, table=True):
    """One version of a released cell: shown from epoch `since` until `until` took its place (None: shown now).

    `body` is its numbers as JSON, spelled once (`usecases.announce.spelled`): equal numbers are equal text.
    """

    __tablename__ = "released_cell"

    cell: str = Field(sa_column=Column(String(collation="C"), primary_key=True))  # keys are sorted as the bytes are
    since: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    until: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    measure: str
    policy_id: str
    body: str = Field(sa_column=Column(Text, nullable=False))


class MemoryRow(Base, table=True):
    """What is remembered after an epoch of every cell of a measure that was ever shown (`domain.change.Memory`).

    The arrays are packed together and compressed: they are read and written whole.
    """

    __tablename__ = "release_memory"

    stamp: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    measure: str = Field(primary_key=True)
    policy_ids: list[str] = _json()
    releases: list[int] = _json()
    cells: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class GenerationRow(Base, table=True):
    """One generation of the shards' state in Redis: `building`, `serving`, `left` (its keys wait to go), `retired`.

    `partitions` is the number that its shards are made for, `measures` what they collect; what is set aside below the offsets `told` is told; `counted`
    is the last release, with its offsets, that was known when it was begun.
    """

    __tablename__ = "generation"

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    state: str
    partitions: int
    measures: list[str] = _json()
    told: dict[str, dict[str, int]] = _json()
    counted: dict[str, Any] = _json()
    started_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    served_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))
    left_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))


Index(
    "generation_one_of_each",
    GenerationRow.__table__.c.state,  # type: ignore[attr-defined]
    unique=True,
    postgresql_where=text("state IN ('building', 'serving')"),
)

outbox = outbox_table(Base.metadata)
metadata = Base.metadata

__all__ = ["SERIALS", "Base", "CellRow", "EpochRow", "GenerationRow", "MemoryRow", "metadata", "outbox", "stamp"]

"""`python -m membership.import_registry FILE`: import a register's CSV file straight into the database."""

import asyncio
import csv
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, NoReturn, TextIO

import typer
from chassis.database import Database
from chassis.outbox import Outbox
from chassis.settings import DatabaseSettings
from sqlalchemy.exc import SQLAlchemyError

from membership.adapters.tables import OUTBOX
from membership.domain.registries import schools, stations
from membership.domain.registries.row import Reader
from membership.usecases.import_registry import Imported, ImportRegistry

# Which register a file is can be seen from its columns.
_KNOWN_BY: dict[str, Reader] = {"UNITID": schools.read, "ois_no": stations.read}


def import_file(
    file: Annotated[Path, typer.Argument(help="the school list or the station list, .csv or .csv.gz")],
    verified_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the day on which the register was matched [today]")
    ] = None,
    skip: Annotated[int, typer.Option(min=0, help="leave out the first rows")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="import at most so many rows")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the outcome as JSON")] = False,
) -> None:
    """Every row becomes a verified member; a repeat changes nothing. Running services publish what comes of it."""
    dsn = DatabaseSettings.told().postgres
    on = (verified_on or datetime.now(UTC)).date()
    try:
        with _opened(file) as text:
            table = csv.DictReader(text)
            read = next((reader for column, reader in _KNOWN_BY.items() if column in (table.fieldnames or ())), None)
            if read is None:
                _fail(f"{file}: is neither the school list (column UNITID) nor the station list (column ois_no)")
            rows = islice(_texts(table), skip, None if limit is None else skip + limit)
            result = asyncio.run(_import(dsn, read, rows, on))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, SQLAlchemyError) as why:
        _fail(" ".join(f"{file}: not imported ({why})".split()))
    _report(result, as_json)


def _opened(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")


def _texts(rows: Iterable[Mapping[str | None, object]]) -> Iterator[dict[str, str]]:
    """A row that is too short or too long has values that are no text: they are left out."""
    for row in rows:
        yield {column: value for column, value in row.items() if isinstance(column, str) and isinstance(value, str)}


async def _import(dsn: str, read: Reader, rows: Iterable[Mapping[str, str]], verified_on: date) -> Imported:
    database = Database(dsn)
    outbox = Outbox(database, OUTBOX, "driveline/membership")
    try:
        return await ImportRegistry(database, outbox)(read, rows, verified_on)
    finally:
        await outbox.stop()
        await database.close()


def _report(result: Imported, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result.as_json()))
        return
    typer.echo(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in result.counts().items()))
    for row, reason in result.refused:
        typer.echo(f"row {row} refused: {reason}", err=True)


def _fail(line: str) -> NoReturn:
    typer.echo(line, err=True)
    raise typer.Exit(1)


def main() -> None:
    """Run the command."""
    typer.run(import_file)

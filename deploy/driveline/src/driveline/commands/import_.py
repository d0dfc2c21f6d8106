"""`driveline import`: sends a public register to membership, whose rows become verified members."""

import csv
import gzip
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from driveline.calls import answer, call
from driveline.errors import UserError
from driveline.options import AsJson, ReadyFile
from driveline.output import complain, console, say
from driveline.running import Running, find
from driveline.steps import bar

app = typer.Typer(help="Import a public register; its rows become verified members.")
ROWS_AT_A_TIME = 1_000
COUNTS = ("rows", "joined", "merged", "unchanged", "not_ours")
Register = Annotated[Path, typer.Argument(metavar="FILE.csv[.gz]")]


@app.command("schools")
def schools(file: Register, *, ready_file: ReadyFile = None, as_json: AsJson = False) -> int:
    """The list of schools with automotive programs (IPEDS columns, CIP 47.06)."""
    return _import("schools", file, ready_file, as_json)


@app.command("pa-stations")
def pa_stations(file: Register, *, ready_file: ReadyFile = None, as_json: AsJson = False) -> int:
    """Pennsylvania's list of inspection stations."""
    return _import("pa-stations", file, ready_file, as_json)


def _import(register: str, file: Path, ready_file: Path | None, as_json: bool) -> int:
    running = find(ready_file)
    rows = _rows(file)
    total: dict[str, Any] = dict.fromkeys(COUNTS, 0) | {"refused": []}
    with bar(console, f"importing {file.name}", len(rows)) as advance:
        for start, chunk in _chunks(rows):
            said = send_rows(running, register, chunk)
            for key in COUNTS:
                total[key] += said[key]
            total["refused"] += [{"line": start + entry["row"], "reason": entry["reason"]} for entry in said["refused"]]
            advance(len(chunk))
    if not as_json:
        for entry in total["refused"]:
            complain(f"{file}:{entry['line']}: {entry['reason']}")
    counted = ", ".join(f"{total[key]} {key.replace('_', ' ')}" for key in COUNTS)
    say(f"{file}: {counted}, {len(total['refused'])} refused", total, as_json=as_json)
    return 1 if total["refused"] else 0


def send_rows(running: Running, register: str, rows: list[dict[str, str]]) -> dict[str, Any]:
    """One request's worth of a register; the counts of what became of it."""
    body = {"list": register, "rows": rows}
    url = f"{running.membership}/v1/imports"
    said: dict[str, Any] = answer(call("POST", url, token=running.admin_token, json=body, seconds=120))
    return said


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        raw = file.read_bytes()
        text = (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode("utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{file}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: {error}") from None
    return list(csv.DictReader(io.StringIO(text)))


def _chunks(rows: list[dict[str, str]]) -> Iterator[tuple[int, list[dict[str, str]]]]:
    """Chunks, each with the number of the file's line before its first row (the first line names the columns)."""
    remaining = iter(rows)
    start = 1
    while chunk := list(islice(remaining, ROWS_AT_A_TIME)):
        yield start, chunk
        start += len(chunk)

"""`driveline rebuild`: builds the exchange's shards anew from the log, beside those that serve, and switches to them."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from driveline.errors import UserError
from driveline.options import AsJson, ReadyFile
from driveline.output import console, say
from driveline.running import find

MODULE = "exchange.rebuild"


def rebuild(*, ready_file: ReadyFile = None, as_json: AsJson = False) -> int:
    """Build the exchange's aggregates anew from the log while the present ones serve, and switch to them.

    Ended before it is done, it changes nothing; run again, it goes on from there.
    """
    running = find(ready_file)
    if running.builder is None:
        raise UserError("rebuild: the ready file does not say how to reach the exchange's state (`builder` is missing)")
    done = _run(running.builder, quiet=as_json)
    text = (
        f"rebuilt {done['contributions']:,} contributions from {done['records']:,} records in {done['seconds']:.1f} s;"
        f" generation {done['generation']} serves"
    )
    say(text, done, as_json=as_json)
    return 0


def _run(told: dict[str, str], *, quiet: bool) -> dict[str, Any]:
    """Start the builder and follow what it says, to its last word."""
    outside = {key: value for key, value in os.environ.items() if not key.startswith("DRIVELINE_")}
    last: dict[str, Any] = {}
    with _log() as log, _started(outside | told, log) as builder:
        assert builder.stdout is not None  # noqa: S101 - it is piped
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        shown = console.is_terminal and not quiet
        with Progress(*columns, console=console, transient=True, disable=not shown) as progress:
            task = progress.add_task("rebuild", total=None)
            for line in builder.stdout:
                last = json.loads(line)
                if "done" in last:
                    progress.update(task, completed=last["done"], total=last["total"])
        code = builder.wait()
        if code == 0:
            Path(log.name).unlink()
            return last
        log.seek(0)
        words = [line.strip() for line in log if line.strip()]
    why = last.get("error") or (words or [f"the builder ended with {code}"])[-1]
    raise UserError(f"rebuild: {why} (what the builder logged: {log.name})")


def _log() -> IO[str]:
    """What a builder logs. It is kept where the builder fails: what it tried again and again is said nowhere else."""
    return tempfile.NamedTemporaryFile("w+", prefix="driveline-rebuild-", suffix=".log", delete=False)


@contextmanager
def _started(environment: dict[str, str], log: IO[str]) -> Iterator["subprocess.Popen[str]"]:
    builder = subprocess.Popen(
        [sys.executable, "-m", MODULE], env=environment, stdout=subprocess.PIPE, stderr=log, text=True
    )
    try:
        yield builder
    finally:
        builder.terminate()
        builder.wait()

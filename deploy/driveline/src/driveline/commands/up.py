"""`driveline up`: starts the whole system and stays until it is told to stop."""

import json
import signal
import threading
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from driveline.options import AsJson, With
from driveline.output import console
from driveline.running import Running
from driveline.steps import steps_for
from driveline.system import DATA_DIR, System


class Line(StrEnum):
    """The lines of disclosure policies."""

    FLOOR = "floor"
    GUARDED = "guarded"


def up(
    *,
    ready_file: Annotated[
        Path | None, typer.Option("--ready-file", help="Write the addresses here as JSON when ready.")
    ] = None,
    data_dir: Annotated[Path, typer.Option("--data-dir", help="Where state is kept across runs.")] = DATA_DIR,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin with empty state.")] = False,
    exchange_processes: Annotated[int, typer.Option("--exchange-processes", min=1, help="Copies of the exchange.")] = 1,
    secure: Annotated[
        bool, typer.Option("--secure", help="Kafka with passwords and access rights, for each service and partner.")
    ] = False,
    disclosure: Annotated[
        Line | None,
        typer.Option(
            "--disclosure",
            envvar="DRIVELINE_DISCLOSURE",
            help="The policies that releases follow from the next one on; else those of the last release, at first the floor.",
        ),
    ] = None,
    way: With = None,
    as_json: AsJson = False,
) -> int:
    """Start the whole system, print its addresses, stay until Ctrl-C, then stop everything it started."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    steps = steps_for(console, quiet=as_json)
    system = System(
        data_dir=data_dir,
        ready_file=ready_file,
        way=way,
        fresh=fresh,
        exchange_processes=exchange_processes,
        secure=secure,
        environment={"exchange": {"DRIVELINE_DISCLOSURE": disclosure}} if disclosure else None,
        steps=steps,
    )
    try:
        with steps:
            running = system.start()
        print(json.dumps(running.as_json()) if as_json else _addresses(running, data_dir), flush=True)
        ended.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
        system.stop()
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _addresses(running: Running, data_dir: Path) -> str:
    names = ("membership", "matching", "exchange", "notifications", "kafka", "redis")
    lines = [f"  {name:<14} {getattr(running, name)}" for name in names]
    lines.append(f"  {'postgres':<14} {running.postgres.rsplit('@', 1)[-1]}")
    lines.append(f"  {'mail':<14} {_read_at(running.mail, running.mail_api)}")
    lines.append(f"  {'sms':<14} {_read_at(running.sms, running.sms_api)}")
    return "\n".join(["Driveline is up; Ctrl-C stops it.", *lines, f"  {'state, logs':<14} {data_dir}"])


def _read_at(address: str | None, api: str | None) -> str:
    """Without the password."""
    where = (address or "").rsplit("@", 1)[-1]
    return f"{where}, read at {api}" if api else where

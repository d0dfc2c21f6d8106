"""`driveline demo`: the whole system on real data, from nothing to a verified release, with a page at the end."""

import json
import signal
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from driveline.demo import page
from driveline.demo.outcome import Outcome
from driveline.demo.partnerships.act import ENVIRONMENT
from driveline.demo.partnerships.open_house import LINK_MINUTES, Guest, open_house
from driveline.demo.play import play
from driveline.demo.stages import Stages
from driveline.options import AsJson, With
from driveline.output import console
from driveline.running import RUN_FILE
from driveline.system import System

DATA_DIR = Path(".driveline") / "demo"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def demo(
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Stay up at the end, until Ctrl-C, with links to sign in by.")
    ] = False,
    data_dir: Annotated[Path, typer.Option("--data-dir", help="Where its state is kept; emptied first.")] = DATA_DIR,
    ready_file: Annotated[Path | None, typer.Option("--ready-file", help="Write the addresses here as JSON.")] = None,
    way: With = None,
    as_json: AsJson = False,
) -> int:
    """Bring the system up on real data, drive it end to end, check it, and end with one page of what happened."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    stages = Stages(console, quiet=as_json)
    out = page.printer()
    out.quiet = as_json
    # Beside a running `driveline up` the demo must not take its place in the file by which commands find a system.
    run_file = data_dir / "run.json" if RUN_FILE.exists() else RUN_FILE
    system = System(
        data_dir=data_dir, ready_file=ready_file, run_file=run_file, way=way, fresh=True, environment=ENVIRONMENT
    )
    try:
        with stages.stage("Kafka, PostgreSQL, Redis, mail, SMS and the services") as stage:
            running = system.start()
            stage.detail = f"{sum(map(len, running.pids.values()))} processes"
        with tempfile.TemporaryDirectory(prefix="driveline-demo-") as scratch:
            outcome = play(system, Path(scratch), stages, out)
        outcome.seconds = stages.seconds
        outcome.stages = [(stage.what, stage.seconds) for stage in stages.done]
        guests = _open_house(system, outcome, stages) if keep else []
        out.print(page.summary(outcome, system.running, keep=keep))
        if as_json:
            print(json.dumps(outcome.as_data() | {"sign_in": [guest.as_data() for guest in guests]}), flush=True)
        if keep:
            page.invite(out, guests, LINK_MINUTES)
            _stay(as_json=as_json)
        return 0 if outcome.clean else 1
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
        system.stop()


def _open_house(system: System, outcome: Outcome, stages: Stages) -> list[Guest]:
    """Visitors take minutes: from here on deadlines are matching's own, days in place of seconds."""
    with stages.stage("for visitors: deadlines of days, and two more requests"):
        system.restart("matching", {})
        return open_house(system.running, outcome.partnerships.cast, datetime.now(UTC).date())


def _stay(*, as_json: bool) -> None:
    if not as_json:
        console.print("It stays up; Ctrl-C stops it.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt

"""`driveline settle`: returns when everything published before has had its effect."""

from dataclasses import asdict
from typing import Annotated

import typer

from driveline.options import AsJson, ReadyFile
from driveline.output import complain, console, say
from driveline.running import find
from driveline.settling import settle as settle_now
from driveline.steps import steps_for


def settle(
    *,
    timeout: Annotated[float, typer.Option("--timeout", min=0, metavar="S", help="Seconds to wait at most.")] = 60,
    ready_file: ReadyFile = None,
    as_json: AsJson = False,
) -> int:
    """Wait until everything published before this call has had its effect; exit code 1 when that takes too long."""
    running = find(ready_file)
    steps = steps_for(console, quiet=as_json)
    with steps, steps.step("settling"):
        done = settle_now(running, timeout)
    if done.waiting is None or as_json:
        say(f"settled in {done.seconds:.1f} s ({done.passes} passes)", asdict(done), as_json=as_json)
    else:
        complain(f"not settled within {timeout:g} s: {done.waiting}")
    return 0 if done.waiting is None else 1

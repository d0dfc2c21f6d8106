"""`driveline release`: publishes a benchmark epoch now."""

import json
from typing import Annotated

import typer

from driveline.calls import answer, call
from driveline.options import AsJson, ReadyFile
from driveline.output import console, say
from driveline.running import find
from driveline.steps import steps_for

SECONDS = 300.0


def release(
    *,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="The daily sweep alone: withdraw what the rules no longer allow.")
    ] = False,
    ready_file: ReadyFile = None,
    as_json: AsJson = False,
) -> int:
    """Publish a benchmark epoch now, and print its manifest."""
    running = find(ready_file)
    kind = "sweep" if sweep else "release"
    steps = steps_for(console, quiet=as_json)
    with steps, steps.step(kind):
        url = f"{running.exchange}/v1/epochs"
        manifest = answer(call("POST", url, token=running.admin_token, json={"kind": kind}, seconds=SECONDS))
    say(json.dumps(manifest, indent=2), manifest, as_json=as_json)
    return 0

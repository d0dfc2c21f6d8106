"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ReadyFile = Annotated[
    Path | None,
    typer.Option(
        "--ready-file", help="The file that `driveline up` wrote; else DRIVELINE_READY, else .driveline/run.json."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Kafka = Annotated[str | None, typer.Option("--kafka", help="host:port of a cluster, in place of the running system's.")]
EventFile = Annotated[
    Path, typer.Argument(metavar="FILE.ndjson", help="CloudEvents in structured mode, one JSON object a line.")
]
With = Annotated[
    str | None, typer.Option("--with", help="native or docker: where the servers run, in place of finding out.")
]

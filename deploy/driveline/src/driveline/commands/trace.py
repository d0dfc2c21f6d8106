"""`driveline trace`: what an event caused, through all services."""

from typing import Annotated

import typer

from driveline.causes import lines
from driveline.options import AsJson, Kafka, ReadyFile
from driveline.output import console, say
from driveline.running import kafka_of
from driveline.steps import steps_for
from driveline.tracing import trace as trace_now


def trace(
    ce_id: Annotated[str, typer.Argument(metavar="CE_ID", help="The id of the CloudEvent, as its sender gave it.")],
    *,
    kafka: Kafka = None,
    ready_file: ReadyFile = None,
    as_json: AsJson = False,
) -> int:
    """Show an event and all that followed from it: copies, answers, messages, refusals and dead letters, with their times."""
    steps = steps_for(console, quiet=as_json)
    with steps, steps.step("reading the log"):
        ((trees, notes),) = trace_now(kafka_of(kafka, ready_file), ce_id)
    events = sum(len(tree.all()) for tree in trees)
    text = "\n".join([*lines(trees, notes), f"{events} records on the log"])
    say(text, {"trees": [tree.as_data() for tree in trees], "notes": notes}, as_json=as_json)
    return 0

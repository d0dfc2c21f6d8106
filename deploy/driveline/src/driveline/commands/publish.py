"""`driveline publish`: sends a file of CloudEvents to Kafka."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from contracts.event import Refused
from contracts.topics import topic as topic_named

from driveline.events import PARTNER, Record, lines, record_of
from driveline.options import AsJson, EventFile, Kafka, ReadyFile
from driveline.output import complain, console, say
from driveline.publishing import Sent, send
from driveline.running import kafka_of
from driveline.steps import bar


def publish(
    file: EventFile,
    *,
    topic: Annotated[str | None, typer.Option("--topic", help="Default: the topic of each event's type.")] = None,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Check the envelope only, to see how the system refuses bad data.")
    ] = False,
    kafka: Kafka = None,
    ready_file: ReadyFile = None,
    as_json: AsJson = False,
) -> int:
    """Send CloudEvents to Kafka; a bad line is reported with its number and reason, the others are sent."""
    if topic is not None and not topic.startswith(PARTNER):
        topic_named(topic)
    bootstrap = kafka_of(kafka, ready_file)
    begun = time.monotonic()
    with bar(console, f"publishing {file.name}", _size(file)) as advance:
        sent = send(bootstrap, _records(file, topic, not unchecked, advance))
    report(file, "sent", sent, time.monotonic() - begun, as_json)
    return 1 if sent.refused else 0


def report(file: Path, verb: str, sent: Sent, seconds: float, as_json: bool) -> None:
    """Bad lines one by one, then the sum."""
    if not as_json:
        for number, reason in sent.refused:
            complain(f"{file}:{number}: {reason}")
    say(
        f"{file}: {sent.records} {verb}, {len(sent.refused)} refused, {seconds:.1f} s",
        {
            verb: sent.records,
            "refused": [{"line": number, "reason": reason} for number, reason in sent.refused],
            "seconds": round(seconds, 3),
        },
        as_json=as_json,
    )


def _records(
    file: Path, topic: str | None, checked: bool, advance: Callable[[int], None]
) -> Iterator[tuple[int, Record | Refused]]:
    for number, line in lines(file):
        advance(len(line))
        try:
            yield number, record_of(line, topic, checked=checked)
        except Refused as refused:
            yield number, refused


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0

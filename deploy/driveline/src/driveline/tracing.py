"""Reading the log for one event: every topic of the house, and how far the exchange has come."""

import json
from collections.abc import Iterator, Sequence

from chassis.servers.address import librdkafka_options
from confluent_kafka import KafkaException, Message
from confluent_kafka.admin import AdminClient
from contracts.topics import COLLECTED, TOPICS

from driveline.causes import Followed, Spot, followed
from driveline.dead import text
from driveline.errors import UserError
from driveline.reader import Reader
from driveline.settling import Log

EPOCHS = "exchange.epoch"
# Numbers of cells, not of events; tens of thousands at each release, none of which follows from one event.
LEFT_OUT = ("benchmark.published", "benchmark.withdrawn")


Traced = tuple[list[Followed], dict[str, str]]
"""What followed from an event, and what else is to be said of a record, by its place."""


def trace(bootstrap: str, *event_ids: str) -> list[Traced]:
    """For each event what followed from it; the log is read once. Raises UserError for one that is not there."""
    spots: list[Spot] = []
    epochs: list[Spot] = []
    with Reader(bootstrap) as reader:
        for spot in map(_spot, reader.all_of_many(_topics(bootstrap))):
            if spot.topic == EPOCHS:
                epochs.append(spot)
            elif spot.id in event_ids or spot.topic not in COLLECTED or "ce_causationid" in spot.headers:
                spots.append(spot)  # the others are most of the log, and cannot belong to it
    return [_traced(bootstrap, event_id, spots, epochs) for event_id in event_ids]


def _traced(bootstrap: str, event_id: str, spots: list[Spot], epochs: list[Spot]) -> Traced:
    trees = followed(event_id, spots)
    if not trees:
        raise UserError(f"ce_id: no event {event_id!r} is on the log")
    return trees, _notes(bootstrap, [spot for tree in trees for spot in tree.all()], epochs)


def _topics(bootstrap: str) -> Iterator[str]:
    try:
        there = set(AdminClient(librdkafka_options(bootstrap)).list_topics(timeout=10).topics)
    except KafkaException as error:
        raise UserError(f"kafka: nobody answers at {bootstrap}: {error.args[0].str()}") from None
    ours = {known.name for known in TOPICS} - set(LEFT_OUT)
    return iter(sorted(name for name in there if name in ours or name.startswith("partner.")))


def _spot(message: Message) -> Spot:
    given: list[tuple[str, bytes | None]] = list(message.headers() or [])  # type: ignore[arg-type]
    return Spot(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        message.timestamp()[1],
        {name: text(value) or "" for name, value in given},
        message.value(),
    )


def _notes(bootstrap: str, spots: Sequence[Spot], epochs: Sequence[Spot]) -> dict[str, str]:
    """Of what the exchange collects: whether it has, and which epoch was the first to count it."""
    manifests = [json.loads(epoch.value or b"{}") for epoch in sorted(epochs, key=lambda spot: spot.offset)]
    collected = [spot for spot in spots if spot.topic in COLLECTED and "dead_topic" not in spot.headers]
    come = Log(bootstrap).committed("exchange") if collected else {}
    notes = {}
    for spot in collected:
        if come.get((spot.topic, spot.partition), 0) <= spot.offset:
            notes[spot.place] = "the exchange has not come so far yet"
            continue
        first = next((m for m in manifests if _reached(m, spot) > spot.offset), None)
        said = "collected by the exchange"
        if first is not None:
            cutoffs = ", ".join(f"{measure} {cutoff}" for measure, cutoff in sorted(first["cutoffs"].items()))
            said += f", read by epoch {first['epoch']}.{first['serial']}; counts if dated by its cutoff ({cutoffs})"
        notes[spot.place] = said
    return notes


def _reached(manifest: dict[str, dict[str, dict[str, int]]], spot: Spot) -> int:
    return manifest["offsets"].get(spot.topic, {}).get(str(spot.partition), 0)

"""The epoch manifests on the log, read as plain JSON: what each epoch counted, under which policies and cutoffs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from driveline.verify.calendars import read_date
from driveline.verify.effective import Nothing
from driveline.verify.log import Record
from driveline.verify.records import read_json


@dataclass(frozen=True, slots=True)
class Manifest:
    """One release or sweep: by measure its policy and cutoff, by topic and partition the first offset left out."""

    epoch: int
    serial: int
    kind: str
    policies: dict[str, str]
    cutoffs: dict[str, date]
    offsets: dict[str, dict[int, int]]
    partitions: int

    @property
    def name(self) -> str:
        """How a reader names it: 12.0."""
        return f"{self.epoch}.{self.serial}"


def _read(record: Record) -> Manifest:
    body = read_json(record.value or b"")
    cutoffs = {measure: read_date(day) for measure, day in body["cutoffs"].items()}
    offsets = {
        topic: {int(partition): offset for partition, offset in parts.items()}
        for topic, parts in body["offsets"].items()
    }
    return Manifest(
        body["epoch"],
        body["serial"],
        body["kind"],
        body["policies"],
        {measure: day for measure, day in cutoffs.items() if day is not None},
        offsets,
        body["partitions"],
    )


def read_manifests(records: Iterable[Record]) -> list[Manifest]:
    """Every manifest in order; one that is there twice, as at-least-once publishing allows, counts once."""
    found: dict[tuple[int, int], Manifest] = {}
    for record in records:
        try:
            manifest = _read(record)
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise Nothing(f"exchange.epoch/{record.partition} offset {record.offset} is not a manifest") from fault
        known = found.setdefault((manifest.epoch, manifest.serial), manifest)
        if known != manifest:
            raise Nothing(f"exchange.epoch tells two stories of epoch {manifest.name}")
    return [found[key] for key in sorted(found)]


def disorders(manifests: list[Manifest]) -> list[str]:
    """What manifests must never do: let a measure's cutoff or an offset go back from one to the next."""
    wrong = []
    for before, after in pairwise(manifests):
        for measure, cutoff in after.cutoffs.items():
            if measure in before.cutoffs and cutoff < before.cutoffs[measure]:
                wrong.append(f"epoch {after.name}: the cutoff of {measure} went back to {cutoff}")
        for topic, parts in before.offsets.items():
            for partition, offset in parts.items():
                reached = after.offsets.get(topic, {}).get(partition, 0)
                if reached < offset:
                    wrong.append(f"epoch {after.name}: {topic}/{partition} went back from {offset} to {reached}")
    return wrong

"""The epoch manifests on the log, read as plain JSON: what each epoch counted, under which policies and cutoffs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from driveline.verify.calendars import read_date
from driveline.verify.effective import Nothing
from driveline.verify.envelope import read_body
from driveline.verify.log import Record
from driveline.verify.policies import POLICIES, Policy, in_force


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
    released_on: date

    @property
    def name(self) -> str:
        """How a reader names it: 12.0."""
        return f"{self.epoch}.{self.serial}"


def _read(record: Record) -> Manifest:
    body = read_body(record.topic, record.headers, record.value)
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
        datetime.fromisoformat(body["released_at"]).astimezone(UTC).date(),
    )


def read_manifests(records: Iterable[Record]) -> list[Manifest]:
    """Every manifest in order; one that is there twice, as at-least-once publishing allows, counts once."""
    found: dict[tuple[int, int], Manifest] = {}
    for record in records:
        try:
            manifest = _read(record)
        except (Nothing, KeyError, TypeError, ValueError, AttributeError) as fault:
            raise Nothing(f"exchange.epoch/{record.partition} offset {record.offset} is not a manifest") from fault
        known = found.setdefault((manifest.epoch, manifest.serial), manifest)
        if known != manifest:
            raise Nothing(f"exchange.epoch tells two stories of epoch {manifest.name}")
    return [found[key] for key in sorted(found)]


def disorders(manifests: list[Manifest], policies: Mapping[str, Policy] = POLICIES) -> list[str]:
    """What is wrong with the manifests themselves: offsets that go back, policies and cutoffs that the rules do not give."""
    return [*_offsets(manifests), *_policies(manifests, policies), *_cutoffs(manifests, policies)]


def _offsets(manifests: list[Manifest]) -> list[str]:
    wrong = []
    for before, after in pairwise(manifests):
        for topic, parts in before.offsets.items():
            for partition, offset in parts.items():
                reached = after.offsets.get(topic, {}).get(partition, 0)
                if reached < offset:
                    wrong.append(f"epoch {after.name}: {topic}/{partition} went back from {offset} to {reached}")
    return wrong


def _policies(manifests: list[Manifest], policies: Mapping[str, Policy]) -> list[str]:
    """A release follows the policies in force on its day, of one line; a sweep those of the release before it; no measure
    drops out."""
    wrong = []
    before: dict[str, str] = {}
    for manifest in manifests:
        wrong += [
            f"epoch {manifest.name}: nothing is said of {measure}, which was released before"
            for measure in sorted(before.keys() - manifest.policies.keys())
        ]
        lines = sorted({policies[policy_id].line for policy_id in manifest.policies.values() if policy_id in policies})
        if len(lines) > 1:
            wrong.append(f"epoch {manifest.name}: follows policies of {' and '.join(lines)} at once")
        for measure, policy_id in manifest.policies.items():
            if manifest.kind == "sweep":
                due = before.get(measure)
            else:
                line = policies[policy_id].line if policy_id in policies else "floor"
                begun = in_force(policies.values(), measure, manifest.released_on, line)
                due = begun.policy_id if begun else None
            if due != policy_id and policy_id in policies:
                wrong.append(f"epoch {manifest.name}: {measure} is under {policy_id}, in force is {due}")
        before |= manifest.policies
    return wrong


def _cutoffs(manifests: list[Manifest], policies: Mapping[str, Policy]) -> list[str]:
    wrong = []
    last: dict[str, date] = {}
    for manifest in manifests:
        for measure, cutoff in manifest.cutoffs.items():
            policy = policies.get(manifest.policies.get(measure, ""))
            if policy is None:
                continue
            due = last.get(measure, date.min)
            if manifest.kind == "release":
                due = max(due, manifest.released_on - timedelta(days=policy.age_days))
            if cutoff != due:
                wrong.append(f"epoch {manifest.name}: the cutoff of {measure} is {cutoff}, by rule 1 it is {due}")
            last[measure] = cutoff
    return wrong

"""Records of one partition into what a shard folds: translate, and set aside what cannot be applied here."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
from aiokafka import ConsumerRecord
from chassis.fetched import Fetched
from contracts.codec import CloudEvent, decode_kafka, parse_data, partition_of
from contracts.event import Refused, canonical_json
from contracts.exchange import (
    BenefitsSubmitted,
    LaborRateSubmitted,
    PaySubmitted,
    SubmissionWithdrawn,
    TechnicianPaySubmitted,
)
from contracts.membership import MemberState as MemberEvent
from contracts.strict_json import loads
from contracts.topics import topic, type_of

from exchange.domain.addresses import Array
from exchange.domain.layout import VERSION
from exchange.domain.ledger import TakenBack, name_of
from exchange.domain.members import MemberState
from exchange.domain.names import ABSENT
from exchange.domain.shard import Batch, Shard, Submitted, Withdrawn
from exchange.entrypoints.collector.envelopes import COPY, Envelopes
from exchange.entrypoints.collector.origin import first_counted, home_of
from exchange.entrypoints.collector.pay_rows import read_pay
from exchange.entrypoints.collector.rows import row_of
from exchange.usecases.sources import MEASURE_OF, TOPIC_OF, WITHDRAWN

Record: TypeAlias = ConsumerRecord[Any, Any]
_Said: TypeAlias = PaySubmitted | TechnicianPaySubmitted | BenefitsSubmitted | LaborRateSubmitted
_EVENTS: Final[Mapping[str, type[_Said]]] = {
    "pay": PaySubmitted,
    "technician-pay": TechnicianPaySubmitted,
    "benefits": BenefitsSubmitted,
    "labor-rates": LaborRateSubmitted,
}
_FAST: Final = ("pay", "technician-pay")  # measures whose bodies the compiled reader knows
ACTIVE: Final = ("active", "grace")


@dataclass(frozen=True, slots=True)
class Stray:
    """A record whose member's home is another partition."""

    record: Record
    member_id: str
    home: int


@dataclass(slots=True)
class Prepared:
    """A batch to fold, and what goes elsewhere: records to refuse with the reason, and strays to their partition."""

    batch: Batch = field(default_factory=Batch)
    refused: list[tuple[Record, str]] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    ignored: int = 0
    fetched: dict[str, Fetched] = field(default_factory=dict)  # measure -> what was read, to decide ties
    last: dict[str, str] = field(default_factory=dict)  # topic -> identity of its last record


class RecordReader:
    """Reads for any shard of this process; what it remembers is only texts."""

    def __init__(self, chains: Array, partitions: int) -> None:
        self._chains = chains
        self._envelopes = {TOPIC_OF[measure]: Envelopes(type_of(TOPIC_OF[measure])) for measure in _FAST}
        self.partitions = partitions
        self.told: Callable[[str, int], int] = lambda _topic, _partition: 0
        """The offset below which every stray has gone home already."""

    def prepare(self, shard: Shard, found: Mapping[str, Fetched]) -> Prepared:
        """Translate the records of one partition, by topic. Interns names; changes nothing else in the shard."""
        prepared = Prepared()
        for name in sorted(found):
            last = None
            if MEASURE_OF.get(name) in shard.ledgers:
                last = self._submitted(shard, name, found[name], prepared)
            elif name in ("member.joined", "member.updated"):
                self._members(shard, name, found[name].records, prepared)
            elif name == WITHDRAWN:
                self._withdrawn(shard, found[name].records, prepared)
            else:  # a measure that this generation does not collect: kept in the log, folded by a later one (0532)
                for record in found[name].records:
                    self._pass_over(record, prepared)
            prepared.last[name] = last or identity(found[name].records[-1].value)
        shard.seal(prepared.batch)
        return prepared

    def _elsewhere(self, shard: Shard, member_id: str) -> int | None:
        """The partition that a member belongs to, if it is not this shard's."""
        if member_id in shard.members.index:
            return None
        home = home_of(member_id, self.partitions)
        return None if home == shard.partition else home

    def _is_here(self, shard: Shard, member_id: str, record: Record, prepared: Prepared) -> bool:
        """Whether a member belongs to this shard; if not, the record is noted as a stray."""
        home = self._elsewhere(shard, member_id)
        if home is not None:
            prepared.strays.append(Stray(record, member_id, home))
        return home is None

    def _event(self, record: Record, prepared: Prepared) -> CloudEvent | None:
        """The envelope if it is of the topic's own type; refused and unknown types are noted."""
        try:
            event = decode_kafka(record.headers, record.value)
        except Refused as refusal:
            prepared.refused.append((record, str(refusal)))
            return None
        if event.type != type_of(record.topic):
            self._pass_over(record, prepared)
            return None
        return event

    def _pass_over(self, record: Record, prepared: Prepared) -> None:
        """Nothing follows from it yet. It belongs where its key does all the same: a later version may know more."""
        key = (record.key or b"").decode("utf-8", "replace")
        home = partition_of(key, self.partitions)
        if key and home != record.partition:
            prepared.strays.append(Stray(record, key, home))
        else:
            prepared.ignored += 1

    def _submitted(self, shard: Shard, name: str, fetched: Fetched, prepared: Prepared) -> str | None:
        """The identity of the last record, unless that takes unpacking it."""
        measure = MEASURE_OF[name]
        prepared.fetched[measure] = fetched
        found = self._envelopes[name](fetched) if name in self._envelopes else None
        if found is None:
            prepared.batch.submitted[measure] = self._slowly(shard, name, fetched.records, prepared)
            return None
        read = read_pay(found, self._chains)
        ledger = shard.ledgers[measure]
        targets, unknown = ledger.intern_spans(read.data, read.spans, shard.members.names)
        rows = read.rows
        if unknown:
            for i in np.flatnonzero(targets == ABSENT).tolist():
                member_id = read.member_id(i)
                if (home := self._elsewhere(shard, member_id)) is not None:
                    if read.rows["offset"][i] < self.told(name, shard.partition):
                        prepared.ignored += 1
                    else:
                        prepared.strays.append(Stray(fetched.records[read.at[i]], member_id, home))
                else:
                    targets[i] = ledger.intern(shard.intern_member(member_id), read.name(i))
        if shard.past.releases:
            for i in np.flatnonzero(found.records["plain"][read.at] == COPY).tolist():
                headers = fetched.records[read.at[i]].headers
                rows["known"][i] = first_counted(shard.past.releases, name, read.member_id(i), headers)
        if unknown:
            keep = targets != ABSENT
            targets, rows = targets[keep], rows[keep]
        if read.others:
            slow = self._slowly(shard, name, [fetched.records[i] for i in read.others], prepared)
            targets = np.concatenate([targets, slow.targets])
            rows = np.concatenate([rows, slow.rows])
        prepared.batch.submitted[measure] = Submitted(targets, rows, name)
        last = found.records[-1]
        return identity(found.data[last["start"] : last["end"]].tobytes()) if last["end"] >= 0 else None

    def _slowly(self, shard: Shard, name: str, records: Sequence[Record], prepared: Prepared) -> Submitted:
        """Read by the contract itself what the fast path set aside, or does not know."""
        measure = MEASURE_OF[name]
        ledger = shard.ledgers[measure]
        targets: list[int] = []
        rows: list[Array] = []
        for record in records:
            event = self._event(record, prepared)
            if event is None:
                continue
            try:
                said = parse_data(_EVENTS[measure], event.data, strict=False)
            except Refused as refusal:
                prepared.refused.append((record, str(refusal)))
                continue
            if self._is_here(shard, said.member_id, record, prepared):
                member = shard.intern_member(said.member_id)
                targets.append(ledger.intern(member, name_of(said.member_id, said.submission_id)))
                row = row_of(said, event.data, record.offset)
                row["known"] = first_counted(shard.past.releases, name, said.member_id, record.headers)
                rows.append(row)
        found = np.concatenate(rows) if rows else np.zeros(0, VERSION)
        return Submitted(np.array(targets, np.int64), found, name)

    def _members(self, shard: Shard, name: str, records: Sequence[Record], prepared: Prepared) -> None:
        model = topic(name).event
        for record in records:
            event = self._event(record, prepared)
            if event is None:
                continue
            try:
                member = parse_data(model, event.data, strict=False)  # type: ignore[arg-type]
            except Refused as refusal:
                prepared.refused.append((record, str(refusal)))
                continue
            assert isinstance(member, MemberEvent)  # noqa: S101 - both topics carry it
            if self._is_here(shard, member.member_id, record, prepared):
                shard.intern_member(member.member_id)
                active = member.status in ACTIVE
                prepared.batch.members.append(
                    MemberState(
                        member.member_id, member.revision, digest(event.data), member.kind, active, member.verified_on,
                        name, record.offset, first_counted(shard.past.releases, name, member.member_id, record.headers),
                    )
                )  # fmt: skip

    def _withdrawn(self, shard: Shard, records: Sequence[Record], prepared: Prepared) -> None:
        found: dict[str, tuple[list[int], list[TakenBack]]] = {}
        for record in records:
            event = self._event(record, prepared)
            if event is None:
                continue
            try:
                taken_back = parse_data(SubmissionWithdrawn, event.data, strict=False)
            except Refused as refusal:
                prepared.refused.append((record, str(refusal)))
                continue
            member_id, taken = taken_back.member_id, taken_back.measure
            if not self._is_here(shard, member_id, record, prepared):
                continue
            if taken not in shard.ledgers:
                prepared.ignored += 1
            else:
                name = name_of(member_id, taken_back.submission_id)
                target = shard.ledgers[taken].intern(shard.intern_member(member_id), name)
                targets, withdrawals = found.setdefault(taken, ([], []))
                targets.append(target)
                known = first_counted(shard.past.releases, WITHDRAWN, member_id, record.headers)
                withdrawals.append(TakenBack(taken_back.revision, record.offset, known))
        for measure, (targets, withdrawals) in found.items():
            prepared.batch.withdrawn[measure] = Withdrawn(np.array(targets, np.int64), withdrawals, WITHDRAWN)


def identity(value: bytes | None) -> str:
    """What tells a record from another one at the same offset of a re-created topic."""
    return hashlib.sha256(value or b"").hexdigest()[:16]


def digest(body: bytes) -> bytes:
    """SHA-256 of the canonical JSON of a body as received: decides between two equal revisions (domain.md, rule 1)."""
    return hashlib.sha256(canonical_json(loads(body, "data"))).digest()


def rank(record: Record) -> int:
    """The leading 64 bits of its body's digest, never 0: as good as the whole of it for telling two bodies apart.

    Of a record that was applied before: in structured mode the body is inside the value, not the value itself.
    """
    body = decode_kafka(record.headers, record.value).data
    return int.from_bytes(digest(body)[:8], "big") or 1

"""One partition as the exchange follows it: its log and the shard in this process's memory, which may be lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from driveline.verify.geography import table
from exchange.adapters.hash_sum import HashSum
from exchange.adapters.shard_codec import pack_members, restore_members, restore_submissions, values_of
from exchange.adapters.shard_store import Held
from exchange.domain import codes
from exchange.domain.lattice import FORMS, Geography, Place
from exchange.domain.layout import NONE, VERSION
from exchange.domain.ledger import TakenBack, name_of
from exchange.domain.members import MemberState
from exchange.domain.offering import LEAST_AMOUNT, NOT_OFFERED, OFFERED
from exchange.domain.policy import Policies
from exchange.domain.shard import Batch, Days, Past, Shard, Submitted, Withdrawn
from exchange.usecases.sources import TOPIC_OF, WITHDRAWN

from .measures import ZIPS
from .said import Back, Member, Said, Submission, digest

JOINED = "member.joined"
SOURCES = (*TOPIC_OF.values(), JOINED, WITHDRAWN)


def _place(zip_code: str) -> Place:
    keys = dict(key.split(":", 1) for key in table()[zip_code])
    return Place(zip_code, keys["state"], keys.get("division"), keys.get("metro", "").partition(":")[2] or None)


GEOGRAPHY = Geography([_place(zip_code) for zip_code in sorted(set(ZIPS))])


@dataclass(frozen=True)
class Durable:
    """What the store holds of a shard: its fields, the days it stands at, and the next offset by source."""

    members: dict[bytes, bytes] = field(default_factory=dict)
    submissions: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    days: Mapping[str, Days] = field(default_factory=dict)
    next: dict[str, int] = field(default_factory=dict)


class Partition:
    """One partition: its log, and the shard that follows it."""

    def __init__(self, number: int, policies: Policies) -> None:
        self.number = number
        self._policies = policies
        self.log: dict[str, list[Said]] = {source: [] for source in SOURCES}
        self.shard = Shard(number, policies, GEOGRAPHY.chains)
        self._kept: list[Durable] = []

    def take(self, batch: Sequence[Said]) -> None:
        """Append a batch to the log and fold it."""
        placed = []
        for said in batch:
            source = (
                JOINED if isinstance(said, Member) else WITHDRAWN if isinstance(said, Back) else TOPIC_OF[said.measure]
            )
            placed.append((source, len(self.log[source]), said))
            self.log[source].append(said)
        self._fold(placed)

    def restart(self, how: str, past: Past) -> None:
        """Lose the memory: the shard comes back from what is durable, from what was so two epochs ago, or from the log."""
        stored = self._durable(past.days) if how == "stored" else Durable()
        if how == "rewound" and len(self._kept) > 1:
            stored = self._kept[-2]
        self.shard = Shard(self.number, self._policies, GEOGRAPHY.chains, past)
        for measure, days in (stored.days or past.days).items():
            self.shard.move_days(measure, days)
        batch = restore_members(self.shard, _held(stored.members), HashSum())
        for measure, held in stored.submissions.items():
            restore_submissions(self.shard, measure, _held(held), batch, (TOPIC_OF[measure], WITHDRAWN), HashSum())
        self.shard.fold(self.shard.seal(batch))
        for source in reversed(SOURCES):
            begin = stored.next.get(source, 0)
            self._fold([(source, offset, said) for offset, said in enumerate(self.log[source]) if offset >= begin])

    def keep(self, days: Mapping[str, Days]) -> None:
        """Remember what is durable after an epoch, for a store that goes back to it."""
        self._kept.append(self._durable(days))

    def _durable(self, days: Mapping[str, Days]) -> Durable:
        shard = self.shard
        packed = pack_members(shard, range(len(shard.members.ids)))
        members = dict(zip(packed[::2], packed[1::2], strict=True))
        submissions = {}
        for measure, ledger in shard.ledgers.items():
            values, ends = values_of(ledger, np.arange(len(ledger.names)))
            blobs = [values[start:end].tobytes() for start, end in pairwise([0, *ends.tolist()])]
            submissions[measure] = dict(zip(ledger.names, blobs, strict=True))
        return Durable(members, submissions, dict(days), {source: len(log) for source, log in self.log.items()})

    def _fold(self, placed: Sequence[tuple[str, int, Said]]) -> None:
        batch = Batch()
        for source, offset, said in placed:
            self.shard.intern_member(said.member)
            if isinstance(said, Member):
                active = said.status in ("active", "grace")
                batch.members.append(
                    MemberState(
                        said.member, said.revision, digest(said), said.kind, active, said.verified, source, offset
                    )
                )
        for measure in self.shard.ledgers:
            self._prepare(batch, measure, placed)
        folded = self.shard.fold(self.shard.seal(batch))
        for measure, ties in folded.ties.items():
            for tie in ties:
                row = batch.submitted[measure].rows[tie.row].copy()
                row["rank"] = self._rank(measure, int(row["offset"]))
                ranks = {offset: self._rank(measure, offset) for offset in tie.offsets}
                self.shard.fold_tie(measure, tie.target, row, ranks)

    def _prepare(self, batch: Batch, measure: str, placed: Sequence[tuple[str, int, Said]]) -> None:
        """Put what is said of one measure into the batch."""
        ledger = self.shard.ledgers[measure]
        rows, targets, withdrawn, taken_back = [], [], [], []
        for _, offset, said in placed:
            if isinstance(said, Member) or said.measure != measure:
                continue
            target = ledger.intern(self.shard.intern_member(said.member), name_of(said.member, said.submission))
            if isinstance(said, Back):
                withdrawn.append(target)
                taken_back.append(TakenBack(said.revision, offset, 0))
            else:
                targets.append(target)
                rows.append(_row(said, offset))
        if rows:
            batch.submitted[measure] = Submitted(
                np.array(targets, np.int64), np.array(rows, VERSION), TOPIC_OF[measure]
            )
        if withdrawn:
            batch.withdrawn[measure] = Withdrawn(np.array(withdrawn, np.int64), taken_back, WITHDRAWN)

    def _rank(self, measure: str, offset: int) -> int:
        return int.from_bytes(digest(self.log[TOPIC_OF[measure]][offset])[:8], "big")


def _held(stored: Mapping[bytes, bytes]) -> Held:
    return Held(list(stored), list(stored.values()))


def _row(told: Submission, offset: int) -> np.void:
    row, at, form = np.zeros(1, VERSION)[0], told.position, FORMS[told.measure]
    row["revision"], row["offset"], row["effective"] = told.revision, offset, told.effective.toordinal()
    row["checksum"] = int.from_bytes(digest(told)[-4:], "big")
    row["value"], row["zip"], row["next"] = _value(told), int(at.zip), NONE
    row["subject"] = form.subjects.index(at.subject)
    row["shop_type"] = codes.SHOP_TYPES.index(at.shop_type)
    if form.grade:
        row["grade"] = form.grades.index(at.size if form.grade == "size" else at.experience)
    if form.facets:
        row["plan"] = codes.PLANS.index(at.plan)
        row["size"] = codes.SIZES.index(at.size)
        row["credential_level"] = codes.CREDENTIAL_LEVELS.index(at.credential_level)
    return row  # type: ignore[no-any-return]


def _value(told: Submission) -> int:
    """Cents, or a benefit's answer as one number."""
    if not told.offered:
        return NOT_OFFERED
    if told.measure == "benefits":
        return OFFERED if told.value is None else LEAST_AMOUNT + told.value
    assert told.value is not None
    return told.value

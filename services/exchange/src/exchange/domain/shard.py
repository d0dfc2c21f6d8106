"""A shard: all that one partition knows of its members and their submissions, and the cells that follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.layout import KINDS, MEMBER, NEVER
from exchange.domain.ledger import Ledger, Tie, grown
from exchange.domain.names import Names
from exchange.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class MemberState:
    """One revision of a member. `digest` is the SHA-256 of its canonical JSON: the greater of two equals wins."""

    member_id: str
    revision: int
    digest: bytes
    kind: str
    active: bool
    verified_on: date | None


@dataclass(slots=True)
class Submitted:
    """Versions of one measure to fold in: targets are submission numbers, rows are VERSION records."""

    targets: Array
    rows: Array


@dataclass(slots=True)
class Withdrawn:
    """Withdrawals of one measure to fold in."""

    targets: Array
    revisions: Array


@dataclass(slots=True)
class Batch:
    """What one fold takes in, by measure. `members` and `submissions` count the names known when it was prepared."""

    members: list[MemberState] = field(default_factory=list)
    submitted: dict[str, Submitted] = field(default_factory=dict)
    withdrawn: dict[str, Withdrawn] = field(default_factory=dict)
    known_members: int = 0
    known_submissions: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Folded:
    """What a fold changed and must become durable, and the ties it could not decide without ranks."""

    members: list[int]
    submissions: dict[str, Array]
    ties: dict[str, list[Tie]]


class Shard:
    """One partition's state. It is a pure function of the set of events folded and of each measure's cutoff."""

    def __init__(self, partition: int, policies: Mapping[str, Policy], chains: Array) -> None:
        self.partition = partition
        self.ledgers = {measure: Ledger(policy, chains) for measure, policy in policies.items()}
        self.member_index: dict[str, int] = {}
        self.member_ids: list[str] = []
        self.member_names = Names()
        """The same numbers for compiled code."""
        self.members = np.zeros(256, MEMBER)
        self.digests: list[bytes] = []
        self._count = 0

    def intern_member(self, member_id: str) -> int:
        """The number of a member; it need not have joined yet. May run while a fold runs in another thread."""
        number = self.member_index.get(member_id)
        if number is None:
            number = self.member_index[member_id] = len(self.member_ids)
            self.member_ids.append(member_id)
            self.member_names.add(member_id.encode())
        return number

    def seal(self, batch: Batch) -> Batch:
        """Note which names the batch may rely on; the last step of preparing it."""
        batch.known_members = len(self.member_ids)
        batch.known_submissions = {measure: len(ledger.names) for measure, ledger in self.ledgers.items()}
        return batch

    def fold(self, batch: Batch) -> Folded:
        """Apply a batch to versions and cells. Ties are left out: rank them and fold again (`fold_ties`)."""
        self._extend(batch)
        changed_members = [number for state in batch.members if (number := self._note(state)) is not None]
        folded = Folded(changed_members, {}, {})
        for measure, ledger in self.ledgers.items():
            submitted = batch.submitted.get(measure)
            withdrawn = batch.withdrawn.get(measure)
            touched: list[Array] = []
            if submitted is not None and len(submitted.rows):
                ties = ledger.insert(submitted.targets, submitted.rows)
                if ties:
                    folded.ties[measure] = ties
                touched.append(submitted.targets)
            if withdrawn is not None and len(withdrawn.targets):
                ledger.withdraw(withdrawn.targets, withdrawn.revisions)
                touched.append(withdrawn.targets)
            if touched:
                folded.submissions[measure] = np.unique(np.concatenate(touched))
            restand = list(touched)
            restand += [np.array(ledger.submissions_of(member), np.int64) for member in changed_members]
            if restand:
                ledger.stand(np.unique(np.concatenate(restand)), self.members)
        return folded

    def fold_tie(self, measure: str, target: int, row: Array, ranks: Mapping[int, int]) -> None:
        """Fold in one ranked row after writing down the ranks (by offset) of the versions that it ties with."""
        ledger = self.ledgers[measure]
        for offset, rank in ranks.items():
            ledger.rank(target, offset, rank)
        targets = np.array([target], np.int64)
        if ledger.insert(targets, row.reshape(1)):
            raise RuntimeError(f"a ranked tie of {ledger.names[target]!r} stayed undecided")
        ledger.stand(targets, self.members)

    def move_cutoff(self, measure: str, cutoff: date) -> Array:
        """Advance one measure's cutoff; the submissions whose durable state changed by it."""
        return self.ledgers[measure].move_cutoff(cutoff, self.members)

    def _extend(self, batch: Batch) -> None:
        self.members = grown(self.members, batch.known_members)
        for number in range(self._count, batch.known_members):
            self.members[number] = (-1, NEVER, 0, 0)
            self.digests.append(b"")
        self._count = max(self._count, batch.known_members)
        for measure, ledger in self.ledgers.items():
            ledger.extend(batch.known_submissions[measure], self._count)

    def _note(self, state: MemberState) -> int | None:
        """Keep the newest revision; the member's number when something changed."""
        number = self.member_index[state.member_id]
        held = (int(self.members["revision"][number]), self.digests[number])
        if (state.revision, state.digest) <= held:
            return None
        verified = NEVER if state.verified_on is None else state.verified_on.toordinal()
        self.members[number] = (state.revision, verified, KINDS.index(state.kind), state.active)
        self.digests[number] = state.digest
        return number

"""A shard: all that one partition knows of its members and their submissions, and the cells that follow from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.distinct import distinct
from exchange.domain.lattice import LEVELS
from exchange.domain.layout import MARK
from exchange.domain.ledger import Ledger, TakenBack, Tie
from exchange.domain.members import Members, MemberState
from exchange.domain.policy import Policies


@dataclass(slots=True)
class Submitted:
    """Versions of one measure to fold in: targets are submission numbers, rows are VERSION records (known 0: not yet)."""

    targets: Array
    rows: Array
    source: str = ""


@dataclass(slots=True)
class Withdrawn:
    """Withdrawals of one measure to fold in; `known` 0: not yet."""

    targets: Array
    taken_back: list[TakenBack]
    source: str = ""


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


@dataclass(frozen=True, slots=True)
class Days:
    """The days of one measure at a release: what is effective after `window` and up to `cutoff` counts."""

    cutoff: date
    window: date


@dataclass(frozen=True, slots=True)
class Release:
    """A release, made of so many shards; `offsets` by source and partition (as text) the first that it left out."""

    number: int
    partitions: int
    offsets: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Past:
    """The releases made so far, as far as a shard needs them.

    `newest` is the number of the last one (0: none), `days` by measure what the shard stands at. `marks` are by measure
    the releases that cells are shown as of, MARK. `reached` gives by source the first offset of this partition that
    a release left out: (release numbers, offsets), both growing; `last` which record lies before the newest of these.
    `releases` are all of them, with every partition.
    """

    newest: int = 0
    days: Mapping[str, Days] = field(default_factory=dict)
    marks: Mapping[str, Array] = field(default_factory=dict)
    reached: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)
    releases: Sequence[Release] = ()
    last: Mapping[str, str] = field(default_factory=dict)

    @property
    def counted(self) -> dict[str, int]:
        """How far the newest release has counted this partition, by topic."""
        return {topic: int(offsets[-1]) for topic, (_, offsets) in self.reached.items() if len(offsets)}


class Shard:
    """Live aggregates of one partition; `chains` is `Geography.chains`.

    `intern_member` and the ledgers' `intern` may run in another thread than `fold`; everything else is one at a time.
    """

    def __init__(self, partition: int, policies: Policies, chains: Array, past: Past | None = None) -> None:
        self.partition = partition
        self.members = Members()
        self.ledgers: dict[str, Ledger] = {}
        for measure, policy in policies.measures.items():
            self.ledgers[measure] = Ledger(measure, policy.contributors, _down_to(policy.finest, chains))
        self.past = past or Past()
        self.next_release = self.past.newest + 1
        for measure in self.ledgers.keys() & self.past.marks.keys():
            self.ledgers[measure].marks = self.past.marks[measure]

    def intern_member(self, member_id: str) -> int:
        """The number of a member; it need not have joined yet. May run while a fold runs in another thread."""
        return self.members.intern(member_id)

    def seal(self, batch: Batch) -> Batch:
        """Note which names the batch may rely on; the last step of preparing it."""
        batch.known_members = len(self.members.ids)
        batch.known_submissions = {measure: len(ledger.names) for measure, ledger in self.ledgers.items()}
        return batch

    def fold(self, batch: Batch) -> Folded:
        """Apply a batch to versions and cells. Ties are left out: rank them and fold again (`fold_tie`)."""
        self._extend(batch)
        releases = self._releases()
        states = self.first_known(batch.members)
        noted = [found for state in states if (found := self.members.note(state, releases)) is not None]
        folded = Folded(list(dict.fromkeys(found.number for found in noted)), {}, {})
        moved = distinct(np.array([found.number for found in noted if found.newest], np.int64))
        for measure, ledger in self.ledgers.items():
            submitted = batch.submitted.get(measure)
            withdrawn = batch.withdrawn.get(measure)
            touched: list[Array] = []
            if submitted is not None and len(submitted.rows):
                rows = submitted.rows
                rows["known"] = self._first(submitted.source, rows["offset"], rows["known"])
                ties = ledger.insert(submitted.targets, rows)
                if ties:
                    folded.ties[measure] = ties
                touched.append(submitted.targets)
            if withdrawn is not None and len(withdrawn.targets):
                ledger.withdraw(withdrawn.targets, self.known(withdrawn))
                touched.append(withdrawn.targets)
            if touched:
                folded.submissions[measure] = distinct(*touched)
            theirs = ledger.submissions_of(moved)
            if touched or len(theirs):
                told = folded.submissions.get(measure, theirs)
                ledger.stand(distinct(told, theirs) if len(theirs) else told, self.members.records)
        return folded

    def fold_tie(self, measure: str, target: int, row: Array, ranks: Mapping[int, int]) -> None:
        """Fold in one ranked row after writing down the ranks (by offset) of the versions that it ties with."""
        ledger = self.ledgers[measure]
        for offset, rank in ranks.items():
            ledger.rank(target, offset, rank)
        targets = np.array([target], np.int64)
        if ledger.insert(targets, row.reshape(1)):
            raise RuntimeError(f"a ranked tie of {ledger.names[target]!r} stayed undecided")
        ledger.stand(targets, self.members.records)

    def move_days(self, measure: str, days: Days) -> Array:
        """Advance one measure to the days of a release; the submissions whose durable state changed by it."""
        return self.ledgers[measure].move_days(days.cutoff, days.window, self.members.records)

    def begin_release(self, number: int, referred: Mapping[str, Array]) -> Folded:
        """Release `number` counts all that was folded until now and nothing after it.

        `referred` are by measure the MARKs of the releases that cells are shown as of before it. The days have been
        moved to its own. May be called again for the same number, at a later moment, until the release is made.
        """
        self.next_release = number + 1
        changed: dict[str, Array] = {}
        for measure, marks in referred.items():
            ledger = self.ledgers[measure]
            own = np.array([(number, ledger.cutoff, ledger.window)], MARK)
            changed[measure] = ledger.refer_to(np.concatenate([marks[marks["release"] != number], own]), number)
        return Folded(self.members.refer_to(self._releases(), number), changed, {})

    def _releases(self) -> list[int]:
        """The releases that cells of any measure are shown as of."""
        return sorted({r for ledger in self.ledgers.values() for r in ledger.marks["release"].tolist()})

    def _extend(self, batch: Batch) -> None:
        self.members.extend(batch.known_members)
        for measure, ledger in self.ledgers.items():
            ledger.extend(batch.known_submissions[measure], batch.known_members)

    def first_known(self, states: Sequence[MemberState]) -> list[MemberState]:
        """The same states, each with the first release that counts it."""
        found = list(states)
        for source in {state.source for state in states}:
            places = [n for n, state in enumerate(states) if state.source == source]
            offsets = np.array([states[n].offset for n in places], np.int64)
            held = np.array([states[n].known for n in places], np.int64)
            for n, known in zip(places, self._first(source, offsets, held).tolist(), strict=True):
                if known != states[n].known:
                    found[n] = replace(states[n], known=known)
        return found

    def known(self, withdrawn: Withdrawn) -> list[TakenBack]:
        """The same withdrawals, each with the first release that counts it."""
        offsets = np.array([one.offset for one in withdrawn.taken_back], np.int64)
        held = np.array([one.known for one in withdrawn.taken_back], np.int64)
        known = self._first(withdrawn.source, offsets, held).tolist()
        return [one._replace(known=n) for one, n in zip(withdrawn.taken_back, known, strict=True)]

    def _first(self, source: str, offsets: Array, held: Array) -> Array:
        """The first release that counts the records at these offsets, or an earlier one that is `held` already."""
        known: Array = np.full(len(offsets), self.next_release, np.int64)
        numbers, reached = self.past.reached.get(source, (None, None))
        if numbers is not None and reached is not None and len(numbers):
            at = np.searchsorted(reached, offsets, side="right")
            known = np.where(at < len(numbers), numbers[np.minimum(at, len(numbers) - 1)], known)
        found: Array = np.where(held > 0, np.minimum(held, known), known)
        return found


def _down_to(finest: str, chains: Array) -> Array:
    """The geographies of each ZIP without those finer than a level."""
    kept = LEVELS.index(finest) + 1
    if kept == chains.shape[1]:
        return chains
    coarse = chains.copy()
    coarse[:, kept:] = -1
    return coarse

"""The submissions of one measure in one shard: what was said, what of it stands, and the cells that follow."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from exchange.domain import standing
from exchange.domain.addresses import Array
from exchange.domain.cell_book import CellBook
from exchange.domain.growing import Growing
from exchange.domain.interning import intern_spans
from exchange.domain.layout import KINDS, NONE, SUBMISSION, VERSION
from exchange.domain.names import Names
from exchange.domain.policy import Policy

NO_DAY: Final = 1  # before every cutoff: nothing stands yet
SEPARATOR: Final = b"\x00"  # between member_id and submission_id; no id holds a control character


def name_of(member_id: str, submission_id: str) -> bytes:
    """What a ledger and the store call a submission."""
    return member_id.encode() + SEPARATOR + submission_id.encode()


@dataclass(frozen=True, slots=True)
class Tie:
    """Row `row` has the revision of versions that are there, with another body; `offsets` are those versions' records."""

    row: int
    target: int
    offsets: tuple[int, ...]


def grown(array: Array, size: int) -> Array:
    """The same records in an array of at least `size`, with room to grow by half."""
    if size <= len(array):
        return array
    larger = np.zeros(max(size, len(array) * 3 // 2), array.dtype)
    larger[: len(array)] = array
    return larger


class Ledger:
    """A pure function of the set of events folded and of the cutoff; the order in which they came leaves no trace.

    `intern` may run while a fold runs in another thread: it only adds names. Everything else is one at a time.
    """

    def __init__(self, policy: Policy, chains: Array) -> None:
        self.policy = policy
        self._kind = KINDS.index(policy.contributors)
        self._chains = chains
        self.cutoff = NO_DAY
        self.window = NO_DAY - 1
        self.index = Names()
        self.names = self.index.in_order
        self._members_of = Growing(1024, np.int32)  # by number of submission
        self._count = 0
        self._submissions, self._versions = Growing(1024, SUBMISSION), Growing(1024, VERSION)
        self._used = np.array([NONE, 0], np.int64)
        self._first_of_member = np.zeros(0, np.int32)
        self.book = CellBook(int(chains.max(initial=0)) + 1)

    @property
    def submissions(self) -> Array:
        """SUBMISSION by number."""
        return self._submissions.array

    @property
    def versions(self) -> Array:
        """VERSION by number."""
        return self._versions.array

    def intern(self, member: int, name: bytes) -> int:
        """The number of the submission called `name` (see `name_of`) of member number `member`."""
        number = self.index.add(name)
        self._members_of.grow(number + 1)
        self._members_of.array[number] = member
        return number

    def intern_spans(self, data: Array, spans: Array, members: Names) -> tuple[Array, int]:
        """The numbers of many submissions, named by bytes of `data`: see `interning.intern_spans`."""
        self._members_of.grow(len(self.index) + len(spans))
        return intern_spans(data, spans, self.index, self._members_of.array, members)

    def extend(self, submissions: int, members: int) -> None:
        """Give records to the first `submissions` interned names, none of which has a version yet."""
        if members > len(self._first_of_member):
            first = np.full(max(members, 2 * len(self._first_of_member)), NONE, np.int32)
            first[: len(self._first_of_member)] = self._first_of_member
            self._first_of_member = first
        if submissions > self._count:
            self._submissions.grow(submissions)
            members_of = self._members_of.array[self._count : submissions]
            standing.add_submissions(self.submissions, self._count, members_of, self._first_of_member)
            self._count = submissions

    def insert(self, targets: Array, rows: Array) -> list[Tie]:
        """Fold versions in, without touching the cells; the ties that need ranks come back and are left out."""
        self._versions.grow(int(self._used[standing.N_VERSIONS]) + len(rows))
        ties = np.empty(len(rows), np.int64)
        n = standing.insert_versions(self.submissions, self.versions, self._used, targets, rows, self.cutoff, ties)
        return [self._tie(int(row), int(targets[row]), int(rows["revision"][row])) for row in ties[:n]]

    def _tie(self, row: int, target: int, revision: int) -> Tie:
        offsets = [int(v["offset"]) for v in self.versions_of(target) if v["revision"] == revision]
        return Tie(row, target, tuple(offsets))

    def rank(self, target: int, offset: int, rank: int) -> None:
        """Write down the rank of the version of `target` that came from the record at `offset`."""
        number = self.submissions["head"][target]
        while number != NONE:
            if self.versions["offset"][number] == offset:
                self.versions["rank"][number] = rank
            number = self.versions["next"][number]

    def withdraw(self, targets: Array, revisions: Array) -> None:
        """Fold withdrawals in, without touching the cells."""
        standing.withdraw(self.submissions, self.versions, self._used, targets, revisions)

    def stand(self, targets: Array, members: Array) -> None:
        """Make the cells hold what stands of these submissions now."""
        need = np.zeros(1, np.int64)
        reached = 0
        while True:
            book = self.book
            reached = standing.stand(
                targets, reached, self.submissions, self.versions, self._used, members, self._kind,
                self.cutoff, self.window, self._chains, book.blocks, book.groups, book.cells, book.pool,
                book.counters, need,
            )  # fmt: skip
            if reached == len(targets):
                return
            book.grow(int(need[0]))

    def move_cutoff(self, cutoff: date, members: Array) -> Array:
        """Advance to a cutoff and stand everything anew; the submissions whose versions changed. Refuses to go back."""
        day = cutoff.toordinal()
        if day < self.cutoff:
            raise ValueError(
                f"cutoff: {cutoff} of {self.policy.measure} goes back behind {date.fromordinal(self.cutoff)}"
            )
        self.cutoff = day
        self.window = self.policy.window_start(cutoff).toordinal()
        changed = np.empty(self._count, np.int64)
        n = standing.prune(self.submissions, self.versions, self._used, self._count, day, changed)
        self.stand(np.arange(self._count, dtype=np.int64), members)
        return changed[:n]

    def submissions_of(self, member: int) -> list[int]:
        """The submissions of a member."""
        numbers = []
        number = int(self._first_of_member[member]) if member < len(self._first_of_member) else NONE
        while number != NONE:
            numbers.append(number)
            number = int(self.submissions["sibling"][number])
        return numbers

    def version_numbers(self, targets: Array) -> tuple[Array, Array]:
        """The versions kept of these submissions, newest first, one after the other; submission i ends at `ends[i]`."""
        numbers = np.empty(int(self._used[standing.N_VERSIONS]), np.int64)
        ends = np.empty(len(targets), np.int64)
        used = standing.list_versions(self.submissions, self.versions, targets, numbers, ends)
        return numbers[:used], ends

    def versions_of(self, target: int) -> list[np.void]:
        """The versions kept of a submission, newest first."""
        kept = []
        number = int(self.submissions["head"][target])
        while number != NONE:
            kept.append(self.versions[number])
            number = int(self.versions["next"][number])
        return kept

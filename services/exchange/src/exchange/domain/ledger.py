"""The submissions of one measure in one shard: what was said, what of it stands, and the cells that follow."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import numpy as np

from exchange.domain import scrub, standing, versions
from exchange.domain.addresses import BLOCK, SHAPES, Array, key_at
from exchange.domain.cell_book import CellBook
from exchange.domain.distinct import distinct
from exchange.domain.growing import Growing
from exchange.domain.interning import intern_spans
from exchange.domain.layout import KINDS, MARK, NONE, SUBMISSION, VERSION
from exchange.domain.members import Members
from exchange.domain.names import Names

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


class TakenBack(NamedTuple):
    """One withdrawal of a submission, the offset of its record, and the first release that counted it."""

    revision: int
    offset: int
    known: int


class Ledger:
    """A pure function of the events folded, the days and the marks; the order in which events came leaves no trace.

    `intern` may run while a fold runs in another thread: it only adds names. Everything else is one at a time.
    """

    def __init__(self, measure: str, contributors: str, chains: Array) -> None:
        self.measure = measure
        self._kind = KINDS.index(contributors)
        self._chains = chains
        self.cutoff = NO_DAY
        self.window = NO_DAY - 1
        self.marks = np.zeros(0, MARK)
        """The releases that cells are still shown as of, and the one that is being made."""
        self.index = Names()
        self.names = self.index.in_order
        self.withdrawals: dict[int, tuple[TakenBack, ...]] = {}  # greatest first
        self._members_of = Growing(1024, np.int32)  # by number of submission
        self._count = 0
        self._submissions, self._versions = Growing(1024, SUBMISSION), Growing(1024, VERSION)
        self._used = np.array([NONE, 0], np.int64)
        self._first_of_member = np.zeros(0, np.int32)
        self.book = CellBook(int(chains.max(initial=0)) + 1, SHAPES[measure])

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
            versions.add_submissions(self.submissions, self._count, members_of, self._first_of_member)
            self._count = submissions

    # -- what is said -------------------------------------------------------------------------------------------

    def insert(self, targets: Array, rows: Array) -> list[Tie]:
        """Fold versions in, without touching the cells; the ties that need ranks come back and are left out."""
        self._versions.grow(int(self._used[versions.N_VERSIONS]) + len(rows))
        ties = np.empty(len(rows), np.int64)
        n = versions.insert_versions(
            self.submissions, self.versions, self._used, targets, rows, self.cutoff, self.marks, ties
        )
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

    def withdraw(self, targets: Array, taken_back: Iterable[TakenBack]) -> None:
        """Fold withdrawals in, without touching the cells."""
        found = list(taken_back)
        releases = self.marks["release"].tolist()
        for target, one in zip(targets.tolist(), found, strict=True):
            self.withdrawals[target] = _needed([*self.withdrawals.get(target, ()), one], releases)
        revisions = np.array([one.revision for one in found], np.int64)
        versions.withdraw(self.submissions, self.versions, self._used, targets, revisions, self.cutoff, self.marks)

    # -- what stands --------------------------------------------------------------------------------------------

    def stand(self, targets: Array, members: Array) -> None:
        """Make the cells hold what stands of these submissions now."""
        need = np.zeros(1, np.int64)
        reached = 0
        while True:
            book = self.book
            reached = standing.stand(
                targets, reached, self.submissions, self.versions, self._used, members, self._kind,
                self.cutoff, self.window, book.shape, self._chains, book.blocks, book.groups, book.logs, book.pool,
                book.counters, need,
            )  # fmt: skip
            if reached == len(targets):
                return
            book.grow(int(need[0]))

    def move_days(self, cutoff: date, window: date, members: Array) -> Array:
        """Advance to a cutoff and a window's first day; the submissions whose versions changed. Refuses to go back.

        Only what crosses one of the days is stood anew.
        """
        day, first = cutoff.toordinal(), window.toordinal()
        if day < self.cutoff:
            raise ValueError(f"cutoff: {cutoff} of {self.measure} goes back behind {date.fromordinal(self.cutoff)}")
        cutoffs, windows = np.array([self.cutoff, day]), np.array([self.window, first])
        self.cutoff, self.window = day, first
        out = np.empty(self._count, np.int64)
        n = versions.crossing(self.submissions, self.versions, self._count, members, cutoffs, windows, out)
        crossed = out[:n].copy()
        n = versions.tidy_all(self.submissions, self.versions, self._used, self._count, day, self.marks, out)
        self.stand(crossed, members)
        return out[:n]

    # -- what stood ---------------------------------------------------------------------------------------------

    def refer_to(self, marks: Array, counted: int) -> Array:
        """Only these MARKs are still referred to, and release `counted` counted whatever is here.

        The submissions whose durable state changed by it.
        """
        self.marks = marks
        releases = marks["release"].tolist()
        fewer = {
            target: kept
            for target, held in self.withdrawals.items()
            if (kept := _needed([w._replace(known=min(w.known, counted)) for w in held], releases)) != held
        }
        self.withdrawals |= fewer
        later, dropped = np.empty(self._count, np.int64), np.empty(self._count, np.int64)
        n = versions.count_known(self.submissions, self.versions, self._count, counted, later)
        m = versions.tidy_all(self.submissions, self.versions, self._used, self._count, self.cutoff, marks, dropped)
        return distinct(later[:n], dropped[:m], np.array(list(fewer), np.int64))

    def changed_since(self, mark: Array, keys: Array, members: Members) -> Array:
        """For each of these cells: how many contributors have other values now than at the mark, which is one of `marks`."""
        book = self.book
        withdrawn = self.submissions["withdrawn"][: self._count].copy()
        for target, held in self.withdrawals.items():
            withdrawn[target] = next((w.revision for w in held if w.known <= mark["release"]), -1)
        pairs = np.empty((self._count, 3), np.int64)
        n = standing.differing(
            self.submissions, self.versions, self._count, members.at(int(mark["release"])), withdrawn, self._kind,
            mark, pairs,
        )  # fmt: skip
        pairs = pairs[:n]
        reached = 0
        while True:
            reached = standing.open_blocks(
                pairs, reached, self.versions, book.shape, self._chains, book.blocks, book.groups, book.counters
            )
            if reached == len(pairs):
                break
            book.grow(0)
        addresses = book.addresses(keys)
        watched, changed = np.zeros(len(book) * BLOCK, np.bool_), np.zeros(len(book) * BLOCK, np.int32)
        watched[addresses[addresses >= 0]] = True
        standing.count_changed(
            pairs, self.submissions, self.versions, book.shape, self._chains, book.blocks, book.groups, book.counters,
            watched, changed,
        )  # fmt: skip
        found: Array = np.where(addresses >= 0, changed[np.maximum(addresses, 0)] if len(changed) else 0, 0)
        return found.astype(np.int32)

    # -- holding the cells to it --------------------------------------------------------------------------------

    def __len__(self) -> int:
        """How many submissions there are."""
        return self._count

    def scrub(self, first: int, members: Array) -> tuple[int, int]:
        """Hold the slice of groups that begins at `first` to the contributions: where the next slice begins, and the
        packed key of the first cell that is wrong, -1 for none. The last slice ends at `len(book.blocks)`."""
        book = self.book
        end = int(scrub.slice_end(first, book.blocks, book.logs))
        wrong = int(
            scrub.first_wrong(
                first, end, self.submissions, self.versions, self._count, members, self._kind, self.cutoff,
                self.window, book.shape, self._chains, book.blocks, book.logs, book.counts, book.pool,
            )
        )  # fmt: skip
        return end, wrong if wrong < 0 else int(key_at(wrong))

    # -- looking ------------------------------------------------------------------------------------------------

    def submissions_of(self, members: Array) -> Array:
        """The submissions of these members."""
        found = np.empty(self._count, np.int64)
        return found[: versions.list_submissions(self.submissions, self._first_of_member, members, found)]

    def version_numbers(self, targets: Array) -> tuple[Array, Array]:
        """The versions kept of these submissions, newest first, one after the other; submission i ends at `ends[i]`."""
        numbers = np.empty(int(self._used[versions.N_VERSIONS]), np.int64)
        ends = np.empty(len(targets), np.int64)
        used = versions.list_versions(self.submissions, self.versions, targets, numbers, ends)
        return numbers[:used], ends

    def versions_of(self, target: int) -> list[np.void]:
        """The versions kept of a submission, newest first."""
        kept = []
        number = int(self.submissions["head"][target])
        while number != NONE:
            kept.append(self.versions[number])
            number = int(self.versions["next"][number])
        return kept


def _needed(held: list[TakenBack], releases: list[int]) -> tuple[TakenBack, ...]:
    """The greatest, and of each release the greatest that it knew; a repeat counts from its first record on."""
    greatest: dict[int, TakenBack] = {}
    for one in sorted(held, key=lambda w: (w.known, w.offset)):
        greatest.setdefault(one.revision, one)
    ordered = [greatest[revision] for revision in sorted(greatest, reverse=True)]
    needed = {0} | {next((n for n, w in enumerate(ordered) if w.known <= release), 0) for release in releases}
    return tuple(ordered[n] for n in sorted(needed))

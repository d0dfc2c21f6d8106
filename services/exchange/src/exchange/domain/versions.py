"""Compiled kernels over the versions of a submission: which are kept, and which one counts.

Versions are kept newest first, by (revision, rank). One is needed while it may still come to stand, or while a cell is
shown as of a release that counted it. What is kept does not depend on the order in which the versions came.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type, attr-defined"

from typing import Final

import numba

from exchange.domain.addresses import Array
from exchange.domain.layout import NONE

FREE_VERSION: Final = 0  # counters of a ledger: head of the free versions,
N_VERSIONS: Final = 1  # and how many were ever used


@numba.njit(cache=True, nogil=True)
def same_entry(a: Array, b: Array) -> bool:
    """Whether two versions put the same value into the same cells."""
    return (
        a.value == b.value
        and a.zip == b.zip
        and a.subject == b.subject
        and a.shop_type == b.shop_type
        and a.grade == b.grade
        and a.plan == b.plan
        and a.size == b.size
        and a.credential_level == b.credential_level
    )


@numba.njit(cache=True, nogil=True)
def _same_content(a: Array, b: Array) -> bool:
    """Whether two versions come from the same body, as far as can be told without reading it again."""
    return a.checksum == b.checksum and a.effective == b.effective and same_entry(a, b)


@numba.njit(cache=True, nogil=True)
def free(versions: Array, used: Array, number: int) -> None:
    """Give a version's record back."""
    versions[number].next = used[FREE_VERSION]
    used[FREE_VERSION] = number


@numba.njit(cache=True, nogil=True)
def add_submissions(submissions: Array, first: int, members_of: Array, first_of_member: Array) -> None:
    """Begin the submissions from number `first` on, without a version yet, each in the list of its member's."""
    for i in range(members_of.shape[0]):
        submission = submissions[first + i]
        submission.withdrawn = -1
        submission.member = members_of[i]
        submission.sibling = first_of_member[members_of[i]]
        submission.head = NONE
        submission.standing = NONE
        first_of_member[members_of[i]] = first + i


@numba.njit(cache=True, nogil=True)
def chosen(versions: Array, head: int, release: int, cutoff: int) -> int:
    """The newest version that a release counted and that was old enough then; NONE without one."""
    number = head
    while number != NONE and (versions[number].known > release or versions[number].effective > cutoff):
        number = versions[number].next
    return number


@numba.njit(cache=True, nogil=True)
def _is_referred_to(versions: Array, head: int, number: int, marks: Array) -> bool:
    """Whether this version was the one that counted at one of the releases; it may have been too old to stand, and then
    it kept those before it from standing."""
    v = versions[number]
    for m in range(marks.shape[0]):
        mark = marks[m]
        if v.known > mark.release or v.effective > mark.cutoff:
            continue
        if chosen(versions, head, mark.release, mark.cutoff) == number:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _tidy(submission: Array, versions: Array, used: Array, cutoff: int, marks: Array) -> bool:
    """Drop the versions that nobody needs any more (never the one in the cells); whether there were any.

    A version has no future under a withdrawal, or under a newer one that will be eligible whenever it is:
    newer.effective <= max(older.effective, cutoff).
    """
    dropped = False
    before = NONE
    number = submission.head
    while number != NONE:
        v = versions[number]
        after = v.next
        idle = v.revision < submission.withdrawn
        newer = submission.head
        while not idle and newer != number:
            idle = versions[newer].effective <= max(v.effective, cutoff)
            newer = versions[newer].next
        if idle and not _is_referred_to(versions, submission.head, number, marks):
            dropped = True
            if before == NONE:
                submission.head = after
            else:
                versions[before].next = after
            if number != submission.standing:
                free(versions, used, number)
        else:
            before = number
        number = after
    return dropped


@numba.njit(cache=True, nogil=True)
def _link(submission: Array, versions: Array, used: Array, row: Array) -> None:
    """Put `row` in its place."""
    before = NONE
    number = submission.head
    while number != NONE and (
        versions[number].revision > row.revision
        or (versions[number].revision == row.revision and versions[number].rank > row.rank)
    ):
        before = number
        number = versions[number].next
    new = used[FREE_VERSION]
    if new != NONE:
        used[FREE_VERSION] = versions[new].next
    else:
        new = used[N_VERSIONS]
        used[N_VERSIONS] = new + 1
    versions[new] = row
    versions[new].next = number
    if before == NONE:
        submission.head = new
    else:
        versions[before].next = new


@numba.njit(cache=True, nogil=True)
def insert_versions(
    submissions: Array, versions: Array, used: Array, targets: Array, rows: Array, cutoff: int, marks: Array, ties: Array
) -> int:  # fmt: skip
    """Insert `rows[i]` into submission `targets[i]`; write the indexes of unranked ties to `ties`, return how many.

    A tie is a row with the revision of a version that is there but other content, while one of the two has no rank:
    it is left out, for the caller to rank both and insert again. `versions` has room for every row.
    """
    n_ties = 0
    for i in range(rows.shape[0]):
        row = rows[i]
        submission = submissions[targets[i]]
        skip = False
        number = submission.head
        while number != NONE:
            other = versions[number]
            if other.revision == row.revision:
                if _same_content(other, row) or (row.rank != 0 and other.rank == row.rank):
                    # A repeat: it counts from its first record on.
                    other.offset = min(other.offset, row.offset)
                    if row.known < other.known:
                        other.known = row.known
                        _tidy(submission, versions, used, cutoff, marks)
                    skip = True
                    break
                if other.rank == 0 or row.rank == 0:
                    ties[n_ties] = i
                    n_ties += 1
                    skip = True
                    break
            number = other.next
        if not skip:
            _link(submission, versions, used, row)
            if versions[submission.head].next != NONE or submission.withdrawn >= 0:
                _tidy(submission, versions, used, cutoff, marks)
    return n_ties


@numba.njit(cache=True, nogil=True)
def withdraw(
    submissions: Array, versions: Array, used: Array, targets: Array, revisions: Array, cutoff: int, marks: Array
) -> None:  # fmt: skip
    """Note withdrawals: versions with a lesser revision can never stand again."""
    for i in range(targets.shape[0]):
        submission = submissions[targets[i]]
        if revisions[i] > submission.withdrawn:
            submission.withdrawn = revisions[i]
            _tidy(submission, versions, used, cutoff, marks)


@numba.njit(cache=True, nogil=True)
def count_known(submissions: Array, versions: Array, count: int, release: int, changed: Array) -> int:
    """Whatever is here is counted by `release` at the latest; write the submissions that said later, return how many."""
    n_changed = 0
    for target in range(count):
        number = submissions[target].head
        touched = False
        while number != NONE:
            if versions[number].known > release:
                versions[number].known = release
                touched = True
            number = versions[number].next
        if touched:
            changed[n_changed] = target
            n_changed += 1
    return n_changed


@numba.njit(cache=True, nogil=True)
def tidy_all(
    submissions: Array, versions: Array, used: Array, count: int, cutoff: int, marks: Array, changed: Array
) -> int:  # fmt: skip
    """Drop what a later cutoff or other marks made needless; write the submissions concerned, return how many."""
    n_changed = 0
    for target in range(count):
        submission = submissions[target]
        # With one version and no withdrawal there is nothing to drop.
        if submission.head == NONE or (versions[submission.head].next == NONE and submission.withdrawn < 0):
            continue
        if _tidy(submission, versions, used, cutoff, marks):
            changed[n_changed] = target
            n_changed += 1
    return n_changed


@numba.njit(cache=True, nogil=True)
def list_versions(submissions: Array, versions: Array, targets: Array, numbers: Array, ends: Array) -> int:
    """Write the version numbers of each target to `numbers`, newest first; `ends[i]` is where target i ends."""
    used = 0
    for i in range(targets.shape[0]):
        number = submissions[targets[i]].head
        while number != NONE:
            numbers[used] = number
            used += 1
            number = versions[number].next
        ends[i] = used
    return used


@numba.njit(cache=True, nogil=True)
def list_submissions(submissions: Array, first_of_member: Array, members: Array, out: Array) -> int:
    """Write the submissions of these members, each named once; how many."""
    used = 0
    for i in range(members.shape[0]):
        if members[i] >= first_of_member.shape[0]:
            continue
        number = first_of_member[members[i]]
        while number != NONE:
            out[used] = number
            used += 1
            number = submissions[number].sibling
    return used


@numba.njit(cache=True, nogil=True)
def is_listed(head: int, versions: Array, wanted: int) -> bool:
    """Whether a version is still among those kept."""
    number = head
    while number != NONE:
        if number == wanted:
            return True
        number = versions[number].next
    return False


@numba.njit(cache=True, nogil=True)
def crossing(
    submissions: Array, versions: Array, count: int, members: Array, cutoffs: Array, windows: Array, out: Array
) -> int:  # fmt: skip
    """Write the submissions that a move of the days concerns; `cutoffs` and `windows` are (from, to), return how many.

    Concerned is who has a version, or a member's confirmation, on a day in between; nobody else can stand otherwise.
    """
    n = 0
    low, high = min(windows[0], windows[1]), max(windows[0], windows[1])
    for target in range(count):
        submission = submissions[target]
        number = submission.head
        verified = members[submission.member].verified
        concerned = cutoffs[0] < verified <= cutoffs[1]
        while not concerned and number != NONE:
            day = versions[number].effective
            concerned = cutoffs[0] < day <= cutoffs[1] or low < day <= high
            number = versions[number].next
        if concerned:
            out[n] = target
            n += 1
    return n

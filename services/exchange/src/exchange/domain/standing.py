"""Compiled kernels of rule 1: which revision of a submission stands, and moving it in and out of the cells.

Versions of a submission are kept newest first, by (revision, rank). A version is dropped when a newer one will be
eligible whenever it is: newer.effective <= max(older.effective, cutoff). What is left does not depend on the order
in which the versions came.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type, attr-defined"

from typing import Final

import numba
import numpy as np

from exchange.domain.addresses import BLOCKS_PER_ENTRY, CELLS_PER_ENTRY, Array, locate
from exchange.domain.cells import N_BLOCKS, POOL_USED, append, room_needed
from exchange.domain.layout import CONTRIBUTOR_SHIFT, NONE

FREE_VERSION: Final = 0  # counters of a ledger: head of the free versions,
N_VERSIONS: Final = 1  # and how many were ever used


@numba.njit(cache=True, nogil=True)
def _same_content(a: Array, b: Array) -> bool:
    return (
        a.checksum == b.checksum
        and a.effective == b.effective
        and a.cents == b.cents
        and a.zip == b.zip
        and a.role == b.role
        and a.shop_type == b.shop_type
        and a.experience == b.experience
        and a.plan == b.plan
        and a.size == b.size
        and a.credential_level == b.credential_level
    )


@numba.njit(cache=True, nogil=True)
def _free(versions: Array, used: Array, number: int) -> None:
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
def insert_versions(
    submissions: Array, versions: Array, used: Array, targets: Array, rows: Array, cutoff: int, ties: Array
) -> int:
    """Insert `rows[i]` into submission `targets[i]`; write the indexes of unranked ties to `ties`, return how many.

    A tie is a row with the revision of a version that is there but other content, while one of the two has no rank:
    it is left out, for the caller to rank both and insert again. `versions` has room for every row.
    """
    n_ties = 0
    for i in range(rows.shape[0]):
        row = rows[i]
        submission = submissions[targets[i]]
        if row.revision < submission.withdrawn:
            continue
        skip = False
        number = submission.head
        while number != NONE:
            other = versions[number]
            if other.revision == row.revision:
                if _same_content(other, row) or (row.rank != 0 and other.rank == row.rank):
                    skip = True
                    break
                if other.rank == 0 or row.rank == 0:
                    ties[n_ties] = i
                    n_ties += 1
                    skip = True
                    break
            newer = other.revision > row.revision or (other.revision == row.revision and other.rank > row.rank)
            if newer and other.effective <= max(row.effective, cutoff):
                skip = True
                break
            number = other.next
        if not skip:
            _link(submission, versions, used, row, cutoff)
    return n_ties


@numba.njit(cache=True, nogil=True)
def _link(submission: Array, versions: Array, used: Array, row: Array, cutoff: int) -> None:
    """Put `row` in its place and drop the older versions that it makes needless (never the one in the cells)."""
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

    before = new
    while number != NONE:
        after = versions[number].next
        if row.effective <= max(versions[number].effective, cutoff):
            versions[before].next = after
            if number != submission.standing:
                _free(versions, used, number)
        else:
            before = number
        number = after


@numba.njit(cache=True, nogil=True)
def withdraw(submissions: Array, versions: Array, used: Array, targets: Array, revisions: Array) -> None:
    """Note withdrawals: versions with a lesser revision can never stand again and are dropped."""
    for i in range(targets.shape[0]):
        submission = submissions[targets[i]]
        if revisions[i] <= submission.withdrawn:
            continue
        submission.withdrawn = revisions[i]
        before = NONE
        number = submission.head
        while number != NONE:
            after = versions[number].next
            if versions[number].revision < revisions[i]:
                if before == NONE:
                    submission.head = after
                else:
                    versions[before].next = after
                if number != submission.standing:
                    _free(versions, used, number)
            else:
                before = number
            number = after


@numba.njit(cache=True, nogil=True)
def prune(submissions: Array, versions: Array, used: Array, count: int, cutoff: int, changed: Array) -> int:
    """Drop what a greater cutoff made needless; write the submissions it touched to `changed`, return how many."""
    n_changed = 0
    for target in range(count):
        submission = submissions[target]
        newer = submission.head
        touched = False
        while newer != NONE:
            before = newer
            number = versions[newer].next
            while number != NONE:
                after = versions[number].next
                if versions[newer].effective <= max(versions[number].effective, cutoff):
                    versions[before].next = after
                    touched = True
                    if number != submission.standing:
                        _free(versions, used, number)
                else:
                    before = number
                number = after
            newer = versions[newer].next
        if touched:
            changed[n_changed] = target
            n_changed += 1
    return n_changed


@numba.njit(cache=True, nogil=True)
def stand(
    targets: Array, begin: int, submissions: Array, versions: Array, used: Array, members: Array, kind: int,
    cutoff: int, window: int, chains: Array, blocks: Array, groups: Array, cells: Array, pool: Array, counters: Array,
    need: Array,
) -> int:  # fmt: skip
    """Make the cells hold what stands of `targets[begin:]`; the index reached.

    Stops early, before touching anything of that submission, when blocks or pool may run out: `need[0]` is the pool
    records asked for, 0 when it is blocks of cells.
    """
    old_cells = np.empty(CELLS_PER_ENTRY, np.int64)
    new_cells = np.empty(CELLS_PER_ENTRY, np.int64)
    for i in range(begin, targets.shape[0]):
        submission = submissions[targets[i]]
        member = members[submission.member]
        chosen = submission.head
        while chosen != NONE and versions[chosen].effective > cutoff:
            chosen = versions[chosen].next
        if chosen != NONE:
            good = member.revision >= 0 and member.kind == kind and member.active == 1 and member.verified <= cutoff
            if not good or versions[chosen].effective <= window or versions[chosen].revision < submission.withdrawn:
                chosen = NONE
        standing = submission.standing
        if chosen == standing:
            continue
        if counters[N_BLOCKS] + 2 * BLOCKS_PER_ENTRY > groups.shape[0]:
            need[0] = 0
            return i
        n_old = 0
        n_new = 0
        room = 0
        if standing != NONE:
            v = versions[standing]
            n_old = locate(
                chains[v.zip], v.role, v.shop_type, v.experience, v.plan, v.size, v.credential_level,
                blocks, groups, counters, old_cells,
            )  # fmt: skip
            room += room_needed(cells, old_cells, n_old, 2, pool, counters)
        if chosen != NONE:
            v = versions[chosen]
            n_new = locate(
                chains[v.zip], v.role, v.shop_type, v.experience, v.plan, v.size, v.credential_level,
                blocks, groups, counters, new_cells,
            )  # fmt: skip
            room += room_needed(cells, new_cells, n_new, 2, pool, counters)
        if counters[POOL_USED] + room > pool.shape[0]:
            need[0] = room
            return i

        contributor = np.int64(submission.member) << CONTRIBUTOR_SHIFT
        if standing != NONE:
            record = contributor | np.int64(versions[standing].cents) << 1 | 1
            for n in range(n_old):
                append(cells, old_cells[n], pool, counters, record)
            if not _listed(submission, versions, standing):
                _free(versions, used, standing)
        if chosen != NONE:
            record = contributor | np.int64(versions[chosen].cents) << 1
            for n in range(n_new):
                append(cells, new_cells[n], pool, counters, record)
        submission.standing = chosen
    return targets.shape[0]


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
def _listed(submission: Array, versions: Array, wanted: int) -> bool:
    number = submission.head
    while number != NONE:
        if number == wanted:
            return True
        number = versions[number].next
    return False

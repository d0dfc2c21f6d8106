"""Compiled kernels of rule 1: which version of a submission stands, and moving it in and out of the cells."""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type, attr-defined"

import numba
import numpy as np

from exchange.domain.addresses import BLOCK, BLOCKS_PER_ENTRY, Array, Shape, blocks_of, places_of
from exchange.domain.layout import CONTRIBUTOR_SHIFT, NONE
from exchange.domain.logs import N_BLOCKS, POOL_USED, append, entry_of, room_needed
from exchange.domain.versions import chosen, free, is_listed, same_entry

NOW = np.int64(2**62)  # a release that counts everything


@numba.njit(cache=True, nogil=True)
def stands(version: Array, member: Array, withdrawn: int, kind: int, cutoff: int, window: int) -> bool:
    """Whether the newest eligible version stands, by rule 1."""
    return (
        member.revision >= 0
        and member.kind == kind
        and member.active == 1
        and member.verified <= cutoff
        and version.effective > window
        and version.revision >= withdrawn
    )


@numba.njit(cache=True, nogil=True)
def stand(
    targets: Array, begin: int, submissions: Array, versions: Array, used: Array, members: Array, kind: int,
    cutoff: int, window: int, shape: Shape, chains: Array, blocks: Array, groups: Array, logs: Array, pool: Array,
    counters: Array, need: Array,
) -> int:  # fmt: skip
    """Make the cells hold what stands of `targets[begin:]`; the index reached.

    Stops early, before touching anything of that submission, when blocks or pool may run out: `need[0]` is the pool
    records asked for, 0 when it is blocks of cells.
    """
    old_blocks = np.empty(BLOCKS_PER_ENTRY, np.int64)
    new_blocks = np.empty(BLOCKS_PER_ENTRY, np.int64)
    for i in range(begin, targets.shape[0]):
        submission = submissions[targets[i]]
        best = chosen(versions, submission.head, NOW, cutoff)
        if best != NONE and not stands(
            versions[best], members[submission.member], submission.withdrawn, kind, cutoff, window
        ):
            best = NONE
        standing = submission.standing
        if best == standing:
            continue
        if counters[N_BLOCKS] + 2 * BLOCKS_PER_ENTRY > groups.shape[0]:
            need[0] = 0
            return i
        n_old = 0
        n_new = 0
        room = 0
        if standing != NONE:
            v = versions[standing]
            n_old = blocks_of(chains[v.zip], v.subject, shape.all_subjects, blocks, groups, counters, old_blocks)
            room += room_needed(logs, old_blocks, n_old, 2, pool, counters)
        if best != NONE:
            v = versions[best]
            n_new = blocks_of(chains[v.zip], v.subject, shape.all_subjects, blocks, groups, counters, new_blocks)
            room += room_needed(logs, new_blocks, n_new, 2, pool, counters)
        if counters[POOL_USED] + room > pool.shape[0]:
            need[0] = room
            return i

        if standing != NONE:
            record = entry_of(submission.member, versions[standing], shape.wide) | 1
            for n in range(n_old):
                append(logs, old_blocks[n], pool, counters, record)
            if not is_listed(submission.head, versions, standing):
                free(versions, used, standing)
        if best != NONE:
            record = entry_of(submission.member, versions[best], shape.wide)
            for n in range(n_new):
                append(logs, new_blocks[n], pool, counters, record)
        submission.standing = best
    return targets.shape[0]


@numba.njit(cache=True, nogil=True)
def differing(
    submissions: Array, versions: Array, count: int, members: Array, withdrawn: Array, kind: int, mark: Array, out: Array
) -> int:  # fmt: skip
    """Write (submission, version that stood at the mark, version that stands now) where these put other values into
    cells; how many. `members` and `withdrawn` are as the mark's release knew them."""
    n = 0
    for target in range(count):
        submission = submissions[target]
        then = chosen(versions, submission.head, mark.release, mark.cutoff)
        if then != NONE and not stands(
            versions[then], members[submission.member], withdrawn[target], kind, mark.cutoff, mark.window
        ):
            then = NONE
        now = submission.standing
        if then == now or (then != NONE and now != NONE and same_entry(versions[then], versions[now])):
            continue
        out[n, 0] = target
        out[n, 1] = then
        out[n, 2] = now
        n += 1
    return n


@numba.njit(cache=True, nogil=True)
def open_blocks(
    pairs: Array, begin: int, versions: Array, shape: Shape, chains: Array, blocks: Array, groups: Array, counters: Array
) -> int:  # fmt: skip
    """Give these versions their blocks; the index reached, less than all when room for blocks runs out."""
    found = np.empty(BLOCKS_PER_ENTRY, np.int64)
    for i in range(begin, pairs.shape[0]):
        if counters[N_BLOCKS] + 2 * BLOCKS_PER_ENTRY > groups.shape[0]:
            return i
        for side in range(1, 3):
            if pairs[i, side] != NONE:
                v = versions[pairs[i, side]]
                blocks_of(chains[v.zip], v.subject, shape.all_subjects, blocks, groups, counters, found)
    return pairs.shape[0]


@numba.njit(cache=True, nogil=True)
def count_changed(
    pairs: Array, submissions: Array, versions: Array, shape: Shape, chains: Array, blocks: Array, groups: Array,
    counters: Array, watched: Array, changed: Array,
) -> None:  # fmt: skip
    """Write to `changed[address]` how many contributors have other values than before, for the `watched` addresses.

    Places where the measure has no cells are never watched."""
    found = np.empty(BLOCKS_PER_ENTRY, np.int64)
    starts = np.zeros(watched.shape[0] + 1, np.int64)
    records = np.empty(0, np.int64)
    # Twice over the same cells: first how many records each gets, then the records, cell by cell.
    for filling in range(2):
        if filling:
            total = np.int64(0)
            for address in range(watched.shape[0]):
                total += starts[address]
                starts[address] = total - starts[address]
            starts[watched.shape[0]] = total
            records = np.empty(total, np.int64)
        for i in range(pairs.shape[0]):
            contributor = np.int64(submissions[pairs[i, 0]].member) << CONTRIBUTOR_SHIFT
            for side in range(1, 3):
                if pairs[i, side] == NONE:
                    continue
                v = versions[pairs[i, side]]
                n = blocks_of(chains[v.zip], v.subject, shape.all_subjects, blocks, groups, counters, found)
                # Not `entry_of`: in a cell only who and how much counts, not the other filters.
                record = contributor | np.int64(v.value) << 1 | np.int64(side == 1)
                places = places_of(v.shop_type, v.grade, v.plan, v.size, v.credential_level)
                for k in range(n):
                    for place in places:
                        address = found[k] * BLOCK + place
                        if not watched[address]:
                            continue
                        if filling:
                            records[starts[address]] = record
                        starts[address] += 1
    begin = np.int64(0)
    for address in range(watched.shape[0]):
        end = starts[address]  # filling has moved every start to its end
        if end > begin:
            changed[address] = _unbalanced(records[begin:end])
        begin = max(begin, end)


@numba.njit(cache=True, nogil=True)
def _unbalanced(records: Array) -> int:
    """How many contributors have a value that came and did not go, or the other way round."""
    records.sort()
    contributors = 0
    last = np.int64(-1)
    i = 0
    while i < records.shape[0]:
        entry = records[i] >> 1
        balance = 0
        while i < records.shape[0] and records[i] >> 1 == entry:
            balance += 1 - 2 * (records[i] & 1)
            i += 1
        contributor = entry >> (CONTRIBUTOR_SHIFT - 1)
        if balance != 0 and contributor != last:
            contributors += 1
            last = contributor
    return contributors

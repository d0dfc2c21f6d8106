"""Compiled: numbers for the submissions of a whole batch, whose names lie in two places of the bytes that were read."""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type"

import numba
import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.names import ABSENT, EMPTY, Names, add_at, find, hash_of, slot_of


@numba.njit(cache=True, nogil=True)
def _join(data: Array, spans: Array, out: Array, ends: Array) -> None:
    """Write the names, each as `ledger.name_of` spells it, one after the other; name i ends at `ends[i]`."""
    at = np.uint64(0)
    for i in range(spans.shape[0]):
        for k in range(np.uint64(spans[i, 0]), np.uint64(spans[i, 1])):
            out[at] = data[k]
            at += np.uint64(1)
        out[at] = 0
        at += np.uint64(1)
        for k in range(np.uint64(spans[i, 2]), np.uint64(spans[i, 3])):
            out[at] = data[k]
            at += np.uint64(1)
        ends[i] = at


@numba.njit(cache=True, nogil=True)
def _intern(
    data: Array, spans: Array, joined: Array, joined_ends: Array,
    key: Array, table: Array, pool: Array, ends: Array, used: Array, members_of: Array,
    member_key: Array, member_table: Array, member_pool: Array, member_ends: Array, out: Array,
) -> int:  # fmt: skip
    """How many could not be numbered: new submissions of members that nobody knows are ABSENT in `out`."""
    hashes = np.empty(spans.shape[0], np.int64)
    looked = np.int64(0)
    for i in range(spans.shape[0]):
        hashes[i] = hash_of(joined, joined_ends[i - 1] if i else 0, joined_ends[i], key)
        looked ^= table[hashes[i] & table.shape[0] - 1]  # so that the processor waits for many slots at once
    unknown = looked & 0
    for i in range(spans.shape[0]):
        start, end = joined_ends[i - 1] if i else 0, joined_ends[i]
        slot = slot_of(joined, start, end, hashes[i], table, pool, ends)
        if table[slot] != EMPTY:
            out[i] = table[slot] & 0xFFFFFFFF
            continue
        member = find(data, spans[i, 0], spans[i, 1], member_key, member_table, member_pool, member_ends)
        if member == ABSENT:
            unknown += 1
            out[i] = ABSENT
        else:
            out[i] = add_at(slot, joined, start, end, hashes[i], table, pool, ends, used)
            members_of[out[i]] = member
    return unknown


def intern_spans(data: Array, spans: Array, names: Names, members_of: Array, members: Names) -> tuple[Array, int]:
    """Number row i's submission: member_id data[spans[i, 0]:spans[i, 1]], submission_id data[spans[i, 2]:spans[i, 3]].

    A new one is given its member in `members_of`, which has room for all. ABSENT is a new one of an unknown member; how
    many of these there are comes second.
    """
    size = int((spans[:, 1] - spans[:, 0] + spans[:, 3] - spans[:, 2] + 1).sum())
    names.reserve(len(spans), size)
    joined, ends, out = np.empty(size, np.uint8), np.empty(len(spans), np.int64), np.empty(len(spans), np.int64)
    _join(data, spans, joined, ends)
    unknown = _intern(
        data, spans, joined, ends, names.key, names.table, names.pool, names.ends, names.used, members_of,
        members.key, members.table, members.pool, members.ends, out,
    )  # fmt: skip
    return out, int(unknown)

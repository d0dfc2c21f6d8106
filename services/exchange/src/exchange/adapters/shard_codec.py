"""How a shard's contributions and members are spelled in Redis, and how a shard is made from them again."""

import struct
from collections.abc import Iterable
from datetime import date
from typing import Final

import numba
import numpy as np

from exchange.adapters.resp import Fields, spell
from exchange.domain.addresses import Array
from exchange.domain.layout import KINDS, NEVER, NONE
from exchange.domain.ledger import SEPARATOR, Ledger
from exchange.domain.shard import Batch, MemberState, Shard, Submitted, Withdrawn

_FIELDS: Final = (
    "revision", "offset", "rank", "effective", "checksum", "cents", "zip",
    "role", "shop_type", "experience", "plan", "size", "credential_level",
)  # fmt: skip
# Little-endian and without padding, whatever machine wrote it. One version is 46 bytes.
_VERSION: Final = np.dtype(
    [("revision", "<i8"), ("offset", "<i8"), ("rank", "<u8"), ("effective", "<i4"), ("checksum", "<u4")]
    + [("cents", "<i4"), ("zip", "<i4")]
    + [(name, "i1") for name in _FIELDS[7:]]
)
_WITHDRAWN: Final = struct.Struct("<q")
_HEAD: Final = _WITHDRAWN.size
_SIZE: Final = _VERSION.itemsize
_MEMBER: Final = struct.Struct("<qiBB32s")


def pack_submissions(ledger: Ledger, targets: Array) -> Fields:
    """These submissions as they stand in the ledger now."""
    values, ends = values_of(ledger, targets)
    return spell(ledger.index.pool, ledger.index.ends, targets, values, ends)


def values_of(ledger: Ledger, targets: Array) -> tuple[Array, Array]:
    """The bytes of the values of these submissions, one after the other, and where each ends."""
    numbers, ends = ledger.version_numbers(targets)
    held = ledger.versions[numbers]
    packed = np.empty(len(numbers), _VERSION)
    for name in _FIELDS:
        packed[name] = held[name]
    withdrawn = ledger.submissions["withdrawn"][targets].astype("<i8")
    # Each value is its head, then its versions.
    values = np.empty(withdrawn.nbytes + packed.nbytes, np.uint8)
    value_ends = np.empty(len(targets), np.int64)
    _join(withdrawn.view(np.uint8), packed.view(np.uint8), ends, values, value_ends)
    return values, value_ends


@numba.njit(cache=True, nogil=True)
def _join(heads: Array, versions: Array, ends: Array, out: Array, out_ends: Array) -> None:
    at = 0
    start = 0
    for i in range(ends.shape[0]):
        for k in range(_HEAD):
            out[at + k] = heads[i * _HEAD + k]
        at += _HEAD
        end = ends[i] * _SIZE
        for k in range(end - start):
            out[at + k] = versions[start + k]
        at += end - start
        start = end
        out_ends[i] = at


def pack_members(shard: Shard, numbers: Iterable[int]) -> list[bytes]:
    """field, value, field, value ... of these members."""
    flat: list[bytes] = []
    for number in numbers:
        member = shard.members[number]
        state = (int(member["revision"]), int(member["verified"]), int(member["kind"]), int(member["active"]))
        flat += [shard.member_ids[number].encode(), _MEMBER.pack(*state, shard.digests[number])]
    return flat


def restore_members(shard: Shard, stored: Iterable[tuple[bytes, bytes]]) -> Batch:
    """A batch that gives an empty shard its members back."""
    batch = Batch()
    for name, value in stored:
        revision, verified, kind, active, digest = _MEMBER.unpack(value)
        member_id = name.decode()
        shard.intern_member(member_id)
        verified_on = None if verified == NEVER else date.fromordinal(verified)
        batch.members.append(MemberState(member_id, revision, digest, KINDS[kind], bool(active), verified_on))
    return batch


def restore_submissions(shard: Shard, measure: str, stored: Iterable[tuple[bytes, bytes]], batch: Batch) -> None:
    """Add to `batch` what gives an empty shard its submissions of one measure back."""
    ledger = shard.ledgers[measure]
    targets: list[int] = []
    blobs: list[bytes] = []
    withdrawn: list[int] = []
    for name, value in stored:
        member_id = name.split(SEPARATOR)[0].decode()
        target = ledger.intern(shard.intern_member(member_id), name)
        targets.append(target)
        withdrawn.append(_WITHDRAWN.unpack_from(value)[0])
        blobs.append(value[_WITHDRAWN.size :])
    numbers = np.array(targets, np.int64)
    counts = np.array([len(blob) // _VERSION.itemsize for blob in blobs], np.int64)
    packed = np.frombuffer(b"".join(blobs), _VERSION)
    rows = np.zeros(len(packed), ledger.versions.dtype)
    for name_ in _FIELDS:
        rows[name_] = packed[name_]
    rows["next"] = NONE
    batch.submitted[measure] = Submitted(np.repeat(numbers, counts), rows)
    revisions = np.array(withdrawn, np.int64)
    batch.withdrawn[measure] = Withdrawn(numbers[revisions >= 0], revisions[revisions >= 0])

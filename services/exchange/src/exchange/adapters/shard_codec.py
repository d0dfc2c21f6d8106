"""How a shard's contributions and members are spelled in Redis, and how a shard is made from them again."""

import struct
from collections.abc import Iterable
from datetime import date
from typing import Final

import numpy as np

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
_MEMBER: Final = struct.Struct("<qiBB32s")


class Corrupt(ValueError):
    """A stored value is not whole."""


def pack_submissions(ledger: Ledger, targets: Array) -> list[bytes]:
    """field, value, field, value ... of these submissions, as they stand in the ledger now."""
    numbers, ends = ledger.version_numbers(targets)
    held = ledger.versions[numbers]
    packed = np.empty(len(numbers), _VERSION)
    for name in _FIELDS:
        packed[name] = held[name]
    versions = packed.tobytes()
    withdrawn = ledger.submissions["withdrawn"][targets].astype("<i8").tobytes()
    flat: list[bytes] = []
    names = ledger.names
    at = start = 0
    for target, end in zip(targets.tolist(), (ends * _VERSION.itemsize).tolist(), strict=True):
        flat.append(names[target])
        flat.append(withdrawn[at : at + 8] + versions[start:end])
        at += 8
        start = end
    return flat


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
        try:
            revision, verified, kind, active, digest = _MEMBER.unpack(value)
            member_id = name.decode()
            verified_on = None if verified == NEVER else date.fromordinal(verified)
            state = MemberState(member_id, revision, digest, KINDS[kind], bool(active), verified_on)
        except (struct.error, ValueError, OverflowError, IndexError) as why:
            raise Corrupt(f"members: {name!r}: {why}") from why
        shard.intern_member(member_id)
        batch.members.append(state)
    return batch


def restore_submissions(shard: Shard, measure: str, stored: Iterable[tuple[bytes, bytes]], batch: Batch) -> None:
    """Add to `batch` what gives an empty shard its submissions of one measure back."""
    ledger = shard.ledgers[measure]
    targets: list[int] = []
    blobs: list[bytes] = []
    withdrawn: list[int] = []
    for name, value in stored:
        member_id, separator, _ = name.partition(SEPARATOR)
        if not separator or len(value) % _VERSION.itemsize != _WITHDRAWN.size:
            raise Corrupt(f"{measure}: {name!r}: {len(value)} bytes")
        try:
            target = ledger.intern(shard.intern_member(member_id.decode()), name)
        except UnicodeDecodeError as why:
            raise Corrupt(f"{measure}: {name!r}: {why}") from why
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

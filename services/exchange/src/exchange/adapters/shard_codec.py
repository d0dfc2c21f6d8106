"""How a shard's contributions and members are spelled in Redis, and how a shard is made from them again.

A value begins with the CRC-32 of its field's name and of what follows. Little-endian and without padding throughout,
whatever machine wrote it.
"""
# Numba infers and checks the kernel's types when it compiles it.
# mypy: disable-error-code="no-any-return, return-value, arg-type, assignment"

import struct
import zlib
from collections.abc import Iterable
from datetime import date
from typing import Final

import numba
import numpy as np

from exchange.adapters.hash_sum import HashSum
from exchange.adapters.resp import Fields, spell
from exchange.adapters.shard_store import Held
from exchange.domain.addresses import Array
from exchange.domain.checksum import CRC_TABLES, extended
from exchange.domain.layout import KINDS, NEVER, NONE, VERSION
from exchange.domain.ledger import SEPARATOR, Ledger, TakenBack
from exchange.domain.members import MemberState
from exchange.domain.names import ABSENT
from exchange.domain.shard import Batch, Shard, Submitted, Withdrawn

_FIELDS: Final = (
    "revision", "offset", "rank", "effective", "checksum", "value", "zip", "known",
    "subject", "shop_type", "grade", "plan", "size", "credential_level",
)  # fmt: skip
# One version is 50 bytes.
_VERSION: Final = np.dtype(
    [("revision", "<i8"), ("offset", "<i8"), ("rank", "<u8"), ("effective", "<i4"), ("checksum", "<u4")]
    + [("value", "<i4"), ("zip", "<i4"), ("known", "<i4")]
    + [(name, "i1") for name in _FIELDS[8:]]
)
_CRC: Final = struct.Struct("<I")
_COUNT: Final = struct.Struct("<H")  # of withdrawals, before them; versions fill the rest
_WITHDRAWAL: Final = struct.Struct("<qqi")
_CRC_SIZE, _COUNT_SIZE, _WITHDRAWAL_SIZE, _VERSION_SIZE = (
    _CRC.size, _COUNT.size, _WITHDRAWAL.size, _VERSION.itemsize,
)  # fmt: skip
_HEAD: Final = _CRC_SIZE + _COUNT_SIZE
_STATE: Final = struct.Struct("<qiBB32sqiB")  # and the name of its source, whose length comes last


class Corrupt(ValueError):
    """What the store holds is not what was written there."""


def _sealed(name: bytes, body: bytes) -> bytes:
    return _CRC.pack(zlib.crc32(body, zlib.crc32(name))) + body


def _opened(name: bytes, value: bytes) -> bytes:
    """The body of a value. Raises Corrupt."""
    body = value[_CRC.size :]
    if len(value) < _CRC.size or _CRC.unpack_from(value)[0] != zlib.crc32(body, zlib.crc32(name)):
        raise Corrupt(f"the value of {name!r} is not whole")
    return body


def pack_submissions(ledger: Ledger, targets: Array, held: HashSum) -> Fields:
    """These submissions as they stand in the ledger now, noted in what the store will hold."""
    names = ledger.index
    values, ends = values_of(ledger, targets)
    held.note(targets, values, ends)
    return spell(names.pool, names.ends, targets, values, ends)


def values_of(ledger: Ledger, targets: Array) -> tuple[Array, Array]:
    """The bytes of the values of these submissions, one after the other, and where each ends."""
    numbers, ends = ledger.version_numbers(targets)
    held = ledger.versions[numbers]
    packed = np.empty(len(numbers), _VERSION)
    for name in _FIELDS:
        packed[name] = held[name]
    counts, withdrawals = _withdrawals(ledger, targets)
    fixed = (_CRC.size + _COUNT.size) * len(targets)
    values = np.empty(fixed + len(withdrawals) + packed.nbytes, np.uint8)
    value_ends = np.empty(len(targets), np.int64)
    _join(
        ledger.index.pool, ledger.index.ends, targets, counts, withdrawals, packed.view(np.uint8), ends, CRC_TABLES,
        values, value_ends,
    )  # fmt: skip
    return values, value_ends


def _withdrawals(ledger: Ledger, targets: Array) -> tuple[Array, Array]:
    """How many withdrawals each of these submissions has, and all of them, packed."""
    counts = np.zeros(len(targets), np.int64)
    if not ledger.withdrawals:
        return counts, np.zeros(0, np.uint8)
    found = [ledger.withdrawals.get(target, ()) for target in targets.tolist()]
    counts[:] = [len(taken_back) for taken_back in found]
    packed = b"".join(_WITHDRAWAL.pack(*one) for taken_back in found for one in taken_back)
    return counts, np.frombuffer(packed, np.uint8)


@numba.njit(cache=True, nogil=True)
def _join(
    names: Array, name_ends: Array, targets: Array, counts: Array, withdrawals: Array, versions: Array, ends: Array,
    tables: Array, out: Array, out_ends: Array,
) -> None:  # fmt: skip
    """Write each value: checksum, number of withdrawals, these, then the versions up to `ends[i]`."""
    at = 0
    taken = 0
    start = 0
    for i in range(targets.shape[0]):
        sealed = at
        at += _CRC_SIZE
        out[at] = counts[i] & 255
        out[at + 1] = counts[i] >> 8
        at += _COUNT_SIZE
        for _ in range(counts[i] * _WITHDRAWAL_SIZE):
            out[at] = withdrawals[taken]
            at += 1
            taken += 1
        end = ends[i] * _VERSION_SIZE
        for k in range(start, end):
            out[at] = versions[k]
            at += 1
        start = end
        number = targets[i]
        crc = extended(np.uint32(0xFFFFFFFF), names, name_ends[number - 1] if number else 0, name_ends[number], tables)
        crc = extended(crc, out, sealed + _CRC_SIZE, at, tables) ^ np.uint32(0xFFFFFFFF)
        for k in range(_CRC_SIZE):
            out[sealed + k] = crc >> np.uint32(8 * k) & np.uint32(255)
        out_ends[i] = at


def pack_members(shard: Shard, numbers: Iterable[int]) -> list[bytes]:
    """field, value, field, value ... of these members."""
    flat: list[bytes] = []
    for number in numbers:
        name = shard.members.ids[number].encode()
        flat += [name, _sealed(name, b"".join(_pack_state(state) for state in shard.members.states(number)))]
    return flat


def _pack_state(state: MemberState) -> bytes:
    verified = NEVER if state.verified_on is None else state.verified_on.toordinal()
    source = state.source.encode()
    fixed = (state.revision, verified, KINDS.index(state.kind), state.active, state.digest, state.offset, state.known)
    return _STATE.pack(*fixed, len(source)) + source


def restore_members(shard: Shard, stored: Held, held: HashSum) -> Batch:
    """A batch that gives an empty shard its members back; their values are noted in `held`. Raises Corrupt."""
    batch = Batch()
    numbers = []
    for name, value in zip(*stored, strict=True):
        body = _opened(name, value)
        member_id = name.decode()
        numbers.append(shard.intern_member(member_id))
        at = 0
        while at < len(body):
            revision, verified, kind, active, digest, offset, known, length = _STATE.unpack_from(body, at)
            at += _STATE.size
            verified_on = None if verified == NEVER else date.fromordinal(verified)
            source = body[at : at + length].decode()
            at += length
            batch.members.append(
                MemberState(
                    member_id, revision, digest, KINDS[kind], bool(active), verified_on, source, offset, known
                )
            )  # fmt: skip
    held.note_all(numbers, stored.values)
    return batch


def restore_submissions(
    shard: Shard, measure: str, stored: Held, batch: Batch, sources: tuple[str, str], held: HashSum
) -> None:  # fmt: skip
    """Add to `batch` what gives an empty shard its submissions of one measure back. Raises Corrupt.

    `sources` are those of submissions and of withdrawals; the values are noted in `held`.
    """
    texts = stored.names
    names, name_ends = _together(texts)
    values, value_ends = _together(stored.values)
    spans, counts = np.zeros((len(texts), 4), np.int64), np.zeros(len(texts), np.int64)
    wrong = _open(names, name_ends, values, value_ends, CRC_TABLES, spans, counts)
    if wrong >= 0:
        raise Corrupt(f"the value of {texts[wrong]!r} is not whole")
    targets = _numbers(shard, shard.ledgers[measure], texts, names, spans)
    held.note(targets, values, value_ends)
    lengths = np.diff(value_ends, prepend=0) - _HEAD - counts * _WITHDRAWAL_SIZE
    versions = np.empty(int(lengths.sum()), np.uint8)
    _versions_of(values, value_ends, lengths, versions)
    packed = versions.view(_VERSION)
    rows = np.zeros(len(packed), VERSION)
    for name in _FIELDS:
        rows[name] = packed[name]
    rows["next"] = NONE
    batch.submitted[measure] = Submitted(np.repeat(targets, lengths // _VERSION_SIZE), rows, sources[0])
    withdrawn: list[int] = []
    taken_back: list[TakenBack] = []
    for n in np.flatnonzero(counts).tolist():
        packed_withdrawals = stored.values[n][_HEAD : _HEAD + int(counts[n]) * _WITHDRAWAL_SIZE]
        for found in _WITHDRAWAL.iter_unpack(packed_withdrawals):
            withdrawn.append(int(targets[n]))
            taken_back.append(TakenBack(*found))
    batch.withdrawn[measure] = Withdrawn(np.array(withdrawn, np.int64), taken_back, sources[1])


def _together(texts: list[bytes]) -> tuple[Array, Array]:
    """All of them one after the other, and where each ends."""
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    return np.frombuffer(b"".join(texts) or b"\0", np.uint8), ends


def _numbers(shard: Shard, ledger: Ledger, texts: list[bytes], names: Array, spans: Array) -> Array:
    """The numbers that these submissions have from now on."""
    targets, unknown = ledger.intern_spans(names, spans, shard.members.names)
    if unknown:
        for n in np.flatnonzero(targets == ABSENT).tolist():
            member = texts[n].split(SEPARATOR)[0].decode()
            targets[n] = ledger.intern(shard.intern_member(member), texts[n])
    return targets


@numba.njit(cache=True, nogil=True)
def _open(
    names: Array, name_ends: Array, values: Array, value_ends: Array, tables: Array, spans: Array, counts: Array
) -> int:  # fmt: skip
    """Where the two ids of each name lie, and how many withdrawals each value has; the first value not whole, or -1."""
    first = 0
    start = 0
    for i in range(name_ends.shape[0]):
        end, stop = name_ends[i], value_ends[i]
        split = first
        while split < end and names[split] != 0:
            split += 1
        if split == end or stop - start < _HEAD:
            return i
        crc = extended(np.uint32(0xFFFFFFFF), names, first, end, tables)
        crc = extended(crc, values, start + _CRC_SIZE, stop, tables) ^ np.uint32(0xFFFFFFFF)
        for k in range(_CRC_SIZE):
            if values[start + k] != crc >> np.uint32(8 * k) & np.uint32(255):
                return i
        counts[i] = np.int64(values[start + _CRC_SIZE]) | np.int64(values[start + _CRC_SIZE + 1]) << 8
        rest = stop - start - _HEAD - counts[i] * _WITHDRAWAL_SIZE
        if rest < 0 or rest % _VERSION_SIZE:
            return i
        spans[i, 0], spans[i, 1], spans[i, 2], spans[i, 3] = first, split, split + 1, end
        first, start = end, stop
    return -1


@numba.njit(cache=True, nogil=True)
def _versions_of(values: Array, value_ends: Array, lengths: Array, out: Array) -> None:
    """Write what ends each value, the versions, one after the other."""
    at = 0
    for i in range(value_ends.shape[0]):
        for k in range(value_ends[i] - lengths[i], value_ends[i]):
            out[at] = values[k]
            at += 1

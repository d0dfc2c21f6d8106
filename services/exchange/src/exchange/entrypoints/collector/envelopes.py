"""Finds the records in fetched batches, and tells those whose envelope is plainly right from those to look at.

One pass over the bytes of a fetch. A plain record's headers are in the order in which `contracts.codec` writes them, the
intake's included: nothing is decided about any other, the codec looks at it.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type"

from dataclasses import dataclass
from typing import Final

import numba
import numpy as np
from chassis.fetched import Fetched

from exchange.domain.addresses import Array
from exchange.entrypoints.collector.digits import day_ordinal, digits
from exchange.entrypoints.collector.origin import PREFIX
from exchange.entrypoints.collector.varints import varint

_FIRST: Final = ("content-type", "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time")
_CONTENT_TYPE, _VERSION, _ID, _SOURCE, _TYPE, _TIME = range(len(_FIRST))
_MOST_HEADERS: Final = 16
_MOST_BYTES: Final = 1000  # of all values together; the codec allows more, and counts names too
_LONGEST_NAME: Final = 60
_LONGEST_ID: Final = 200
_LONGEST: Final = 500

PLAIN: Final = 1
COPY: Final = 2

RECORD: Final = np.dtype(
    [("offset", "i8"), ("start", "i8"), ("end", "i8"), ("plain", "i1")],  # its value is data[start:end]; null: end -1
    align=True,
)


def _joined(texts: tuple[str, ...]) -> tuple[Array, Array]:
    return np.frombuffer("".join(texts).encode(), np.uint8), np.cumsum([len(text) for text in texts])


_NAMES, _NAME_ENDS = _joined(_FIRST)
_OF_COPIES: Final = np.frombuffer(PREFIX.encode(), np.uint8)


@numba.njit(cache=True, nogil=True)
def _same(a: Array, a_start: int, a_end: int, b: Array, b_start: int, b_end: int) -> bool:
    if a_end - a_start != b_end - b_start:
        return False
    a_at, b_at = np.uint64(a_start), np.uint64(b_start)  # unsigned: not to be looked at for being negative
    for i in range(np.uint64(a_end - a_start)):  # noqa: SIM110 - compiled
        if a[a_at + i] != b[b_at + i]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _begins(data: Array, start: int, end: int, text: Array) -> bool:
    return end - start >= text.shape[0] and _same(data, start, start + text.shape[0], text, 0, text.shape[0])


@numba.njit(cache=True, nogil=True)
def _spells(data: Array, start: int, end: int, texts: Array, ends: Array, which: int) -> bool:
    return _same(data, start, end, texts, ends[which - 1] if which else 0, ends[which])


@numba.njit(cache=True, nogil=True)
def _is_utc(data: Array, start: int, end: int) -> bool:
    """Whether this is a time as every event of ours spells it: RFC 3339, at most microseconds, `Z`."""
    length = end - start
    if not (length == 20 or 22 <= length <= 27) or data[end - 1] != 90 or (length > 20 and data[start + 19] != 46):
        return False
    for i in range(length - 1):
        byte = data[start + i]
        if i == 4 or i == 7:
            if byte != 45:
                return False
        elif i == 10:
            if byte != 84:
                return False
        elif i == 13 or i == 16:
            if byte != 58:
                return False
        elif i != 19 and not 48 <= byte <= 57:
            return False
    if day_ordinal(data, start, start + 10) < 0:
        return False
    hour, minute, second = digits(data, start + 11, 2), digits(data, start + 14, 2), digits(data, start + 17, 2)
    return hour < 24 and minute < 60 and second < 60


@numba.njit(cache=True, nogil=True)
def _is_plain_name(data: Array, start: int, end: int) -> bool:
    """Lower case only: the codec tells names apart without their case."""
    if not 0 < end - start <= _LONGEST_NAME:
        return False
    for i in range(np.uint64(start), np.uint64(end)):
        byte = data[i]
        if not (97 <= byte <= 122 or 48 <= byte <= 57 or byte == 45 or byte == 95):
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _is_plain_value(data: Array, start: int, end: int, number: int, fixed: Array, fixed_ends: Array) -> bool:
    for i in range(np.uint64(start), np.uint64(end)):
        if not 32 <= data[i] <= 126:
            return False
    if number == _CONTENT_TYPE:
        return _spells(data, start, end, fixed, fixed_ends, 0)
    if number == _VERSION:
        return _spells(data, start, end, fixed, fixed_ends, 1)
    if number == _TYPE:
        return _spells(data, start, end, fixed, fixed_ends, 2)
    if number == _TIME:
        return _is_utc(data, start, end)
    if number == _ID:
        return 0 < end - start <= _LONGEST_ID
    return end - start <= _LONGEST and (number != _SOURCE or end > start)


@numba.njit(cache=True, nogil=True)
def _are_plain(
    data: Array, at: int, end: int, names: Array, name_ends: Array, fixed: Array, fixed_ends: Array, spans: Array
) -> int:
    """PLAIN if the headers that begin at `at`, their number first, are plainly right, COPY if the last ones say besides
    where the record came from, else 0; `spans` is room to work in."""
    count, at = varint(data, at, end)
    if at < 0 or not name_ends.shape[0] <= count <= _MOST_HEADERS:
        return 0
    size = 0
    for n in range(count):
        length, at = varint(data, at, end)
        if at < 0 or not 0 <= length <= end - at:
            return 0
        start, stop = at, at + length
        length, at = varint(data, stop, end)
        if at < 0 or not 0 <= length <= end - at:  # -1 is a header without a value
            return 0
        size += length
        if n < name_ends.shape[0]:
            if not _spells(data, start, stop, names, name_ends, n):
                return 0
        elif not _is_plain_name(data, start, stop) or (n < count - 2 and _begins(data, start, stop, _OF_COPIES)):
            return 0
        else:
            for other in range(n):
                if _same(data, start, stop, data, spans[other, 0], spans[other, 1]):
                    return 0
        spans[n, 0] = start
        spans[n, 1] = stop
        if size > _MOST_BYTES or not _is_plain_value(data, at, at + length, n, fixed, fixed_ends):
            return 0
        at += length
    if at != end:
        return 0
    return COPY if _begins(data, spans[count - 1, 0], spans[count - 1, 1], _OF_COPIES) else PLAIN


@numba.njit(cache=True, nogil=True)
def _find(
    data: Array, batches: Array, first: int, names: Array, name_ends: Array, fixed: Array, fixed_ends: Array, out: Array
) -> int:
    """Write every record from offset `first` on to `out`; how many, or -1 when these are no batches of records."""
    spans = np.empty((_MOST_HEADERS, 2), np.int64)
    found = 0
    for b in range(batches.shape[0]):
        base, count, at, end = batches[b, 0], batches[b, 1], batches[b, 2], batches[b, 3]
        for _ in range(count):
            length, at = varint(data, at, end)
            if at < 0 or not 1 <= length <= end - at:
                return -1
            stop = at + length
            _, at = varint(data, at + 1, stop)  # one byte of attributes, then the time
            if at < 0:
                return -1
            delta, at = varint(data, at, stop)
            if at < 0:
                return -1
            length, at = varint(data, at, stop)  # the key
            if at < 0 or max(length, 0) > stop - at:
                return -1
            length, at = varint(data, at + max(length, 0), stop)
            if at < 0 or max(length, 0) > stop - at:
                return -1
            if base + delta >= first:
                record = out[found]
                found += 1
                record.offset = base + delta
                record.start = at
                record.end = at + length if length >= 0 else -1
                record.plain = 0
                if length >= 0:
                    record.plain = _are_plain(data, at + length, stop, names, name_ends, fixed, fixed_ends, spans)
            at = stop
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """The records of a fetch in order: RECORD, whose values lie in `data`."""

    data: Array
    records: Array


class Envelopes:
    """Finds the records of one event type."""

    def __init__(self, ce_type: str) -> None:
        self._fixed, self._fixed_ends = _joined(("application/json", "1.0", ce_type))

    def __call__(self, fetched: Fetched) -> Found | None:
        """None when this reader cannot find the records at all."""
        data = np.frombuffer(fetched.data or b"\0", np.uint8)
        if fetched.batches is None:
            return None
        batches = np.array(fetched.batches, np.int64).reshape(-1, 4)
        out = np.zeros(int(batches[:, 1].sum()), RECORD)
        found = _find(data, batches, fetched.first, _NAMES, _NAME_ENDS, self._fixed, self._fixed_ends, out)
        return None if found < 0 else Found(data, out[:found])

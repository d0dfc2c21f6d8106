"""A compiled reader of `pay.submitted` bodies, one pass over the bytes, for bodies that are plainly right.

It knows one shape: a flat JSON object in ASCII without escapes, each field once and no other, texts where texts belong.
Whatever else a body is, right or wrong, the contract itself reads it. So this path may refuse what the contract takes
but never takes what the contract refuses; a test holds it to that, field by field.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type, attr-defined"

from collections.abc import Sequence
from typing import Final

import numba
import numpy as np
from contracts.vocabulary import CREDENTIALS

from exchange.domain.addresses import Array
from exchange.domain.checksum import CRC_TABLES, checksum
from exchange.domain.codes import EXPERIENCES, PLANS, RATE_UNITS, ROLES, SHOP_TYPES, SIZES, credential_level
from exchange.domain.effective_pay import effective_cents
from exchange.entrypoints.collector.digits import day_ordinal, decimal, digits, whole

_WIDTH: Final = 32  # of a code's cell in the tables; no field name or code is longer

# In the order of canonical JSON, so that the next field is usually the one after the last.
_FIELDS: Final = (
    "annual_bonus", "base_rate", "credentials", "effective_on", "experience", "hours_clocked", "hours_flagged",
    "hours_guaranteed", "labor_sales_week", "member_id", "plan", "rate", "rate_unit", "revision", "role", "shop_type",
    "size", "submission_id", "weekly_extra", "zip",
)  # fmt: skip
_OPTIONAL: Final = frozenset(
    {
        "annual_bonus",
        "base_rate",
        "credentials",
        "hours_flagged",
        "hours_guaranteed",
        "labor_sales_week",
        "weekly_extra",
    }
)
(
    _BONUS, _BASE, _CREDENTIALS, _EFFECTIVE, _EXPERIENCE, _HOURS, _FLAGGED, _GUARANTEED, _SALES, _MEMBER, _PLAN, _RATE,
    _UNIT, _REVISION, _ROLE, _SHOP, _SIZE, _SUBMISSION, _EXTRA, _ZIP,
) = range(len(_FIELDS))  # fmt: skip
_REQUIRED_MASK: Final = sum(1 << n for n, name in enumerate(_FIELDS) if name not in _OPTIONAL)
_CODED: Final = {
    _EXPERIENCE: EXPERIENCES,
    _PLAN: PLANS,
    _UNIT: RATE_UNITS,
    _ROLE: ROLES,
    _SHOP: SHOP_TYPES,
    _SIZE: SIZES,
}
_LONGEST_ID: Final = 200
_MOST_CREDENTIALS: Final = 64  # one bit each; the contract's list is shorter


def _table(texts: Sequence[str]) -> tuple[Array, Array]:
    cells = np.zeros((len(texts), _WIDTH), np.uint8)
    for row, text in zip(cells, texts, strict=True):
        row[: len(text)] = np.frombuffer(text.encode("ascii"), np.uint8)
    return cells, np.array([len(text) for text in texts], np.int64)


def _series(credential_names: Sequence[str]) -> Array:
    """Bits of the three series of which one whole makes a master."""
    bit = {name: 1 << n for n, name in enumerate(credential_names)}
    wholes = (range(1, 9), "A"), (range(2, 6), "B"), (range(2, 9), "T")
    made = [[f"{letter}{n}" for n in numbers] for numbers, letter in wholes]
    assert all(credential_level(tuple(names)) == 2 for names in made)  # noqa: S101 - the rule is the domain's
    return np.array([sum(bit[name] for name in names) for names in made], np.int64)


_NAMES, _NAME_LENGTHS = _table(_FIELDS)
_CODES, _CODE_LENGTHS = _table([code for codes in _CODED.values() for code in codes])
_CODE_SPAN: Final = np.zeros((len(_FIELDS), 2), np.int64)  # field -> first row in _CODES, and the row after the last
_start = 0
for _field, _codes in _CODED.items():
    _CODE_SPAN[_field] = _start, _start + len(_codes)
    _start += len(_codes)
assert len(CREDENTIALS) <= _MOST_CREDENTIALS  # noqa: S101
_CREDS, _CRED_LENGTHS = _table(CREDENTIALS)
_MASTER: Final = _series(CREDENTIALS)


@numba.njit(cache=True, nogil=True)
def _match(data: Array, start: int, length: int, table: Array, lengths: Array, first: int, last: int) -> int:
    """The row of `table[first:last]` that spells this text, or -1."""
    for row in range(np.uint64(first), np.uint64(last)):
        if lengths[row] != length:
            continue
        same = True
        for i in range(np.uint64(length)):
            if data[np.uint64(start) + i] != table[row, i]:
                same = False
                break
        if same:
            return np.int64(row)
    return -1


@numba.njit(cache=True, nogil=True)
def _text_end(data: Array, at: int, end: int) -> int:
    """Where a text that begins at `at` has its closing quote; -1 for one with escapes, controls or non-ASCII."""
    for i in range(np.uint64(at), np.uint64(end)):  # unsigned: not to be looked at for being negative
        byte = data[i]
        if byte == 34:
            return np.int64(i)
        if byte < 32 or byte >= 127 or byte == 92:
            return -1
    return -1


@numba.njit(cache=True, nogil=True)
def _credentials(data: Array, at: int, end: int, table: Array, lengths: Array, master: Array) -> tuple[int, int]:
    """The level of a list of credentials, and where the list ends; -1 for anything else."""
    if at >= end or data[at] != 91:
        return -1, at
    at += 1
    held = np.int64(0)
    if at < end and data[at] == 93:
        return 0, at + 1
    count = 0
    while at < end:
        if data[at] != 34 or count == 100:
            return -1, at
        close = _text_end(data, at + 1, end)
        if close < 0:
            return -1, at
        row = _match(data, at + 1, close - at - 1, table, lengths, 0, table.shape[0])
        if row < 0:
            return -1, at
        held |= np.int64(1) << np.int64(row)
        count += 1
        at = close + 1
        if at < end and data[at] == 93:
            for n in range(master.shape[0]):
                if held & master[n] == master[n]:
                    return 2, at + 1
            return 1, at + 1
        if at >= end or data[at] != 44:
            return -1, at
        at += 1
        while at < end and data[at] == 32:
            at += 1
    return -1, at


@numba.njit(cache=True, nogil=True)
def scan(
    data: Array, starts: Array, ends: Array, chains: Array, rows: Array, spans: Array,
    names: Array, name_lengths: Array, codes: Array, code_lengths: Array, code_span: Array,
    credentials: Array, credential_lengths: Array, master: Array, crc: Array,
) -> None:  # fmt: skip
    """Read body i = data[starts[i]:ends[i]] into `rows[i]`; `spans[i]` are its member_id's and submission_id's places.

    A body that is not plainly right leaves `rows[i].value` 0.
    """
    amounts = np.empty(20, np.int64)
    found = np.empty(20, np.int64)
    for i in range(ends.shape[0]):
        rows[i].value = 0
        at = start = starts[i]
        end = ends[i]
        if end - at < 2 or data[at] != 123:
            continue
        at += 1
        seen = np.int64(0)
        amounts[:] = -1
        guess = 0
        level = 0
        revision = 0
        day = 0
        code = 0
        good = True
        while True:
            if at >= end or data[at] != 34:
                good = False
                break
            close = _text_end(data, at + 1, end)
            if close < 0:
                good = False
                break
            field = _match(data, at + 1, close - at - 1, names, name_lengths, guess, guess + 1)
            if field < 0:
                field = _match(data, at + 1, close - at - 1, names, name_lengths, 0, names.shape[0])
            if field < 0 or seen >> field & 1:
                good = False
                break
            seen |= np.int64(1) << np.int64(field)
            guess = field + 1 if field + 1 < names.shape[0] else 0
            at = close + 1
            if at >= end or data[at] != 58:
                good = False
                break
            at += 1
            while at < end and data[at] == 32:
                at += 1
            if field == _REVISION:
                revision, at = whole(data, at, end)
                good = revision > 0
            elif field == _CREDENTIALS:
                level, at = _credentials(data, at, end, credentials, credential_lengths, master)
                good = level >= 0
            else:
                if at >= end or data[at] != 34:
                    good = False
                    break
                close = _text_end(data, at + 1, end)
                if close < 0:
                    good = False
                    break
                at += 1
                if code_span[field, 1] > 0:
                    code = _match(data, at, close - at, codes, code_lengths, code_span[field, 0], code_span[field, 1])
                    found[field] = code - code_span[field, 0]
                    good = code >= 0
                elif field in (_MEMBER, _SUBMISSION):
                    which = 0 if field == _MEMBER else 2
                    spans[i, which] = at
                    spans[i, which + 1] = close
                    good = 0 < close - at <= _LONGEST_ID
                elif field == _EFFECTIVE:
                    day = day_ordinal(data, at, close)
                    good = day > 0
                elif field == _ZIP:
                    number = digits(data, at, 5) if close - at == 5 else -1
                    good = number >= 0 and chains[number, 0] >= 0
                    found[_ZIP] = number
                else:
                    amounts[field] = decimal(data, at, close)
                    good = amounts[field] >= 0
                at = close + 1
            if not good or at >= end:
                good = False
                break
            if data[at] == 125:
                good = at + 1 == end
                break
            if data[at] != 44:
                good = False
                break
            at += 1
            while at < end and data[at] == 32:
                at += 1
        if not good or seen & _REQUIRED_MASK != _REQUIRED_MASK:
            continue
        row = rows[i]
        row.revision = revision
        row.effective = day
        row.zip = found[_ZIP]
        row.subject = found[_ROLE]
        row.shop_type = found[_SHOP]
        row.grade = found[_EXPERIENCE]
        row.plan = found[_PLAN]
        row.size = found[_SIZE]
        row.credential_level = level
        row.checksum = checksum(data, start, end, crc)
        cents = effective_cents(
            found[_PLAN], amounts[_RATE], found[_UNIT], amounts[_HOURS], amounts[_FLAGGED], amounts[_GUARANTEED],
            amounts[_BASE], amounts[_SALES], amounts[_EXTRA], amounts[_BONUS],
        )  # fmt: skip
        row.value = max(cents, 0)


def scan_bodies(data: Array, starts: Array, ends: Array, chains: Array, rows: Array, spans: Array) -> None:
    """`scan` with the tables of this module."""
    scan(
        data, starts, ends, chains, rows, spans, _NAMES, _NAME_LENGTHS, _CODES, _CODE_LENGTHS,
        _CODE_SPAN, _CREDS, _CRED_LENGTHS, _MASTER, CRC_TABLES,
    )  # fmt: skip

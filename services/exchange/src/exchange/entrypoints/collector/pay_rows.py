"""Bodies of `pay.submitted` into VERSION records, many at a time: the collector's fast path.

A body that is anything but plainly right is left to the slow path, the contract itself, which either reads it or
says what is wrong. So this path may be stricter than the contract and never more lenient; a test holds it to that.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec
import numba
import numpy as np
from contracts.exchange import PositionPay

from exchange.domain.cells import Array
from exchange.domain.codes import (
    EXPERIENCES,
    PLANS,
    RATE_UNITS,
    ROLES,
    SHOP_TYPES,
    SIZES,
    credential_level,
    numbered,
)
from exchange.domain.effective_pay import SCALE, effective_cents
from exchange.domain.layout import VERSION

ABSENT: Final = -1
BAD: Final = -2
_REQUIRED: Final = 13
_LONGEST: Final = 4096  # a longer body is unusual enough for the slow path
_VALID_ID: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,200}")
_MOST_MEMOS: Final = 200_000  # texts remembered with their value; a hostile stream must not fill the memory
MAX_REVISION: Final = 2**53 - 1


class PayBody(msgspec.Struct, gc=False):
    """The fields of a pay event that the exchange reads, as text."""

    submission_id: str
    revision: int
    member_id: str
    role: str
    experience: str
    shop_type: str
    size: str
    zip: str
    plan: str
    rate: str
    rate_unit: str
    hours_clocked: str
    effective_on: str
    hours_flagged: str | None = None
    hours_guaranteed: str | None = None
    base_rate: str | None = None
    labor_sales_week: str | None = None
    weekly_extra: str | None = None
    annual_bonus: str | None = None
    credentials: list[str] | None = None


class _Memo(dict[str | None, int]):
    """Text -> number, worked out once: the same few thousand texts come again and again."""

    def __missing__(self, text: str | None) -> int:
        if len(self) > _MOST_MEMOS:
            self.clear()
        value = self[text] = ABSENT if text is None else self.read(text)
        return value

    def read(self, text: str) -> int:
        raise NotImplementedError


class _Decimals(_Memo):
    """A plain number (at most 7 digits and 4 decimals), times 10^4."""

    def read(self, text: str) -> int:
        whole, point, decimals = text.partition(".")
        fits = 1 <= len(whole) <= 7 and len(decimals) <= 4 and bool(point) == bool(decimals)
        if not fits or not (whole + decimals).isdigit() or not text.isascii():
            return BAD
        return int(whole) * SCALE + int((decimals + "0000")[:4])


class _Days(_Memo):
    """YYYY-MM-DD as a proleptic ordinal."""

    def read(self, text: str) -> int:
        if len(text) != 10 or text[4] != "-" or text[7] != "-":
            return BAD
        try:
            return date.fromisoformat(text).toordinal()
        except ValueError:
            return BAD


class _Zips(_Memo):
    """A ZIP of the table, as a number."""

    def __init__(self, chains: Array) -> None:
        self._chains = chains

    def read(self, text: str) -> int:
        if len(text) != 5 or not text.isdigit() or not text.isascii() or self._chains[int(text), 0] < 0:
            return BAD
        return int(text)


@dataclass(frozen=True, slots=True)
class PayRows:
    """The readable bodies: `at[i]` is the record that row i came from, `names[i]` its (member_id, submission_id)."""

    at: Array
    names: list[tuple[str, str]]
    rows: Array  # VERSION
    others: list[int]  # records for the slow path


@numba.njit(cache=True, nogil=True)
def _price(codes: Array, amounts: Array, rows: Array) -> None:
    for i in range(rows.shape[0]):
        plausible = True
        for n in range(amounts.shape[1]):
            plausible &= amounts[i, n] != BAD
        if plausible and rows[i].plan >= 0:
            a = amounts[i]
            rows[i].cents = effective_cents(rows[i].plan, a[0], codes[i], a[1], a[2], a[3], a[4], a[5], a[6], a[7])
        else:
            rows[i].cents = BAD


class PayReader:
    """Reads batches; remembers texts from one to the next."""

    def __init__(self, chains: Array, credentials: Sequence[str]) -> None:
        self._decode = msgspec.json.Decoder(PayBody).decode
        self._decimals = _Decimals()
        self._days = _Days()
        self._zips = _Zips(chains)
        self._known_credentials = frozenset(credentials)
        self._levels: dict[tuple[str, ...], int] = {}
        self._roles, self._experiences = numbered(ROLES), numbered(EXPERIENCES)
        self._shop_types, self._sizes = numbered(SHOP_TYPES), numbered(SIZES)
        self._plans, self._units = numbered(PLANS), numbered(RATE_UNITS)

    def read(self, bodies: Sequence[bytes | None], offsets: Sequence[int]) -> PayRows:
        """Rows for the bodies that are plainly right; `offsets[i]` is the offset of the record of `bodies[i]`."""
        others: list[int] = []
        at: list[int] = []
        read: list[PayBody] = []
        decode = self._decode
        for i, body in enumerate(bodies):
            if body is None or len(body) > _LONGEST or b"\\" in body:
                others.append(i)
                continue
            try:
                read.append(decode(body))
                at.append(i)
            except (msgspec.DecodeError, RecursionError, UnicodeError):
                others.append(i)
        rows, good = self._rows(read, [bodies[i] for i in at], [offsets[i] for i in at])  # type: ignore[misc]
        positions = np.array(at, np.int64)
        if not good.all():
            others = sorted(others + positions[~good].tolist())
            rows, positions = rows[good], positions[good]
            read = [body for body, is_good in zip(read, good.tolist(), strict=True) if is_good]
        return PayRows(positions, [(body.member_id, body.submission_id) for body in read], rows, others)

    def _rows(self, read: list[PayBody], bodies: list[bytes], offsets: list[int]) -> tuple[Array, Array]:
        rows = np.zeros(len(read), VERSION)
        decimals, days, zips = self._decimals, self._days, self._zips
        rows["revision"] = [b.revision if 0 < b.revision <= MAX_REVISION else BAD for b in read]
        rows["offset"] = offsets
        rows["checksum"] = [zlib.crc32(body) for body in bodies]
        rows["effective"] = [days[b.effective_on] for b in read]
        rows["zip"] = [zips[b.zip] for b in read]
        rows["role"] = [self._roles.get(b.role, BAD) for b in read]
        rows["shop_type"] = [self._shop_types.get(b.shop_type, BAD) for b in read]
        rows["experience"] = [self._experiences.get(b.experience, BAD) for b in read]
        rows["plan"] = [self._plans.get(b.plan, BAD) for b in read]
        rows["size"] = [self._sizes.get(b.size, BAD) for b in read]
        rows["credential_level"] = [self._level(b.credentials) for b in read]
        units = np.array([self._units.get(b.rate_unit, BAD) for b in read], np.int8)
        amounts = np.empty((len(read), 8), np.int64)
        amounts[:, 0] = [decimals[b.rate] for b in read]
        amounts[:, 1] = [decimals[b.hours_clocked] for b in read]
        amounts[:, 2] = [decimals[b.hours_flagged] for b in read]
        amounts[:, 3] = [decimals[b.hours_guaranteed] for b in read]
        amounts[:, 4] = [decimals[b.base_rate] for b in read]
        amounts[:, 5] = [decimals[b.labor_sales_week] for b in read]
        amounts[:, 6] = [decimals[b.weekly_extra] for b in read]
        amounts[:, 7] = [decimals[b.annual_bonus] for b in read]
        _price(units, amounts, rows)
        good = (rows["revision"] > 0) & self._nothing_more(read, bodies, amounts)
        for name in ("effective", "zip", "role", "shop_type", "experience", "plan", "size", "credential_level"):
            good &= rows[name] >= 0
        return rows, good & (rows["cents"] > 0)

    @staticmethod
    def _nothing_more(read: list[PayBody], bodies: list[bytes], amounts: Array) -> Array:
        """Whether a body has each field that was read once and no other field.

        Without escapes every text has two quotes, so fields that are unknown or given twice show in their number:
        a name for each field, and a text for each value but the revision and the list of credentials, which has its own.
        """
        fields = _REQUIRED + (amounts[:, 2:] != ABSENT).sum(axis=1)
        texts = 2 * fields - 1
        texts += [0 if b.credentials is None else 1 + len(b.credentials) for b in read]
        same: Array = texts * 2 == [body.count(b'"') for body in bodies]
        return same

    def _level(self, credentials: list[str] | None) -> int:
        if not credentials:
            return 0
        held = tuple(credentials)
        level = self._levels.get(held)
        if level is None:
            if len(self._levels) > _MOST_MEMOS:
                self._levels.clear()
            known = len(held) <= 100 and self._known_credentials.issuperset(held)
            level = self._levels[held] = credential_level(held) if known else BAD
        return level

    def row(self, pay: PositionPay, body: bytes, offset: int) -> Array:
        """One VERSION record of a pay event that the contract has read."""
        row = np.zeros(1, VERSION)
        row["revision"], row["offset"], row["checksum"] = pay.revision, offset, zlib.crc32(body)
        row["effective"], row["cents"], row["zip"] = pay.effective_on.toordinal(), pay.effective_cents(), int(pay.zip)
        row["role"], row["shop_type"] = self._roles[pay.role], self._shop_types[pay.shop_type]
        row["experience"], row["plan"] = self._experiences[pay.experience], self._plans[pay.plan]
        row["size"], row["credential_level"] = self._sizes[pay.size], credential_level(pay.credentials)
        return row

    @staticmethod
    def valid_id(text: str) -> bool:
        """Whether this may be the id of a member or submission."""
        return _VALID_ID.fullmatch(text) is not None

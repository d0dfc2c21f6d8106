"""Tells records whose envelope is plainly right from those that the codec has to look at, many at a time."""
# Numba infers and checks the kernel's types when it compiles it.
# mypy: disable-error-code="no-any-return"

from collections.abc import Sequence

import numba
import numpy as np

from exchange.domain.cells import Array
from exchange.entrypoints.collector.digits import day_ordinal, digits

Headers = Sequence[tuple[str, bytes | None]]

# The order in which `contracts.codec` writes them, the intake's included.
_FIRST = ("content-type", "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time")
_MOST_BYTES = 1000
_MOST_NAME_BYTES = 4000  # the codec counts names too, 16 KiB together with the values
_MOST_SHAPES = 1000  # sets of header names remembered; a hostile stream must not fill the memory
_LONGEST_ID = 200
_LONGEST = 500


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
def _plain(data: Array, ends: Array, counts: Array, fixed: Array, fixed_ends: Array, good: Array) -> None:
    """Check the values of each record's headers, joined by NUL; `fixed` are content type, version and event type."""
    for i in range(ends.shape[0]):
        if counts[i] == 0:
            continue
        at = ends[i - 1] if i else 0
        end = ends[i]
        if end - at > _MOST_BYTES:
            continue
        right = True
        n = 0
        while right and n < counts[i]:
            stop = at
            while stop < end and data[stop] != 0:
                if data[stop] < 32 or data[stop] > 126:
                    right = False
                    break
                stop += 1
            if not right or (stop == end) != (n == counts[i] - 1):
                right = False
                break
            length = stop - at
            which = 0 if n == 0 else 1 if n == 1 else 2 if n == 4 else -1
            if which >= 0:
                first = fixed_ends[which - 1] if which else 0
                right = length == fixed_ends[which] - first
                for k in range(length):
                    if not right or data[at + k] != fixed[first + k]:
                        right = False
                        break
            elif n == 2:
                right = 0 < length <= _LONGEST_ID
            elif n == 5:
                right = _is_utc(data, at, stop)
            else:
                right = length <= _LONGEST and (n > 3 or length > 0)
            at = stop + 1
            n += 1
        good[i] = right


class PlainHeaders:
    """Recognizes binary-mode headers of one event type; remembers which sets of names it has found in order."""

    def __init__(self, ce_type: str) -> None:
        fixed = (b"application/json", b"1.0", ce_type.encode())
        self._fixed = np.frombuffer(b"".join(fixed), np.uint8)
        self._fixed_ends = np.cumsum([len(value) for value in fixed])
        self._shapes: dict[tuple[str, ...], int] = {}

    def __call__(self, many: Sequence[Headers]) -> list[bool]:
        """True only for what the codec would accept as this type; False says nothing but "look closer"."""
        joined: list[bytes] = []
        counts: list[int] = []
        shapes = self._shapes
        for headers in many:
            try:
                names, values = zip(*headers, strict=True)
                count = shapes.get(names)
                if count is None:
                    count = self._learn(names)
                joined.append(b"\0".join(values) if count else b"")
            except (TypeError, ValueError):  # a header without a value, or none at all
                joined.append(b"")
                count = 0
            counts.append(count)
        good = np.zeros(len(joined), np.bool_)
        data = np.frombuffer(b"".join(joined) or b"\0", np.uint8)
        ends = np.cumsum([len(text) for text in joined], dtype=np.int64)
        _plain(data, ends, np.array(counts, np.int64), self._fixed, self._fixed_ends, good)
        found: list[bool] = good.tolist()
        return found

    def _learn(self, names: tuple[str, ...]) -> int:
        in_order = names[: len(_FIRST)] == _FIRST and len({name.lower() for name in names}) == len(names)
        plain = in_order and all(name.isascii() and name.isprintable() for name in names)
        plain = plain and sum(map(len, names)) <= _MOST_NAME_BYTES
        count = len(names) if plain else 0
        if len(self._shapes) < _MOST_SHAPES:
            self._shapes[names] = count
        return count

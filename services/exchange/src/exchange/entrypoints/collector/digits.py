"""Compiled readers of numbers and days in bytes, shared by the fast paths over headers and bodies."""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value"

from typing import Final

import numba
import numpy as np

from exchange.domain.addresses import Array

MOST_REVISION: Final = 2**53 - 1


@numba.njit(cache=True, nogil=True)
def digits(data: Array, start: int, count: int) -> int:
    """`count` digits as a number; -1 for anything else."""
    value = 0
    for i in range(start, start + count):
        if not 48 <= data[i] <= 57:
            return -1
        value = value * 10 + (data[i] - 48)
    return value


@numba.njit(cache=True, nogil=True)
def day_ordinal(data: Array, start: int, end: int) -> int:
    """YYYY-MM-DD as a proleptic ordinal, as `date.toordinal` counts; -1 for anything else."""
    if end - start != 10 or data[start + 4] != 45 or data[start + 7] != 45:
        return -1
    year, month, day = digits(data, start, 4), digits(data, start + 5, 2), digits(data, start + 8, 2)
    if year < 1 or month < 1 or month > 12 or day < 1:
        return -1
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    length = 31
    if month == 2:
        length = 29 if leap else 28
    elif month == 4 or month == 6 or month == 9 or month == 11:
        length = 30
    if day > length:
        return -1
    before = year - 1
    ordinal = before * 365 + before // 4 - before // 100 + before // 400
    # Days before a month in a year that begins in March keep the leap day out of the way.
    if month > 2:
        ordinal += (153 * (month - 3) + 2) // 5 + 59 + (1 if leap else 0)
    elif month == 2:
        ordinal += 31
    return ordinal + day


@numba.njit(cache=True, nogil=True)
def decimal(data: Array, start: int, end: int) -> int:
    """A plain number of at most 7 digits and 4 decimals, times 10^4; -1 for anything else."""
    value = 0
    at = start
    while at < end and 48 <= data[at] <= 57:
        value = value * 10 + (data[at] - 48)
        at += 1
    if at == start or at - start > 7:
        return -1
    scale = 4
    if at < end:
        if data[at] != 46 or end - at < 2 or end - at > 5:
            return -1
        at += 1
        while at < end:
            if not 48 <= data[at] <= 57:
                return -1
            value = value * 10 + (data[at] - 48)
            scale -= 1
            at += 1
    for _ in range(scale):
        value *= 10
    return value


@numba.njit(cache=True, nogil=True)
def whole(data: Array, at: int, end: int) -> tuple[int, int]:
    """A whole number without sign or leading zero, and where it ends; -1 for anything else."""
    start = at
    value = np.int64(0)
    while at < end and 48 <= data[at] <= 57 and at - start < 17:
        value = value * 10 + (data[at] - 48)
        at += 1
    if at == start or data[start] == 48 or value > MOST_REVISION:
        return -1, at
    return value, at

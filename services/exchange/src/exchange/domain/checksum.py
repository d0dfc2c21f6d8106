"""zlib's CRC-32 as a compiled kernel, so that a body is read once."""
# Numba infers and checks the kernel's types when it compiles it.
# mypy: disable-error-code="no-any-return, return-value"

from typing import Final

import numba
import numpy as np

from exchange.domain.addresses import Array


def _tables() -> Array:
    """Tables of the CRC-32 that zlib computes, eight bytes at a time."""
    tables = np.zeros((8, 256), np.uint32)
    for n in range(256):
        value = n
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        tables[0, n] = value
    for n in range(256):
        for k in range(1, 8):
            before = int(tables[k - 1, n])
            tables[k, n] = before >> 8 ^ int(tables[0, before & 0xFF])
    return tables


CRC_TABLES: Final = _tables()


@numba.njit(cache=True, nogil=True)
def _word(data: Array, at: np.uint64) -> np.uint32:
    low = np.uint32(data[at]) | np.uint32(data[at + np.uint64(1)]) << np.uint32(8)
    high = np.uint32(data[at + np.uint64(2)]) | np.uint32(data[at + np.uint64(3)]) << np.uint32(8)
    return low | high << np.uint32(16)


@numba.njit(cache=True, nogil=True)
def extended(crc: np.uint32, data: Array, start: int, end: int, tables: Array) -> np.uint32:
    """What `crc` has become behind data[start:end]; it begins with all bits set, and is done when they are turned."""
    low, eight = np.uint32(0xFF), np.uint32(8)
    at, rest = np.uint64(start), np.uint64(end - start)  # unsigned: not to be looked at for being negative
    for _ in range(rest // np.uint64(8)):
        a = crc ^ _word(data, at)
        b = _word(data, at + np.uint64(4))
        crc = (
            tables[7, a & low]
            ^ tables[6, a >> eight & low]
            ^ tables[5, a >> np.uint32(16) & low]
            ^ tables[4, a >> np.uint32(24)]
            ^ tables[3, b & low]
            ^ tables[2, b >> eight & low]
            ^ tables[1, b >> np.uint32(16) & low]
            ^ tables[0, b >> np.uint32(24)]
        )
        at += np.uint64(8)
    for _ in range(rest % np.uint64(8)):
        crc = tables[0, (crc ^ np.uint32(data[at])) & low] ^ crc >> eight
        at += np.uint64(1)
    return crc


@numba.njit(cache=True, nogil=True)
def checksum(data: Array, start: int, end: int, tables: Array) -> int:
    """zlib's crc32 of data[start:end]."""
    return extended(np.uint32(0xFFFFFFFF), data, start, end, tables) ^ np.uint32(0xFFFFFFFF)

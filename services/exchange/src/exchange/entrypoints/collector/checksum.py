"""zlib's CRC-32 as a compiled kernel, so that a body is read once."""
# Numba infers and checks the kernel's types when it compiles it.
# mypy: disable-error-code="no-any-return, return-value"

from typing import Final

import numba
import numpy as np

from exchange.domain.addresses import Array


def _tables() -> Array:
    """Tables of the CRC-32 that zlib computes, four bytes at a time."""
    tables = np.zeros((4, 256), np.uint32)
    for n in range(256):
        value = n
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        tables[0, n] = value
    for n in range(256):
        for k in range(1, 4):
            before = int(tables[k - 1, n])
            tables[k, n] = before >> 8 ^ int(tables[0, before & 0xFF])
    return tables


CRC_TABLES: Final = _tables()


@numba.njit(cache=True, nogil=True)
def checksum(data: Array, start: int, end: int, tables: Array) -> int:
    """zlib's crc32 of data[start:end]."""
    crc = np.uint32(0xFFFFFFFF)
    i = start
    while i + 4 <= end:
        word = np.uint32(data[i]) | np.uint32(data[i + 1]) << np.uint32(8)
        word |= np.uint32(data[i + 2]) << np.uint32(16) | np.uint32(data[i + 3]) << np.uint32(24)
        crc ^= word
        crc = (
            tables[3, crc & np.uint32(0xFF)]
            ^ tables[2, crc >> np.uint32(8) & np.uint32(0xFF)]
            ^ tables[1, crc >> np.uint32(16) & np.uint32(0xFF)]
            ^ tables[0, crc >> np.uint32(24)]
        )
        i += 4
    while i < end:
        crc = tables[0, (crc ^ np.uint32(data[i])) & np.uint32(0xFF)] ^ crc >> np.uint32(8)
        i += 1
    return crc ^ np.uint32(0xFFFFFFFF)

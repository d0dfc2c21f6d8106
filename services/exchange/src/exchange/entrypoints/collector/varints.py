"""Compiled reader of Kafka's variable-length numbers."""
# Numba infers and checks the kernel's types when it compiles it.
# mypy: disable-error-code="no-any-return, return-value"

import numba
import numpy as np

from exchange.domain.addresses import Array


@numba.njit(cache=True, nogil=True)
def varint(data: Array, at: int, end: int) -> tuple[int, int]:
    """A zigzag varint and where it ends; it ends at -1 when it does not end within `end`, or within 64 bits."""
    value = np.uint64(0)
    shift = 0
    while at < end and shift < 64:
        byte = np.uint64(data[at])
        at += 1
        value |= (byte & np.uint64(0x7F)) << np.uint64(shift)
        if byte < np.uint64(128):
            return np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1)), at
        shift += 7
    return np.int64(0), -1

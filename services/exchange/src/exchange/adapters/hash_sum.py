"""One number that says of a hash which values it holds, each by its checksum, so that an older value is told by whoever loads it."""
# Numba infers and checks the kernel's types when it compiles it.
# mypy: disable-error-code="no-any-return, return-value, arg-type"

from collections.abc import Sequence
from itertools import accumulate

import numba
import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.growing import Growing
from exchange.domain.scrub import mixed


class HashSum:
    """The sum of all values of a hash, modulo 2^64. A value begins with its checksum, which covers its name too."""

    def __init__(self) -> None:
        self._held = Growing(1024, np.uint64)  # by number of submission or member: what its value adds; 0 for none
        self._total = np.zeros(1, np.uint64)

    @property
    def total(self) -> int:
        """The sum of all values noted."""
        return int(self._total[0])

    def note(self, numbers: Array, values: Array, ends: Array) -> int:
        """The sum once these are written: the i-th, of number `numbers[i]`, is values[ends[i - 1]:ends[i]]."""
        self._held.grow(int(numbers.max(initial=0)) + 1)
        _note(self._held.array, self._total, numbers, values, ends)
        return self.total

    def note_all(self, numbers: Sequence[int], values: Sequence[bytes]) -> int:
        """`note`, of values one by one."""
        ends = np.array([*accumulate(map(len, values))], np.int64)
        return self.note(np.array(numbers, np.int64), np.frombuffer(b"".join(values) or b"\0", np.uint8), ends)


@numba.njit(cache=True, nogil=True)
def _note(held: Array, total: Array, numbers: Array, values: Array, ends: Array) -> None:
    start = np.int64(0)
    for i in range(numbers.shape[0]):
        checksum = np.int64(0)
        for k in range(4):
            checksum |= np.int64(values[start + k]) << 8 * k
        adds = mixed(checksum)
        total[0] += adds - held[numbers[i]]
        held[numbers[i]] = adds
        start = ends[i]

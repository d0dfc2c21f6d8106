"""Numbers for names: a table of bytes that compiled code searches, so that no name is an object of its own.

Open addressing over a pool of bytes. A slot holds 32 bits of a name's hash and its number, and a name is found only by
all of its bytes. Names come from outside, so the hash is SipHash under a key of its own: nobody can aim at one slot.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, return-value, arg-type"

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, overload

import numba
import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.growing import Growing

ABSENT: Final = -1
EMPTY: Final = -1  # of a slot
_FIRST_SLOTS: Final = 1024
_COUNT, _BYTES = 0, 1  # what is used so far


@numba.njit(cache=True, nogil=True)
def _turned(value: np.uint64, bits: np.uint64) -> np.uint64:
    return value << bits | value >> (np.uint64(64) - bits)


@numba.njit(cache=True, nogil=True)
def _round(a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    a += b
    c += d
    b = _turned(b, np.uint64(13)) ^ a
    d = _turned(d, np.uint64(16)) ^ c
    a = _turned(a, np.uint64(32))
    c += b
    a += d
    b = _turned(b, np.uint64(17)) ^ c
    d = _turned(d, np.uint64(21)) ^ a
    return a, b, _turned(c, np.uint64(32)), d


@numba.njit(cache=True, nogil=True)
def siphash(data: Array, start: int, end: int, key: Array) -> np.uint64:
    """SipHash-1-3 of data[start:end], as Python hashes texts."""
    a = key[0] ^ np.uint64(0x736F6D6570736575)
    b = key[1] ^ np.uint64(0x646F72616E646F6D)
    c = key[0] ^ np.uint64(0x6C7967656E657261)
    d = key[1] ^ np.uint64(0x7465646279746573)
    at, size = np.uint64(start), np.uint64(end - start)  # unsigned: not to be looked at for being negative
    for _ in range(size // np.uint64(8)):
        word = np.uint64(0)
        for i in range(np.uint64(8)):
            word |= np.uint64(data[at + i]) << np.uint64(8) * i
        a, b, c, d = _round(a, b, c, d ^ word)
        a ^= word
        at += np.uint64(8)
    word = size << np.uint64(56)
    for i in range(size % np.uint64(8)):
        word |= np.uint64(data[at + i]) << np.uint64(8) * i
    a, b, c, d = _round(a, b, c, d ^ word)
    a ^= word
    c ^= np.uint64(0xFF)
    for _ in range(3):
        a, b, c, d = _round(a, b, c, d)
    return a ^ b ^ c ^ d


@numba.njit(cache=True, nogil=True)
def hash_of(data: Array, start: int, end: int, key: Array) -> int:
    """The 31 bits of a name's hash that its slot holds."""
    return np.int64(siphash(data, start, end, key) >> np.uint64(33))


@numba.njit(cache=True, nogil=True)
def slot_of(data: Array, start: int, end: int, hashed: int, table: Array, pool: Array, ends: Array) -> int:
    """The slot of the name data[start:end], or the empty one where it belongs."""
    mask = table.shape[0] - 1
    slot = hashed & mask
    while table[slot] != EMPTY:
        if table[slot] >> 32 == hashed:
            number = table[slot] & 0xFFFFFFFF
            first = ends[number - 1] if number else 0
            if ends[number] - first == end - start:
                same = True
                for i in range(end - start):
                    if pool[first + i] != data[start + i]:
                        same = False
                        break
                if same:
                    return slot
        slot = slot + 1 & mask
    return slot


@numba.njit(cache=True, nogil=True)
def find(data: Array, start: int, end: int, key: Array, table: Array, pool: Array, ends: Array) -> int:
    """The number of the name data[start:end], or ABSENT."""
    held = table[slot_of(data, start, end, hash_of(data, start, end, key), table, pool, ends)]
    return ABSENT if held == EMPTY else held & 0xFFFFFFFF


@numba.njit(cache=True, nogil=True)
def add_at(
    slot: int, data: Array, start: int, end: int, hashed: int, table: Array, pool: Array, ends: Array, used: Array
) -> int:  # fmt: skip
    """Give the name data[start:end] the next number; there is room for it, and `slot` is where it belongs."""
    number, at = used[_COUNT], used[_BYTES]
    for i in range(end - start):
        pool[at + i] = data[start + i]
    ends[number] = used[_BYTES] = at + end - start
    used[_COUNT] = number + 1
    table[slot] = hashed << 32 | number
    return number


@numba.njit(cache=True, nogil=True)
def _rehash(old: Array, table: Array) -> None:
    mask = table.shape[0] - 1
    for i in range(old.shape[0]):
        if old[i] != EMPTY:
            slot = old[i] >> 32 & mask
            while table[slot] != EMPTY:
                slot = slot + 1 & mask
            table[slot] = old[i]


class Names(Mapping[bytes, int]):
    """Names and their numbers, from 0 in the order in which they came. One thread at a time adds, any may read by number."""

    def __init__(self) -> None:
        self.key = np.frombuffer(secrets.token_bytes(16), np.uint64)
        self.used = np.zeros(2, np.int64)
        self.table = np.full(_FIRST_SLOTS, EMPTY, np.int64)
        self._pool, self._ends = Growing(1024, np.uint8), Growing(64, np.int64)

    @property
    def pool(self) -> Array:
        """The bytes of all names, one after the other."""
        return self._pool.array

    @property
    def ends(self) -> Array:
        """Where each name ends in the pool."""
        return self._ends.array

    def __len__(self) -> int:
        return int(self.used[_COUNT])

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.in_order)

    def __getitem__(self, name: bytes) -> int:
        data = np.frombuffer(name or b"\0", np.uint8)
        number = int(find(data, 0, len(name), self.key, self.table, self.pool, self.ends))
        if number == ABSENT:
            raise KeyError(name)
        return number

    @property
    def in_order(self) -> "InOrder":
        """The names by number."""
        return InOrder(self)

    def reserve(self, names: int, size: int) -> None:
        """Make room for so many more names, of so many bytes together."""
        count = len(self) + names
        self._pool.grow(int(self.used[_BYTES]) + size)
        self._ends.grow(count)
        if 2 * count > len(self.table):
            table = np.full(1 << (3 * count).bit_length(), EMPTY, np.int64)
            _rehash(self.table, table)
            self.table = table

    def add(self, name: bytes) -> int:
        """The number of a name, which it has from now on."""
        data = np.frombuffer(name or b"\0", np.uint8)
        hashed = int(hash_of(data, 0, len(name), self.key))
        self.reserve(1, len(name))
        slot = int(slot_of(data, 0, len(name), hashed, self.table, self.pool, self.ends))
        if (held := int(self.table[slot])) != EMPTY:
            return held & 0xFFFFFFFF
        return int(add_at(slot, data, 0, len(name), hashed, self.table, self.pool, self.ends, self.used))


class InOrder(Sequence[bytes]):
    """The names of a table by number."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, number: int) -> bytes: ...
    @overload
    def __getitem__(self, number: slice) -> list[bytes]: ...

    def __getitem__(self, number: int | slice) -> bytes | list[bytes]:
        if isinstance(number, slice):
            return [self[n] for n in range(len(self))[number]]
        number = range(len(self))[number]
        start = int(self._names.ends[number - 1]) if number else 0
        return self._names.pool[start : int(self._names.ends[number])].tobytes()

"""Arguments of one large Redis script as the bytes that go over the wire (RESP), written by compiled code.

A commit has thousands of arguments: the client library encodes each by itself, in about 0.1 us.
"""
# Numba infers and checks the kernel's types when it compiles it.
# mypy: disable-error-code="no-any-return, return-value, arg-type"

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numba
import numpy as np
from redis import Redis
from redis.exceptions import NoScriptError

from exchange.domain.addresses import Array

_MOST_DIGITS: Final = 20
_AROUND: Final = len("$\r\n\r\n") + _MOST_DIGITS  # what a bulk string takes besides its bytes, at most


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields and their values, spelled as RESP's bulk strings: field, value, field, value ..."""

    count: int
    data: bytes


Argument: TypeAlias = bytes | str | int | Fields


def counted(fields: Fields | list[bytes]) -> list[Argument]:
    """How many fields these are, then the fields."""
    return [fields.count, fields] if isinstance(fields, Fields) else [len(fields) // 2, *fields]


@numba.njit(cache=True, nogil=True)
def _bulk(data: Array, start: int, end: int, out: Array, at: int) -> int:
    """Write data[start:end] as a bulk string at `at`; where it ends."""
    out[at] = 36  # $
    at += 1
    length = end - start
    digits = 1
    rest = length // 10
    while rest:
        digits += 1
        rest //= 10
    rest = length
    for i in range(digits):
        out[at + digits - 1 - i] = 48 + rest % 10
        rest //= 10
    at += digits
    out[at] = 13
    out[at + 1] = 10
    at += 2
    for i in range(length):
        out[at + i] = data[start + i]
    at += length
    out[at] = 13
    out[at + 1] = 10
    return at + 2


@numba.njit(cache=True, nogil=True)
def _spell(names: Array, name_ends: Array, numbers: Array, values: Array, value_ends: Array, out: Array) -> int:
    at = 0
    start = 0
    for i in range(numbers.shape[0]):
        number = numbers[i]
        at = _bulk(names, name_ends[number - 1] if number else 0, name_ends[number], out, at)
        at = _bulk(values, start, value_ends[i], out, at)
        start = value_ends[i]
    return at


def spell(names: Array, name_ends: Array, numbers: Array, values: Array, value_ends: Array) -> Fields:
    """The names `numbers` of a pool of names (`domain.names`) as fields, each with its value.

    Both kinds of bytes lie one after the other: name n ends at `name_ends[n]`, the value of the i-th at `value_ends[i]`.
    """
    if not len(numbers):
        return Fields(0, b"")
    first = np.where(numbers > 0, name_ends[numbers - 1], 0)
    size = int((name_ends[numbers] - first).sum()) + int(value_ends[-1]) + 2 * _AROUND * len(numbers)
    out = np.empty(size, np.uint8)
    used = _spell(names, name_ends, numbers, values, value_ends, out)
    return Fields(len(numbers), out[:used].tobytes())


class LargeScript:
    """A script that takes `Fields` among its arguments. Blocks the thread; not tried again when the connection fails."""

    def __init__(self, client: Redis, text: str) -> None:
        self._pool = client.connection_pool
        self._text = text
        self._sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        """The script's answer. Raises what the client raises."""
        command = command_of(["EVALSHA", self._sha, len(keys), *keys, *args])
        connection = self._pool.get_connection()
        try:
            connection.send_packed_command(command)  # type: ignore[no-untyped-call]
            try:
                return connection.read_response()
            except NoScriptError:
                connection.send_command("SCRIPT", "LOAD", self._text)  # type: ignore[no-untyped-call]
                connection.read_response()
                connection.send_packed_command(command)  # type: ignore[no-untyped-call]
                return connection.read_response()
        finally:
            self._pool.release(connection)


def command_of(arguments: Sequence[Argument]) -> list[bytes]:
    """A command as chunks of bytes to send one after the other."""
    total = sum(2 * argument.count if isinstance(argument, Fields) else 1 for argument in arguments)
    chunks: list[bytes] = []
    small = [b"*%d\r\n" % total]
    for argument in arguments:
        if isinstance(argument, Fields):
            chunks += [b"".join(small), argument.data]
            small = []
        else:
            raw = argument if isinstance(argument, bytes) else str(argument).encode()
            small.append(b"$%d\r\n%b\r\n" % (len(raw), raw))
    return [chunk for chunk in (*chunks, b"".join(small)) if chunk]

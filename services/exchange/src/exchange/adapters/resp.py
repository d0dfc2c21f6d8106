"""A large Redis transaction as the bytes that go over the wire (RESP), written by compiled code.

A commit has thousands of arguments: the client library encodes each by itself, in about 0.1 us.
"""
# Numba infers and checks the kernel's types when it compiles it.
# mypy: disable-error-code="no-any-return, return-value, arg-type"

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numba
import numpy as np
from redis import Redis

from exchange.domain.addresses import Array

_MOST_DIGITS: Final = 20
_AROUND: Final = len("$\r\n\r\n") + _MOST_DIGITS  # what a bulk string takes besides its bytes, at most


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields and their values, spelled as RESP's bulk strings: field, value, field, value ..."""

    count: int
    data: bytes


Argument: TypeAlias = bytes | str | int | Fields


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


class Watched:
    """A transaction on keys that are looked at first: `look`, then `write`, which does nothing if they changed meanwhile.

    Blocks the thread; nothing is tried again when the connection fails. Leaving it gives the connection back.
    """

    def __init__(self, client: Redis, keys: Sequence[str]) -> None:
        self._pool = client.connection_pool
        self._keys = keys

    def __enter__(self) -> "Watched":
        self._connection = self._pool.get_connection()
        self._watching = False
        return self

    def __exit__(self, kind: object, _error: object, _trace: object) -> None:
        # A connection that still watches, or still has answers to give, is not the next one's to find out.
        if self._watching or kind is not None:
            self._connection.disconnect()  # type: ignore[no-untyped-call]
        self._pool.release(self._connection)

    def look(self, text: str, args: Sequence[Argument]) -> Any:
        """What a script over the keys answers, which are watched from before it on. Raises what the client raises."""
        self._watching = True
        self._send(["WATCH", *self._keys], self._script(text, args))
        self._connection.read_response()
        return self._connection.read_response()

    def write(self, commands: Sequence[Sequence[Argument]], text: str) -> list[Any] | None:
        """The answers of these commands and of a script behind them, done as one; None when the keys have changed."""
        self._send(["MULTI"], *commands, self._script(text, []), ["EXEC"])
        for _ in range(len(commands) + 2):  # begun, and each of them noted
            self._connection.read_response()
        answers: list[Any] | None = self._connection.read_response()
        self._watching = False
        for answer in answers or ():
            if isinstance(answer, Exception):
                raise answer
        return answers

    def _script(self, text: str, args: Sequence[Argument]) -> list[Argument]:
        # By its text, not its digest: a server that has forgotten it would notice in the middle of a transaction.
        return ["EVAL", text, len(self._keys), *self._keys, *args]

    def _send(self, *commands: Sequence[Argument]) -> None:
        chunks = [chunk for command in commands for chunk in command_of(command)]
        self._connection.send_packed_command(chunks)  # type: ignore[no-untyped-call]


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

"""Commands of many arguments are spelled as the client library itself spells them, and a script answers as ever."""

from collections.abc import Iterator

import numpy as np
import pytest
from exchange.adapters.resp import Fields, LargeScript, command_of, counted, spell
from exchange.domain.names import Names
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.exceptions import ResponseError
from redis.retry import Retry

FIELDS = st.dictionaries(st.binary(max_size=30), st.binary(max_size=120), max_size=30)


def spelled(fields: dict[bytes, bytes], before: int) -> Fields:
    names = Names()
    for n in range(before):
        names.add(b"other-%d" % n)
    numbers = np.array([names.add(name) for name in fields], np.int64)
    values = np.frombuffer(b"".join(fields.values()), np.uint8)
    ends = np.cumsum([len(value) for value in fields.values()], dtype=np.int64)
    return spell(names.pool, names.ends, numbers, values, ends)


@given(FIELDS, FIELDS, st.lists(st.binary(max_size=9) | st.text(max_size=9) | st.integers()), st.integers(0, 3))
def test_as_the_client_spells_it(
    some: dict[bytes, bytes], more: dict[bytes, bytes], others: list[bytes | str | int], before: int
) -> None:
    flat = [part for pair in some.items() for part in pair]
    flat_too = [part for pair in more.items() for part in pair]
    expected = Connection().pack_command("EVALSHA", *others, len(some), *flat, "x", len(more), *flat_too)
    fields = [*counted(spelled(some, before)), "x", *counted(spelled(more, before))]
    assert b"".join(command_of(["EVALSHA", *others, *fields])) == b"".join(expected)
    assert counted(flat) == [len(some), *flat]


def test_long_ones() -> None:
    fields = {b"n" * length: b"v" * length for length in (9, 10, 99, 100, 999, 1000, 99_999, 100_000)}
    flat = [part for pair in fields.items() for part in pair]
    ours = command_of(["X", spelled(fields, 2)])
    assert b"".join(ours) == b"".join(Connection().pack_command("X", *flat))


ECHO = "return {#ARGV, ARGV[1], ARGV[#ARGV], redis.call('HGETALL', KEYS[1])}"


@pytest.fixture
def client(redis_url: str) -> Iterator[Redis]:
    connected = Redis.from_url(redis_url, retry=Retry(NoBackoff(), 0))
    yield connected
    connected.close()


def test_a_script_answers(client: Redis) -> None:
    """The first time the server does not know it."""
    client.hset("h", "a", "b")
    client.script_flush()
    script = LargeScript(client, ECHO)
    fields = spelled({b"a\r\n": b"$1", b"b": b""}, 0)
    for _ in range(2):
        assert script(["h"], ["x", fields, 7]) == [6, b"x", b"7", [b"a", b"b"]]
        assert script(["h"], [fields]) == [4, b"a\r\n", b"", [b"a", b"b"]]


def test_an_error_of_the_script_leaves_the_connection_good(client: Redis) -> None:
    script = LargeScript(client, "return redis.call(ARGV[1], KEYS[1], 'a')")
    client.set("s", "text")
    for _ in range(3):
        with pytest.raises(ResponseError, match="wrong kind of value"):
            script(["s"], ["HGET"])
    assert script(["s"], ["APPEND"]) == 5


def test_a_connection_that_was_cut_is_made_anew_the_next_time(client: Redis) -> None:
    script = LargeScript(client, "return redis.call('INCR', KEYS[1])")
    assert script(["n"], []) == 1
    other = client.connection_pool.make_connection()
    other.connect()
    other.send_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    other.read_response()
    other.disconnect()
    assert script(["n"], []) == 2

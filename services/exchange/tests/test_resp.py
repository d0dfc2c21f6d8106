"""Commands of many arguments are spelled as the client library itself spells them; a transaction is whole or nothing."""

from collections.abc import Iterator

import numpy as np
import pytest
from exchange.adapters.resp import Fields, Watched, command_of, spell
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
    expected = Connection().pack_command("HSET", *others, *flat, "x", *flat_too)
    fields = [spelled(some, before), "x", spelled(more, before)]
    assert b"".join(command_of(["HSET", *others, *fields])) == b"".join(expected)


def test_long_ones() -> None:
    fields = {b"n" * length: b"v" * length for length in (9, 10, 99, 100, 999, 1000, 99_999, 100_000)}
    flat = [part for pair in fields.items() for part in pair]
    ours = command_of(["X", spelled(fields, 2)])
    assert b"".join(ours) == b"".join(Connection().pack_command("X", *flat))


COUNT = "return {KEYS[1], redis.call('HLEN', KEYS[1])}"


@pytest.fixture
def client(redis_url: str) -> Iterator[Redis]:
    connected = Redis.from_url(redis_url, retry=Retry(NoBackoff(), 0))
    yield connected
    connected.close()


def test_a_look_and_a_write(client: Redis) -> None:
    fields = spelled({b"a\r\n": b"$1", b"b": b""}, 0)
    for _ in range(2):
        with Watched(client, ["h", "g"]) as watched:
            assert watched.look("return {ARGV[1], ARGV[2]}", ["x", 7]) == [b"x", b"7"]
            assert watched.write([["HSET", "h", fields], ["HSET", "g", "c", 8]], COUNT)[2:] == [[b"h", 2]]
    assert client.hgetall("h") == {b"a\r\n": b"$1", b"b": b""}
    assert client.hgetall("g") == {b"c": b"8"}


def test_nothing_is_written_when_a_key_has_changed_since_the_look(client: Redis) -> None:
    with Watched(client, ["h", "g"]) as watched:
        watched.look(COUNT, [])
        client.hset("g", "somebody", "else")
        assert watched.write([["HSET", "h", "a", "1"]], COUNT) is None
    assert client.hgetall("h") == {}
    with Watched(client, ["h", "g"]) as watched:
        watched.look(COUNT, [])
        assert watched.write([["HSET", "h", "a", "1"]], COUNT) == [1, [b"h", 1]]


def test_a_look_without_a_write_leaves_nothing_behind(client: Redis) -> None:
    with Watched(client, ["h"]) as watched:
        watched.look(COUNT, [])
    client.hset("h", "a", "1")
    with Watched(client, ["g"]) as watched:
        watched.look(COUNT, [])
        assert watched.write([], COUNT) == [[b"g", 0]]


def test_an_error_of_a_script_leaves_the_next_answers_right(client: Redis) -> None:
    client.set("s", "text")
    for _ in range(3):
        with pytest.raises(ResponseError, match="wrong kind of value"), Watched(client, ["s"]) as watched:
            watched.look("return redis.call('HGET', KEYS[1], 'a')", [])
    with Watched(client, ["h"]) as watched:
        watched.look(COUNT, [])
        assert watched.write([["HSET", "h", "a", "1"]], COUNT) == [1, [b"h", 1]]


def test_a_command_that_the_server_does_not_take_ends_it_all(client: Redis) -> None:
    """As when there is no memory: what is refused while it is noted, is not done, nor is anything around it."""
    with Watched(client, ["h"]) as watched:
        watched.look(COUNT, [])
        with pytest.raises(ResponseError, match="unknown command"):
            watched.write([["HSET", "h", "a", "1"], ["HSOT", "h", "b", "2"]], COUNT)
    assert client.hgetall("h") == {}


def test_a_connection_that_was_cut_is_made_anew_the_next_time(client: Redis) -> None:
    def count() -> object:
        with Watched(client, ["n"]) as watched:
            watched.look("return 1", [])
            return watched.write([["INCR", "n"]], "return 2")

    assert count() == [1, 2]
    other = client.connection_pool.make_connection()
    other.connect()
    other.send_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    other.read_response()
    other.disconnect()
    assert count() == [2, 2]

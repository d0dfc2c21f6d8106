"""The store of shards on a real Redis: a commit is whole or not at all."""

import re
from typing import Any

import pytest
from exchange.adapters import shard_store
from exchange.adapters.resp import Watched
from exchange.adapters.shard_store import SEAL, Commit, Conflict, NotWhole, ShardStore, Watermark
from exchange_store import load
from redis.asyncio import Redis
from redis.exceptions import TimeoutError as NoAnswer

KINDS = ("meta", "members", "pay")


async def everything(redis: Redis) -> dict[bytes, Any]:
    """All that the database holds, as bytes."""
    found = {}
    for key in sorted(await redis.keys()):
        found[key] = await redis.hgetall(key) if await redis.type(key) == b"hash" else await redis.dump(key)
    return found


async def unsealed(redis: Redis) -> dict[bytes, Any]:
    """The same without the seal, which must be one and the same."""
    found = await everything(redis)
    assert len({fields.pop(b"\x00seal") for fields in found.values()}) == 1
    return found


def marks(*three: tuple[str, str | None, str]) -> list[Watermark]:
    return [Watermark(*one) for one in three]


async def test_a_commit_writes_everything(store: ShardStore, redis: Redis) -> None:
    first = Commit(marks(("next:a", "", "5"), ("last:a", None, "x")), [b"elm", b"1"], {"pay": [b"s", b"2", b"t", b"3"]})
    await store.commit(3, first)
    assert await unsealed(redis) == {
        b"{exchange:g1:p3}:members": {b"elm": b"1"},
        b"{exchange:g1:p3}:meta": {
            b"next:a": b"5",
            b"last:a": b"x",
            b"fields:members": b"1",
            b"fields:pay": b"2",
            b"fields:benefits": b"0",
            b"fields:labor-rates": b"0",
            b"fields:technician-pay": b"0",
        },
        b"{exchange:g1:p3}:pay": {b"s": b"2", b"t": b"3"},
        b"{exchange:g1:p3}:benefits": {},
        b"{exchange:g1:p3}:labor-rates": {},
        b"{exchange:g1:p3}:technician-pay": {},
    }
    await store.commit(3, Commit(marks(("next:a", "5", "7"), ("next:b", "", "1")), [], {"pay": [b"s", b"9"]}))
    counted = {"fields:members": "1", "fields:pay": "2", "fields:technician-pay": "0"}
    counted |= {"fields:benefits": "0", "fields:labor-rates": "0"}
    meta = await store.whole_meta(3)
    seal = meta.pop(SEAL)
    assert meta == {"next:a": "7", "next:b": "1", "last:a": "x", **counted}
    assert seal == (await store.meta(3))[SEAL]
    assert dict(zip(*await store.fields(3, "pay"), strict=True)) == {b"s": b"9", b"t": b"3"}
    assert await store.meta(4) == {}


@pytest.mark.parametrize(
    ("stale", "field", "held"),
    [
        ([("next:a", "5", "9"), ("next:b", "7", "9")], "next:b", "8"),
        ([("next:a", "4", "9"), ("next:b", "8", "9")], "next:a", "5"),
        ([("next:a", "", "9")], "next:a", "5"),
        ([("next:c", "1", "9")], "next:c", ""),
        ([("next:a", "5", "9"), ("cutoff:pay", "2026-08-25", "2026-08-25")], "cutoff:pay", "2026-08-26"),
    ],
)
async def test_one_watermark_that_differs_and_nothing_is_written(
    store: ShardStore, redis: Redis, stale: list[tuple[str, str, str]], field: str, held: str
) -> None:
    """Greater or smaller: only equal is good enough. `>` loses records after a rewind."""
    await store.commit(3, Commit(marks(("next:a", "", "5"), ("next:b", "", "8"), ("cutoff:pay", "", "2026-08-26"))))
    before = await everything(redis)
    with pytest.raises(Conflict) as conflict:
        await store.commit(3, Commit(marks(*stale), [b"elm", b"1"], {"pay": [b"s", b"2"]}))
    assert (conflict.value.field, conflict.value.held) == (field, held)
    assert await everything(redis) == before


@pytest.mark.parametrize("planted", ["string", "list", "set", "zset", "stream"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_key_of_another_type_and_nothing_is_written(
    store: ShardStore, redis: Redis, kind: str, planted: str
) -> None:
    """Redis does not roll a transaction back: the check must come before the first write."""
    key = store.key(3, kind)
    plants = {
        "string": lambda: redis.set(key, "x"),
        "list": lambda: redis.rpush(key, "x"),
        "set": lambda: redis.sadd(key, "x"),
        "zset": lambda: redis.zadd(key, {"x": 1}),
        "stream": lambda: redis.xadd(key, {"x": 1}),
    }
    await plants[planted]()  # type: ignore[no-untyped-call]
    before = await everything(redis)
    with pytest.raises(Conflict) as conflict:
        await store.commit(3, Commit(marks(("next:a", "", "5")), [b"elm", b"1"], {"pay": [b"s", b"2"]}))
    assert (conflict.value.field, conflict.value.held) == (f"type of {key}", planted)
    assert await everything(redis) == before
    with pytest.raises(NotWhole, match=f"type of {re.escape(key)}: the store holds {planted}") as damage:
        await load(store)
    await store.forget(3, damage.value)
    assert await everything(redis) == {}


async def test_a_large_commit(store: ShardStore) -> None:
    flat = [part for n in range(9_001) for part in (b"s%d" % n, b"v%d" % n)]
    await store.commit(3, Commit(marks(("next:a", "", "9001")), flat, {"pay": flat}))
    for kind in ("members", "pay"):
        assert dict(zip(*await store.fields(3, kind), strict=True)) == {b"s%d" % n: b"v%d" % n for n in range(9_001)}


async def test_a_shard_that_somebody_else_writes_to_between_look_and_write(
    store: ShardStore, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watermarks were as expected a moment ago: that is not good enough."""
    await store.commit(3, Commit(marks(("next:a", "", "5")), [b"elm", b"1"]))
    look = Watched.look

    def look_and_be_late(self: Watched, *asked: Any) -> Any:
        found = look(self, *asked)
        with monkeypatch.context() as back:
            back.setattr(Watched, "look", look)
            ShardStore(redis).commit_now(3, Commit(marks(("next:a", "5", "6")), [b"oak", b"1"]))
        return found

    monkeypatch.setattr(Watched, "look", look_and_be_late)
    with pytest.raises(Conflict, match="somebody else"):
        store.commit_now(3, Commit(marks(("next:a", "5", "9")), [b"elm", b"2"]))
    assert dict(zip(*await store.fields(3, "members"), strict=True)) == {b"elm": b"1", b"oak": b"1"}
    assert (await store.meta(3))["next:a"] == "6"
    assert (await store.whole_meta(3))["fields:members"] == "2"


async def test_values_may_be_any_bytes(store: ShardStore) -> None:
    nasty = [b"a\0b\xff", b"\0\r\n*1", b"", b""]
    await store.commit(3, Commit(marks(("next:a", "", "*")), nasty))
    assert dict(zip(*await store.fields(3, "members"), strict=True)) == {b"a\0b\xff": b"\0\r\n*1", b"": b""}


async def test_a_redis_that_does_not_answer_is_given_up_and_asked_again(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that waited for ever would outlive the process's wish to end."""
    monkeypatch.setattr(shard_store, "_ANSWER_S", 0.3)
    store = ShardStore(redis)
    await store.commit(3, Commit(marks(("next:a", "", "5")), [b"elm", b"1"]))
    await redis.client_pause(1500)
    with pytest.raises(NoAnswer):
        await store.fields(3, "members")
    with pytest.raises(NoAnswer):
        await store.commit(3, Commit(marks(("next:a", "5", "6")), [b"oak", b"1"]))
    # Asked by the patient client, which waits until the pause is over.
    assert (await store.meta(3))["next:a"] in {"5", "6"}  # a commit without an answer may have been made
    assert dict(zip(*await store.fields(3, "members"), strict=True))[b"elm"] == b"1"

"""Everything that can happen to the keys of a shard in Redis, each as a deed that a test does to one partition."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from exchange_log import PARTITIONS
from exchange_system import World

Deed: TypeAlias = Callable[[World, int], Awaitable[Any]]
KINDS = ("meta", "members", "pay", "benefits", "labor-rates", "technician-pay")
TYPES: dict[str, Callable[[Any, str], Awaitable[Any]]] = {
    "string": lambda redis, key: redis.set(key, "somebody else's"),
    "list": lambda redis, key: redis.rpush(key, "x"),
    "set": lambda redis, key: redis.sadd(key, "x"),
    "zset": lambda redis, key: redis.zadd(key, {"x": 1}),
    "stream": lambda redis, key: redis.xadd(key, {"x": 1}),
    "hash": lambda redis, key: redis.hset(key, "x", "1"),
}


def another_type(kind: str, planted: str) -> Deed:
    """A key was replaced by one of this type."""

    async def deed(world: World, partition: int) -> None:
        key = world.store.key(partition, kind)
        await world.redis.delete(key)
        await TYPES[planted](world.redis, key)

    return deed


def gone(*kinds: str) -> Deed:
    """These keys were deleted."""
    return lambda world, partition: world.redis.unlink(*(world.store.key(partition, kind) for kind in kinds))


def meta_says(**fields: str | None) -> Deed:
    """A field of meta was set, or deleted, by another hand than the script's."""

    async def deed(world: World, partition: int) -> None:
        redis: Any = world.redis
        for name, value in fields.items():
            key = world.store.key(partition, "meta")
            await (redis.hdel(key, name) if value is None else redis.hset(key, name, value))

    return deed


async def a_field(world: World, partition: int, kind: str) -> tuple[str, bytes, bytes]:
    """Some field that tells of a member or of a submission: its key, its name, its value."""
    for name, value in zip(*await world.store.fields(partition, kind), strict=True):
        return world.store.key(partition, kind), name, value
    raise AssertionError(f"partition {partition} has no {kind}")


def field_gone(kind: str) -> Deed:
    async def deed(world: World, partition: int) -> None:
        key, name, _ = await a_field(world, partition, kind)
        await world.redis.hdel(key, name)  # type: ignore[misc]

    return deed


def field_swapped(kind: str) -> Deed:
    """One is gone and another one is there, so that the number of fields is as it was."""

    async def deed(world: World, partition: int) -> None:
        key, name, _ = await a_field(world, partition, kind)
        redis: Any = world.redis
        await redis.hdel(key, name)
        await redis.hset(key, b"\xff" + name[1:], b"x")

    return deed


def field_added(kind: str) -> Deed:
    async def deed(world: World, partition: int) -> None:
        redis: Any = world.redis
        await redis.hset(world.store.key(partition, kind), "who?", "x")

    return deed


def value_is(kind: str, change: Callable[[bytes], bytes]) -> Deed:
    """The value of a field was altered, and nothing else."""

    async def deed(world: World, partition: int) -> None:
        key, name, value = await a_field(world, partition, kind)
        redis: Any = world.redis
        await redis.hset(key, name, change(value))

    return deed


NEXT = "next:pay.submitted"
# What the very next commit tells, and so does the next load.
KEYS_AND_FIELDS: dict[str, Deed] = {
    **{f"{kind} is a {planted}": another_type(kind, planted) for kind in KINDS for planted in TYPES},
    **{f"{kind} is gone": gone(kind) for kind in KINDS},
    "meta and members are gone": gone("meta", "members"),
    "meta and pay are gone": gone("meta", "pay"),
    "all but meta is gone": gone(*KINDS[1:]),
    "next is abc": meta_says(**{NEXT: "abc"}),
    "next is negative": meta_says(**{NEXT: "-7"}),
    "next is empty": meta_says(**{NEXT: ""}),
    "next is too small": meta_says(**{NEXT: "1"}),
    "next is gone": meta_says(**{NEXT: None}),
    "partitions is gone": meta_says(partitions=None),
    "partitions is another": meta_says(partitions="12"),
    "cutoff is gone": meta_says(**{"cutoff:pay": None}),
    "cutoff is none": meta_says(**{"cutoff:pay": "soon"}),
    "count is gone": meta_says(**{"fields:pay": None}),
    "count is another": meta_says(**{"fields:pay": "1"}),
    "seal is gone": meta_says(**{"\x00seal": None}),
    "meta has a field more": meta_says(somebody="else"),
    "a member is gone": field_gone("members"),
    "a submission is gone": field_gone("pay"),
    "members has a field more": field_added("members"),
    "pay has a field more": field_added("pay"),
}
# What only a load tells, or the scrubber: all that surrounds the value is right.
VALUES: dict[str, Deed] = {
    "a member is empty": value_is("members", lambda _: b""),
    "a member is cut off": value_is("members", lambda value: value[:-1]),
    "a submission is empty": value_is("pay", lambda _: b""),
    "a submission is cut off": value_is("pay", lambda value: value[:-7]),
    "a submission is longer": value_is("pay", lambda value: value + b"x"),
    "another member in its place": field_swapped("members"),
    "another submission in its place": field_swapped("pay"),
}


def in_sixes(deeds: dict[str, Deed]) -> list[list[tuple[str, Deed]]]:
    """One for each partition at a time."""
    named = list(deeds.items())
    return [named[n : n + PARTITIONS] for n in range(0, len(named), PARTITIONS)]


async def values_of(world: World, kind: str) -> dict[int, tuple[bytes, bytes]]:
    """Of each partition a field and its value now."""
    return {p: (await a_field(world, p, kind))[1:] for p in range(PARTITIONS)}


Memory: TypeAlias = dict[int, dict[str, bytes | None]]
# What of a shard comes back as it was earlier, while the rest stays; the first is a clean rewind of one partition.
COMES_BACK: tuple[tuple[str, ...], ...] = (
    KINDS, ("meta",), ("pay",), ("members",), ("meta", "members"), ("members", "pay", "technician-pay"),
)  # fmt: skip


async def remember(world: World) -> Memory:
    """A snapshot of every shard, key by key."""
    return {
        partition: {kind: await world.redis.dump(world.store.key(partition, kind)) for kind in KINDS}  # type: ignore[misc]
        for partition in range(PARTITIONS)
    }


async def bring_back(world: World, memory: Memory, partition: int, kinds: tuple[str, ...]) -> None:
    """Put these keys of a shard back as they are remembered, in one step."""
    pipeline = world.redis.pipeline(transaction=True)
    for kind in kinds:
        key, dumped = world.store.key(partition, kind), memory[partition][kind]
        pipeline.unlink(key)
        if dumped is not None:
            pipeline.restore(key, 0, dumped)
    await pipeline.execute()

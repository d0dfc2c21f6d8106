"""Shards in Redis: contributions, members and watermarks, written together by one script or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

from exchange.adapters.resp import Argument, Fields, LargeScript, counted

ANY: Final = b"*"  # a field that is written without being compared
_SCAN: Final = 5000


class Conflict(Exception):
    """The store does not hold what this owner believes: nothing was written, what is in memory must be dropped."""

    def __init__(self, field_: str, held: str) -> None:
        super().__init__(f"{field_}: the store holds {held!r}")
        self.field = field_
        self.held = held


@dataclass(frozen=True, slots=True)
class Watermark:
    """One field of a shard's meta hash: what it must hold now (empty: absent; None: not compared), and its new value."""

    name: str
    expected: str | None
    new: str


@dataclass(slots=True)
class Commit:
    """What one micro-batch makes durable. A list is flat: field, value, field, value ..."""

    watermarks: list[Watermark]
    members: list[bytes] = field(default_factory=list)
    submissions: Mapping[str, list[bytes] | Fields] = field(default_factory=dict)


class ShardStore:
    """All keys carry the generation, and a shard's keys one hash tag, so that a cluster keeps them together."""

    def __init__(self, redis: Redis, generation: int = 1) -> None:
        self._redis = redis
        self.generation = generation
        # Commits are packed by compiled code and sent from the thread that folds, so through a client that blocks.
        told = redis.connection_pool.connection_kwargs
        same = {name: told[name] for name in ("host", "port", "db", "username", "password", "path") if told.get(name)}
        self._committer = ThreadPoolExecutor(1, "commits")
        self._blocking = BlockingRedis(
            **(same | ({"unix_socket_path": same.pop("path")} if "path" in same else {})), retry=Retry(NoBackoff(), 0)
        )
        self._script = LargeScript(self._blocking, files("exchange.adapters").joinpath("commit.lua").read_text())

    def key(self, partition: int, what: str) -> str:
        """`{exchange:g1:p3}:pay`."""
        return f"{{exchange:g{self.generation}:p{partition}}}:{what}"

    async def meta(self, partition: int) -> dict[str, str]:
        """Watermarks and cutoffs of a shard; empty for one that was never written. Raises Conflict on a wrong type."""
        try:
            held = await self._redis.hgetall(self.key(partition, "meta"))
        except ResponseError as error:
            raise Conflict("meta", str(error)) from error
        return {_text(name): _text(value) for name, value in held.items()}

    async def fields(self, partition: int, what: str) -> AsyncIterator[tuple[bytes, bytes]]:
        """Every (field, value) of `members` or of a measure's submissions; a field may come twice."""
        try:
            async for name, value in self._redis.hscan_iter(self.key(partition, what), count=_SCAN):
                yield name, value
        except ResponseError as error:
            raise Conflict(what, str(error)) from error

    async def count(self, partition: int, what: str) -> int:
        """How many fields `members` or a measure's submissions have."""
        return int(await self._redis.hlen(self.key(partition, what)))

    async def unlink_all(self) -> None:
        """Unlink every key of this generation. What an owner that is late writes then is refused, and makes no key."""
        of_all = self.key(0, "").replace(":p0}:", ":p*}:*")
        keys = [key async for key in self._redis.scan_iter(match=of_all, count=_SCAN)]
        if keys:
            await self._redis.unlink(*keys)

    async def commit(self, partition: int, commit: Commit) -> None:
        """Write it all in one atomic script. Raises Conflict when a watermark is not as expected."""
        await asyncio.to_thread(self.commit_now, partition, commit)

    def in_order(self, commit: Callable[[], None]) -> "Future[None]":
        """Have a commit made in the background, after all that were given before it."""
        return self._committer.submit(commit)

    def commit_now(self, partition: int, commit: Commit) -> None:
        """`commit`, blocking the thread."""
        keys = [self.key(partition, "meta"), self.key(partition, "members")]
        args: list[Argument] = [len(commit.watermarks)]
        for mark in commit.watermarks:
            args += [mark.name, ANY if mark.expected is None else mark.expected, mark.new]
        args += counted(commit.members)
        for measure, fields in commit.submissions.items():
            keys.append(self.key(partition, measure))
            args += counted(fields)
        reply = self._script(keys, args)
        if reply[0] != 1:
            raise Conflict(reply[1].decode(), reply[2].decode())


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode()

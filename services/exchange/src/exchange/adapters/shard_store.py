"""Shards in Redis: contributions, members and watermarks, written together in one transaction or not at all."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final, NamedTuple

from redis import Redis as BlockingRedis
from redis.asyncio import Redis, SSLConnection
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

from exchange.adapters.resp import Argument, Fields, Watched
from exchange.domain.policy import POLICIES

ANY: Final = b"*"  # a field that is written without being compared
SEAL: Final = "\x00seal"  # the field by which the keys of a shard say that they belong together (`whole.lua`)
HASHES: Final = ("members", *POLICIES.measures)  # besides `meta`, of a shard that collects all measures
_SCAN: Final = 5000
# A Redis that does not answer for so long is away: a thread that waits for it could not be ended. It is what the client
# itself gives since its version 8.
_ANSWER_S: Final = 5.0
# What two clients of one Redis are told alike, besides all about TLS.
_SAME: Final = ("host", "port", "db", "username", "password")


class Conflict(Exception):
    """The store does not hold what this owner believes: nothing was written, what is in memory must be dropped."""

    def __init__(self, field_: str, held: str) -> None:
        super().__init__(f"{field_}: the store holds {held!r}")
        self.field = field_
        self.held = held


class NotWhole(Exception):
    """What the store holds of a shard is damaged: no shard can be made of it, it has to be made again from the log.

    `kind` is `type`, `incomplete` or `corrupt`; `seal` is that of keys that belong together, and yet hold a value that
    is not whole.
    """

    def __init__(self, kind: str, reason: str, seal: str = "") -> None:
        super().__init__(reason)
        self.kind = kind
        self.seal = seal


class Held(NamedTuple):
    """The fields of a hash and their values, in the same order. Redis may give one twice while the hash grows."""

    names: list[bytes]
    values: list[bytes]


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
    """All keys carry the generation, and a shard's keys one hash tag, so that a cluster keeps them together. `measures`
    are those that the generation collects."""

    def __init__(self, redis: Redis, generation: int = 1, measures: Sequence[str] = HASHES[1:]) -> None:
        self._redis = redis
        self.generation = generation
        self.measures = measures
        self._reading = asyncio.Lock()
        # Commits are packed by compiled code and sent from the thread that folds, so through a client that blocks.
        self._committer = ThreadPoolExecutor(1, "commits")
        self._blocking = _blocking(redis)
        # A scan is read as it comes: a shard is a million fields, and a table of them is not wanted.
        self._blocking.set_response_callback("HSCAN", lambda reply, **_: reply)
        self._expect, self._seal = _script("expect"), _script("seal")
        self._inspect = redis.register_script(_script("inspect"))
        self._forget = redis.register_script(_script("forget"))
        self._doubt = redis.register_script(_script("doubt"))

    def key(self, partition: int, what: str) -> str:
        """`{exchange:g1:p3}:pay`."""
        return f"{{exchange:g{self.generation}:p{partition}}}:{what}"

    def keys(self, partition: int) -> list[str]:
        """All keys of a shard, `meta` first."""
        return [self.key(partition, what) for what in ("meta", *self.hashes)]

    @property
    def hashes(self) -> tuple[str, ...]:
        """The hashes of a shard besides `meta`."""
        return ("members", *self.measures)

    async def meta(self, partition: int) -> dict[str, str]:
        """Watermarks and cutoffs of a shard; empty for one that was never written. Raises Conflict on a wrong type."""
        try:
            held = await self._redis.hgetall(self.key(partition, "meta"))
        except ResponseError as error:
            raise Conflict("meta", str(error)) from error
        return {_text(name): _text(value) for name, value in held.items()}

    async def whole_meta(self, partition: int) -> dict[str, str]:
        """The same of a shard whose keys belong together, seen at one moment. Raises NotWhole when they do not."""
        reply: Any = await self._inspect(keys=self.keys(partition))
        if reply[0] != 1:
            what, there = _text(reply[1]), _text(reply[2])
            kind = "type" if what.startswith("type of ") else "corrupt" if what == "meta" else "incomplete"
            raise NotWhole(kind, f"{what}: the store holds {there}")
        return _pairs(reply[1:])

    async def everything(self, partition: int) -> dict[str, Held]:
        """The fields of every hash but `meta`. One shard at a time: Redis gives no more in a second to several, and what
        was read first can be folded while the next is read. Raises Conflict on a wrong type."""
        async with self._reading:
            return {what: await self.fields(partition, what) for what in self.hashes}

    async def fields(self, partition: int, what: str) -> Held:
        """Every field and its value of `members` or of a measure's submissions. Raises Conflict on a wrong type."""
        return await asyncio.to_thread(self._scan, partition, what)

    def _scan(self, partition: int, what: str) -> Held:
        held = Held([], [])
        cursor: Any = None
        while cursor != b"0":
            try:
                reply: Any = self._blocking.hscan(self.key(partition, what), cursor or 0, count=_SCAN)
            except ResponseError as error:
                raise Conflict(what, str(error)) from error
            cursor, page = reply
            held.names.extend(page[::2])
            held.values.extend(page[1::2])
        while SEAL.encode() in held.names:  # nobody's, and like any other it may be there twice
            at = held.names.index(SEAL.encode())
            del held.names[at], held.values[at]
        return held

    async def count(self, partition: int, what: str) -> int:
        """How many members there are, or submissions of a measure."""
        return int((await self.meta(partition)).get(f"fields:{what}", 0))

    async def values(self, partition: int, what: str, names: Sequence[bytes]) -> list[bytes | None]:
        """The values of some fields. Raises Conflict on a wrong type."""
        try:
            held: Any = await self._redis.hmget(self.key(partition, what), list(names))
        except ResponseError as error:
            raise Conflict(what, str(error)) from error
        return list(held)

    async def forget(self, partition: int, why: NotWhole) -> None:
        """Take a damaged shard away. Raises Conflict, and leaves all, when somebody else made it whole meanwhile."""
        if not await self._forget(keys=self.keys(partition), args=[why.seal]):
            raise Conflict("meta", "a whole shard again")

    async def doubt(self, partition: int, seal: str) -> bool:
        """Break the seal of a shard whose values are not those that were written: whoever loads it makes it again.

        False when the seal is not this one any more: then the store holds another moment, and no value is wrong by that.
        """
        return bool(await self._doubt(keys=self.keys(partition), args=[seal]))

    async def unlink_all(self) -> None:
        """Unlink every key of this generation. What an owner that is late writes then is refused, and makes no key."""
        of_all = self.key(0, "").replace(":p0}:", ":p*}:*")
        keys = [key async for key in self._redis.scan_iter(match=of_all, count=_SCAN)]
        if keys:
            await self._redis.unlink(*keys)

    async def commit(self, partition: int, commit: Commit) -> dict[str, str]:
        """Write it all, atomically; what meta holds by it. Raises Conflict when something is not as expected."""
        return await asyncio.to_thread(self.commit_now, partition, commit)

    def in_order(self, commit: Callable[[], None]) -> "Future[None]":
        """Have a commit made in the background, after all that were given before it."""
        return self._committer.submit(commit)

    def commit_now(self, partition: int, commit: Commit) -> dict[str, str]:
        """`commit`, blocking the thread."""
        fields: dict[str, list[bytes] | Fields] = {"members": commit.members, **commit.submissions}
        if unknown := fields.keys() - set(self.hashes):
            raise ValueError(f"no shard has {sorted(unknown)}")
        expected: list[Argument] = []
        marks: list[Argument] = []
        for mark in commit.watermarks:
            expected += [mark.name, ANY if mark.expected is None else mark.expected]
            marks += [mark.name, mark.new]
        flat = {"meta": marks, **{what: _flat(some) for what, some in fields.items()}}
        writes = [["HSET", self.key(partition, what), *some] for what, some in flat.items() if some]
        with Watched(self._blocking, self.keys(partition)) as watched:
            reply = watched.look(self._expect, expected)
            answers = watched.write(writes, self._seal) if reply[0] == 1 else None
        if reply[0] != 1:
            raise Conflict(_text(reply[1]), _text(reply[2]))
        if answers is None:
            raise Conflict("meta", "what somebody else has just written")
        return {mark.name: mark.new for mark in commit.watermarks} | _pairs(answers[-1])


def _blocking(redis: Redis) -> BlockingRedis:
    """A client of the same Redis that blocks, by TLS where the other is."""
    pool = redis.connection_pool
    told = {name: value for name, value in pool.connection_kwargs.items() if name in _SAME or name.startswith("ssl_")}
    path = {"unix_socket_path": pool.connection_kwargs["path"]} if "path" in pool.connection_kwargs else {}
    by_tls = issubclass(pool.connection_class, SSLConnection)
    return BlockingRedis(**told, **path, ssl=by_tls, retry=Retry(NoBackoff(), 0), socket_timeout=_ANSWER_S)


def _flat(fields: list[bytes] | Fields) -> list[Argument]:
    if isinstance(fields, Fields):
        return [fields] if fields.count else []
    return [*fields]


def _script(name: str) -> str:
    adapters = files("exchange.adapters")
    return adapters.joinpath("whole.lua").read_text() + adapters.joinpath(f"{name}.lua").read_text()


def _pairs(flat: list[bytes | str]) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in zip(flat[::2], flat[1::2], strict=True)}


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode(errors="backslashreplace")

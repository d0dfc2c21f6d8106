"""Where the coordinator of an epoch and the owners of shards meet: one question after the other, and each shard's answers.

All of it is scaffolding of one attempt at one epoch. Losing it, or Redis, costs a new attempt and nothing else. What is
said there becomes numbers that are released, so each bears a checksum of itself and of where it lies.
"""

import zlib
from typing import Any, Final, Literal

import msgspec
import numpy as np
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from exchange.domain.addresses import Array
from exchange.domain.layout import MARK

_REQUEST: Final = "exchange:cut"
_KEPT_S: Final = 900  # answers to an attempt that everybody gave up must not stay for ever

_SUM_BYTES: Final = 4

Kind = Literal["census", "same", "beyond", "contents", "confirm"]


class Posted(msgspec.Struct, frozen=True):
    """What is asked now: question `number` of an attempt."""

    attempt: str
    number: int
    kind: Kind


class CutDamaged(Exception):
    """A question or an answer is not what was written: this attempt at the epoch cannot be gone on with."""


class MeasureAtCut(msgspec.Struct, frozen=True):
    """What a cut is told of one measure: its days, and of what is remembered the releases, cells and their baselines."""

    cutoff: str  # ISO date
    window: str
    marks: bytes = b""  # MARK
    keys: bytes = b""  # i8
    baseline: bytes = b""  # i4

    def marked(self) -> Array:
        """The releases that cells are shown as of, MARK."""
        return np.frombuffer(self.marks, MARK)

    def remembered(self) -> tuple[Array, Array]:
        """Keys of the cells that were ever shown, and the release of each one's last version."""
        return np.frombuffer(self.keys, "<i8"), np.frombuffer(self.baseline, "<i4")


class CutAsked(msgspec.Struct, frozen=True):
    """The first question: cut at or past these ends (topic -> partition -> offset) and count. `release` 0: a sweep."""

    release: int
    measures: dict[str, MeasureAtCut]
    ends: dict[str, dict[int, int]]


class Asked(msgspec.Struct, frozen=True):
    """A later question about the cells of one measure; what the arrays (i8) are follows from its kind."""

    measure: str
    arrays: list[bytes]

    def array(self, index: int) -> Array:
        """One of them."""
        return np.frombuffer(self.arrays[index], "<i8")


class Answer(msgspec.Struct, frozen=True):
    """One shard's answer. `lost`: its owner changed since the cut, so nobody can answer.

    By topic `offsets` say where the cut is, and `last` which record lies before it.
    """

    partition: int
    lost: bool = False
    offsets: dict[str, int] = {}
    last: dict[str, str] = {}
    arrays: dict[str, list[bytes]] = {}

    def array(self, name: str, index: int, dtype: str) -> Array:
        """One array of a measure, or of the question's own name."""
        return np.frombuffer(self.arrays[name][index], dtype)


class CutBoard:
    """The questions and the answers, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._posted = msgspec.json.Decoder(Posted).decode
        self._cut_asked = msgspec.msgpack.Decoder(CutAsked).decode
        self._asked = msgspec.msgpack.Decoder(Asked).decode
        self._answer = msgspec.msgpack.Decoder(Answer).decode

    async def post(self, posted: Posted, question: CutAsked | Asked | None) -> None:
        """Ask every owner."""
        if question is not None:
            key = self._key(posted.attempt, posted.number, "asked")
            await self._redis.set(key, _summed(key, question), ex=_KEPT_S)
        await self._redis.set(_REQUEST, msgspec.json.encode(posted), ex=_KEPT_S)

    async def posted(self) -> Posted | None:
        """What is asked now. What is no question is taken down."""
        try:
            raw = await self._get(_REQUEST)
            return None if raw is None else self._posted(raw)
        except (ResponseError, msgspec.DecodeError):
            await self._redis.unlink(_REQUEST)
            return None

    async def cut_asked(self, posted: Posted) -> CutAsked | None:
        """The first question itself. Raises CutDamaged."""
        raw = await self._said(self._key(posted.attempt, posted.number, "asked"))
        return None if raw is None else self._cut_asked(raw)

    async def asked(self, posted: Posted) -> Asked | None:
        """A later question itself. Raises CutDamaged."""
        raw = await self._said(self._key(posted.attempt, posted.number, "asked"))
        return None if raw is None else self._asked(raw)

    async def answer(self, posted: Posted, answer: Answer) -> bool:
        """Answer for one shard; False, and nothing written, when somebody has answered before."""
        key = self._key(posted.attempt, posted.number, answer.partition)
        return bool(await self._redis.set(key, _summed(key, answer), ex=_KEPT_S, nx=True))

    async def is_answered(self, posted: Posted, partition: int) -> bool:
        """Whether somebody has answered for a shard, whatever it is."""
        return bool(await self._redis.exists(self._key(posted.attempt, posted.number, partition)))

    async def answer_of(self, posted: Posted, partition: int) -> Answer | None:
        """A shard's answer, when it is there. Raises CutDamaged."""
        raw = await self._said(self._key(posted.attempt, posted.number, partition))
        return None if raw is None else self._answer(raw)

    async def clear(self, posted: Posted, partitions: int, *, last: bool = False) -> None:
        """Take a question and its answers down; with `last`, the request too: owners let their cuts go."""
        keys = [self._key(posted.attempt, posted.number, part) for part in ("asked", *range(partitions))]
        await self._redis.unlink(*keys, *([_REQUEST] if last else []))

    async def _said(self, key: str) -> bytes | None:
        """What was written there, without its checksum."""
        try:
            raw = await self._get(key)
        except ResponseError as error:
            raise CutDamaged(f"{key}: {error}") from error
        if raw is None:
            return None
        said = raw[_SUM_BYTES:]
        if raw[:_SUM_BYTES] != _sum_of(key, said):
            raise CutDamaged(f"{key} is not what was written")
        return said

    async def _get(self, key: str) -> bytes | None:
        raw = await self._redis.get(key)
        return raw.encode() if isinstance(raw, str) else raw

    @staticmethod
    def _key(attempt: str, number: int, what: str | int) -> str:
        return f"exchange:cut:{attempt}:{number}:{what}"


def _summed(key: str, said: Any) -> bytes:
    packed = msgspec.msgpack.encode(said)
    return _sum_of(key, packed) + packed


def _sum_of(key: str, packed: bytes) -> bytes:
    return zlib.crc32(packed, zlib.crc32(key.encode())).to_bytes(_SUM_BYTES, "big")

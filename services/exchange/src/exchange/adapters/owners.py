"""Which process owns which shards, as each says of itself again and again, in Redis.

Nobody may rely on it: the group deals the shards. It tells of a process that has fallen silent seconds before the group
notices. Losing it, or Redis, costs these seconds and nothing else.
"""

from typing import Final

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

_OWNERS: Final = "exchange:owners"


class Beat(msgspec.Struct, frozen=True):
    """What a process says of itself: its member id in the group, its partitions, and how often it has said so."""

    member: str
    partitions: list[int]
    number: int


class Owners:
    """The processes of the exchange, by a name that each gives itself."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._decode = msgspec.json.Decoder(Beat).decode

    async def tell(self, name: str, beat: Beat) -> None:
        """Say it. Raises ResponseError where the key is of another type; `everybody` takes that down."""
        await self._redis.hset(_OWNERS, name, msgspec.json.encode(beat))

    async def everybody(self) -> dict[str, Beat]:
        """What each has said last. What nobody has said is taken down."""
        try:
            held = await self._redis.hgetall(_OWNERS)
        except ResponseError:
            await self._redis.unlink(_OWNERS)
            return {}
        beats = {}
        for name, value in held.items():
            try:
                beats[name if isinstance(name, str) else name.decode()] = self._decode(value)
            except (msgspec.DecodeError, UnicodeDecodeError):
                await self._redis.hdel(_OWNERS, name)
        return beats

    async def forget(self, name: str) -> None:
        """It has left."""
        await self._redis.hdel(_OWNERS, name)

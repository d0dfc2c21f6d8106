"""Where the coordinator of an epoch and the owners of shards meet: one request, and each shard's answers to it.

All of it is scaffolding of one attempt at one epoch. Losing it, or Redis, costs a new attempt and nothing else.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
import numpy as np
from redis.asyncio import Redis

from exchange.domain.addresses import Array
from exchange.domain.cell_book import Census, Contents

_REQUEST: Final = "exchange:cut"
_KEPT_S: Final = 900  # answers to an attempt that everybody gave up must not stay for ever


class CutRequest(msgspec.Struct, frozen=True):
    """What the coordinator asks of every owner."""

    attempt: str
    phase: Literal["census", "contents"]
    cutoffs: dict[str, str]  # measure -> ISO date
    ends: dict[str, dict[int, int]]  # topic -> partition -> offset that the cut must have reached


class CensusReport(msgspec.Struct, frozen=True):
    """One shard's answer to the first phase: where it cut, and what every cell counted there."""

    partition: int
    offsets: dict[str, int]
    measures: dict[str, tuple[bytes, bytes, bytes, bytes]]

    def census(self, measure: str) -> Census:
        """The counts of one measure."""
        keys, contributors, entries, largest = self.measures[measure]
        i4 = np.dtype("<i4")
        return Census(
            np.frombuffer(keys, "<i8"), *(np.frombuffer(part, i4) for part in (contributors, entries, largest))
        )


class ContentsReport(msgspec.Struct, frozen=True):
    """One shard's answer to the second phase. `lost`: its owner changed since the cut, so nobody can answer."""

    partition: int
    lost: bool = False
    measures: dict[str, tuple[bytes, bytes, bytes]] = {}

    def contents(self, measure: str) -> Contents:
        """The entries of the wanted cells of one measure."""
        ends, contributors, cents = self.measures[measure]
        return Contents(np.frombuffer(ends, "<i8"), np.frombuffer(contributors, "<i4"), np.frombuffer(cents, "<i4"))


def census_report(partition: int, offsets: Mapping[str, int], found: Mapping[str, Census]) -> CensusReport:
    """A report of one shard's counts."""
    measures = {
        measure: (c.keys.tobytes(), c.contributors.tobytes(), c.entries.tobytes(), c.largest.tobytes())
        for measure, c in found.items()
    }
    return CensusReport(partition, dict(offsets), measures)


def contents_report(partition: int, found: Mapping[str, Contents]) -> ContentsReport:
    """A report of the entries of the wanted cells."""
    measures = {m: (c.ends.tobytes(), c.contributors.tobytes(), c.cents.tobytes()) for m, c in found.items()}
    return ContentsReport(partition, False, measures)


class CutBoard:
    """The request and the answers, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._decode_request = msgspec.json.Decoder(CutRequest).decode
        self._decode_census = msgspec.msgpack.Decoder(CensusReport).decode
        self._decode_contents = msgspec.msgpack.Decoder(ContentsReport).decode

    async def post(self, request: CutRequest) -> None:
        """Ask every owner."""
        await self._redis.set(_REQUEST, msgspec.json.encode(request), ex=_KEPT_S)

    async def posted(self) -> CutRequest | None:
        """What is asked now."""
        raw = await self._get(_REQUEST)
        return None if raw is None else self._decode_request(raw)

    async def clear(self, attempt: str, partitions: int, measures: list[str]) -> None:
        """Take an attempt's request and answers down."""
        keys = [self._key(attempt, phase, p) for phase in ("census", "contents") for p in range(partitions)]
        await self._redis.unlink(_REQUEST, *keys, *(self._wanted_key(attempt, m) for m in measures))

    async def want(self, attempt: str, measure: str, keys: Array) -> None:
        """Name the cells whose entries the coordinator needs."""
        await self._redis.set(self._wanted_key(attempt, measure), keys.astype("<i8").tobytes(), ex=_KEPT_S)

    async def wanted(self, attempt: str, measure: str) -> Array | None:
        """Those cells."""
        raw = await self._get(self._wanted_key(attempt, measure))
        return None if raw is None else np.frombuffer(raw, "<i8")

    async def report(self, attempt: str, report: CensusReport | ContentsReport) -> bool:
        """Answer for one shard; False, and nothing written, when somebody has answered before."""
        phase = "census" if isinstance(report, CensusReport) else "contents"
        key, packed = self._key(attempt, phase, report.partition), msgspec.msgpack.encode(report)
        return bool(await self._redis.set(key, packed, ex=_KEPT_S, nx=True))

    async def census_of(self, attempt: str, partition: int) -> CensusReport | None:
        """A shard's first answer, when it is there."""
        raw = await self._get(self._key(attempt, "census", partition))
        return None if raw is None else self._decode_census(raw)

    async def contents_of(self, attempt: str, partition: int) -> ContentsReport | None:
        """A shard's second answer, when it is there."""
        raw = await self._get(self._key(attempt, "contents", partition))
        return None if raw is None else self._decode_contents(raw)

    async def _get(self, key: str) -> bytes | None:
        raw = await self._redis.get(key)
        return raw.encode() if isinstance(raw, str) else raw

    @staticmethod
    def _key(attempt: str, phase: str, partition: int) -> str:
        return f"exchange:cut:{attempt}:{phase}:{partition}"

    @staticmethod
    def _wanted_key(attempt: str, measure: str) -> str:
        return f"exchange:cut:{attempt}:wanted:{measure}"

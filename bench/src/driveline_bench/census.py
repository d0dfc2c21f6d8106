"""The live cells of a running exchange, as a release would count them: asked on the board where releases ask."""

import asyncio
from typing import Final
from uuid import uuid4

import numpy as np
from exchange.adapters.cut_board import CutAsked, CutBoard, MeasureAtCut
from exchange.app import geography
from exchange.domain.cell_book import Contents
from exchange.domain.codes import EXPERIENCES, FACET_CODES, ROLES, SHOP_TYPES
from exchange.domain.lattice import FACET_SHIFT, GEO_SHIFT, GRADE_SHIFT, SHOP_SHIFT, SUBJECT_SHIFT
from exchange.usecases.cut_shards import CutOfAll
from redis.asyncio import Redis

from contracts import vocabulary
from driveline_bench import tables, truth
from driveline_bench.testbed import PARTITIONS, PAY, Testbed
from driveline_bench.truth import CELL, Array, key_of

_CELLS_AT_ONCE: Final = 200_000


def census(bed: Testbed) -> Array:
    """CELL of every cell of all shards together."""
    return asyncio.run(_census(bed))


async def _census(bed: Testbed) -> Array:
    redis: Redis = Redis.from_url(bed.servers.redis)
    cut = CutOfAll(CutBoard(redis), f"bench.{uuid4().hex[:8]}", PARTITIONS)
    days = MeasureAtCut(bed.meta(0, "cutoff:pay"), bed.meta(0, "window:pay"))
    ends = {PAY: {p: int(bed.meta(p, f"next:{PAY}") or 0) for p in range(PARTITIONS)}}
    try:
        # As for a sweep, which moves nothing.
        await cut.take(CutAsked(0, {"pay": days}, ends))
        counted = cut.census["pay"]
        found = np.zeros(len(counted.keys), CELL)
        found["key"] = our_keys(counted.keys)
        for name in ("contributors", "entries", "largest"):
            found[name] = getattr(counted, name)
        for start in range(0, len(found), _CELLS_AT_ONCE):
            some = slice(start, start + _CELLS_AT_ONCE)
            for shard in await cut.contents("pay", counted.keys[some]):
                assert isinstance(shard, Contents)  # noqa: S101 - of pay
                found["cents"][some] += sums(shard.cents.astype(np.int64), shard.ends)
    finally:
        await cut.let_go()
        await redis.aclose()
    return found[np.argsort(found["key"])]


def sums(values: Array, ends: Array) -> Array:
    """The sum of each values[ends[i - 1]:ends[i]]."""
    running = np.append(0, np.cumsum(values))
    added: Array = np.diff(running[np.append(0, ends)])
    return added


def our_keys(packed: Array) -> Array:
    """The bench's own keys (`truth`) of packed keys of the exchange, whose codes have another order."""
    number = {name: n for n, name in enumerate(truth.geographies())}
    geographies = np.array([number[name] for name in geography().names], np.int64)
    kind = packed >> FACET_SHIFT & 3
    code = packed & 15
    for facet, (theirs, ours) in enumerate(zip(FACET_CODES, truth.FACETS, strict=True), 1):
        code = np.where(kind == facet, tables.renumbered(theirs, ours)[code], code)
    keys: Array = key_of(
        geographies[packed >> GEO_SHIFT],
        tables.renumbered(ROLES, vocabulary.ROLES)[packed >> SUBJECT_SHIFT & 63],
        tables.renumbered(SHOP_TYPES, vocabulary.SHOP_TYPES)[packed >> SHOP_SHIFT & 31],
        tables.renumbered(EXPERIENCES, vocabulary.EXPERIENCES)[packed >> GRADE_SHIFT & 7],
        kind,
        code,
    )
    return keys

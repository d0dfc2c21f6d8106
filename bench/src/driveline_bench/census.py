"""The live cells of a running exchange, as a release would count them: asked on the board where releases ask."""

import asyncio
import time
from typing import Final
from uuid import uuid4

import numpy as np
from exchange.adapters.cut_board import CutBoard, CutRequest
from exchange.app import geography
from exchange.domain.codes import EXPERIENCES, FACET_CODES, ROLES, SHOP_TYPES
from exchange.domain.lattice import EXPERIENCE_SHIFT, FACET_SHIFT, GEO_SHIFT, ROLE_SHIFT, SHOP_SHIFT
from redis.asyncio import Redis

from contracts import vocabulary
from driveline_bench import tables, truth
from driveline_bench.testbed import PARTITIONS, PAY, Testbed
from driveline_bench.truth import CELL, Array, joined_cells, key_of

_WITHIN_S: Final = 60


def census(bed: Testbed) -> Array:
    """CELL of every cell of all shards together; the sum of cents is not asked for, and 0."""
    return asyncio.run(_census(bed))


async def _census(bed: Testbed) -> Array:
    redis: Redis = Redis.from_url(bed.servers.redis)
    board, attempt = CutBoard(redis), f"bench.{uuid4().hex[:8]}"
    cutoffs = {"pay": bed.meta(0, "cutoff:pay")}
    ends = {PAY: {p: int(bed.meta(p, f"next:{PAY}") or 0) for p in range(PARTITIONS)}}
    try:
        await board.post(CutRequest(attempt, "census", cutoffs, ends))
        parts, until = [], time.monotonic() + _WITHIN_S
        for partition in range(PARTITIONS):
            while (report := await board.census_of(attempt, partition)) is None:
                if time.monotonic() > until:
                    raise SystemExit(f"bench: partition {partition} was not counted within {_WITHIN_S} s")
                await asyncio.sleep(0.05)
            found = report.census("pay")
            part = np.zeros(len(found.keys), CELL)
            part["key"] = our_keys(found.keys)
            part["contributors"], part["entries"], part["largest"] = found.contributors, found.entries, found.largest
            parts.append(part)
    finally:
        await board.clear(attempt, PARTITIONS, ["pay"])
        await redis.aclose()
    return joined_cells(np.concatenate(parts))


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
        tables.renumbered(ROLES, vocabulary.ROLES)[packed >> ROLE_SHIFT & 63],
        tables.renumbered(SHOP_TYPES, vocabulary.SHOP_TYPES)[packed >> SHOP_SHIFT & 31],
        tables.renumbered(EXPERIENCES, vocabulary.EXPERIENCES)[packed >> EXPERIENCE_SHIFT & 7],
        kind,
        code,
    )
    return keys

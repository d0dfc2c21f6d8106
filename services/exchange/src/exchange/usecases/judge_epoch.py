"""Judge: rules 2 to 6 over all shards at one cut. The shards count, this adds up and decides, on flat arrays throughout."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.beside_old import Beside
from exchange.domain.cell_book import Census, Contents
from exchange.domain.change import Decided, Memory, decide
from exchange.domain.disclosure import qualifying
from exchange.domain.lattice import Geography, unpack
from exchange.domain.nesting import close_pairs, families, held_by_finer, held_by_wider
from exchange.domain.offering import Offers
from exchange.domain.policy import Policy

Apart: TypeAlias = Callable[..., Awaitable[Any]]

ENTRIES_AT_ONCE: Final = 4_000_000  # of the cells whose values are asked for together; two bytes each, or four


class Shards(Protocol):
    """All shards at one cut. Counts are those of all shards together, by measure."""

    @property
    def census(self) -> Mapping[str, Census]:
        """Every cell that holds an entry."""

    @property
    def changed(self) -> Mapping[str, Array]:
        """For each cell of the memory: how many contributors have other values than at its baseline."""

    async def same(self, measure: str, wide: Array, fine: Array) -> Array:
        """For each pair of keys, sorted by the wider: contributors with as many entries in the finer cell."""

    async def beyond(self, measure: str, parents: Array, ends: Array, finer: Array) -> Array:
        """For each parent: contributors with more entries in it than in its finer cells together."""

    async def contents(self, measure: str, keys: Array) -> Sequence[Contents] | Sequence[Offers]:
        """The values in these cells, one for each shard."""


async def here(work: Callable[..., Any], *args: Any) -> Any:
    """Do work that takes long; `asyncio.to_thread` is for where others must go on meanwhile."""
    return work(*args)


async def judge(
    shards: Shards,
    measure: str,
    policy: Policy,
    memory: Memory,
    release: int,
    geography: Geography,
    apart: Apart = here,
) -> Decided:
    """Which cells a release shows anew, brings back, leaves, and withdraws."""
    qualified = await apart(qualifying, shards.census[measure], policy, geography)
    remaining = await _nested(shards, measure, policy, qualified, geography, apart)
    changed = shards.changed[measure]
    if policy.guards_old_versions:
        waiting = await _beside_old(shards, measure, policy, memory, remaining, geography)
        return decide(memory, remaining, changed, policy, release, waiting)
    return decide(memory, remaining, changed, policy, release)


async def _nested(
    shards: Shards, measure: str, policy: Policy, qualified: Census, geography: Geography, apart: Apart
) -> Array:
    """Rule 3: the keys of the qualifying cells that may be shown together."""
    keys, contributors = qualified.keys, np.asarray(qualified.contributors, np.int64)
    pairs = await apart(close_pairs, keys, contributors, qualified.entries, policy.fewest, geography.parents)
    if len(pairs.wide):
        same = await shards.same(measure, keys[pairs.wide], keys[pairs.fine])
        left = np.delete(np.arange(len(keys)), held_by_wider(pairs, same, contributors, policy.fewest))
        keys, contributors = keys[left], contributors[left]

    def text(index: int) -> str:
        return unpack(measure, int(keys[index]), geography).text()

    while True:
        kin = await apart(families, keys, geography.parents)
        if not len(kin.parents):
            return keys
        beyond = await shards.beyond(measure, keys[kin.parents], kin.ends, keys[kin.finer])
        held = held_by_finer(kin, beyond, contributors, policy.fewest, text)
        if not len(held):
            return keys
        left = np.delete(np.arange(len(keys)), held)
        keys, contributors = keys[left], contributors[left]


async def _beside_old(
    shards: Shards, measure: str, policy: Policy, memory: Memory, remaining: Array, geography: Geography
) -> Array:
    """The keys of the remaining cells whose version of now would be too close to an older one of another cell."""
    census, changed = shards.census[measure], shards.changed[measure]
    beside = Beside.of(memory, remaining, changed, census, policy.fewest, geography.parents)
    wide, fine = beside.keys[beside.pairs.wide], beside.keys[beside.pairs.fine]
    same = await shards.same(measure, wide, fine) if len(wide) else wide
    return beside.waiting(same, policy.fewest)


async def values(
    shards: Shards, measure: str, keys: Array
) -> AsyncIterator[tuple[Array, Sequence[Contents] | Sequence[Offers]]]:
    """The values in these cells (sorted keys), one for each shard, some cells at a time: bounded however large they are."""
    census = shards.census[measure]
    entries = np.cumsum(census.entries[np.searchsorted(census.keys, keys)], dtype=np.int64)
    first = 0
    while first < len(keys):
        done = int(entries[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(entries, done + ENTRIES_AT_ONCE, side="right")))
        some = keys[first:last]
        yield some, await shards.contents(measure, some)
        first = last

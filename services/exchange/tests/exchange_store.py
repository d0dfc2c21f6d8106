"""A shard out of its store."""

from datetime import date

from contracts.topics import COLLECTED
from exchange.adapters.shard_store import ShardStore
from exchange.domain.policy import POLICIES, months_before
from exchange.domain.shard import Days, Past
from exchange.usecases.collect import Owned
from exchange.usecases.load_shard import load_shard
from exchange_market import places

CHAINS = places().chains


def days(cutoff: date) -> Days:
    return Days(cutoff, months_before(cutoff, 24))


async def load(store: ShardStore, partition: int = 3, partitions: int = 6, **cutoffs: str) -> Owned:
    past = Past(days={measure: days(date.fromisoformat(cutoff)) for measure, cutoff in cutoffs.items()})
    return await load_after(store, past, partition, partitions)


async def load_after(store: ShardStore, past: Past, partition: int = 3, partitions: int = 6) -> Owned:
    """As a shard is loaded after these releases."""
    return await load_shard(partition, partitions, COLLECTED, POLICIES, CHAINS, past, store)

"""One batch of one shard on its way through the collector, and whether it continues the shard."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.fetched import Fetched

from exchange.entrypoints.collector.reader import Prepared
from exchange.usecases.collect import Owned


@dataclass(slots=True)
class Work:
    """What one turn of the loop took of one partition; `reached` and `counts` are by topic."""

    partition: int
    owned: Owned
    prepared: Prepared
    reached: dict[str, int]
    counts: dict[str, int]
    began: float = field(default_factory=time.monotonic)


def gap_in(owned: Owned, found: Mapping[str, Fetched]) -> str | None:
    """Where records do not continue the shard: offsets must begin at its own and have no hole."""
    for topic, fetched in found.items():
        expected = owned.prepared[topic]
        if fetched.first != expected or not fetched.contiguous:
            holes = "" if fetched.contiguous else " with holes"
            return f"{topic} came from {fetched.first} to {fetched.next}{holes}, expected from {expected}"
    return None

"""One batch of one shard on its way through the collector."""

import time
from dataclasses import dataclass, field

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

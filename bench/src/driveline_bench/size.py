"""What a contribution takes: bytes in Redis and in the process at several sizes, and what follows for five million."""

import time

import numpy as np
import psutil
from exchange.domain import cell_book

from driveline_bench.figures import under
from driveline_bench.market import History, submitted
from driveline_bench.testbed import PARTITIONS, PAY, a_testbed, wait

STATED_FOR = 5_000_000
_SHARES = (0.25, 0.5, 1.0)
_RECORD = 8  # bytes of a record in a cell's log


def size(events: int, members: int) -> None:
    """Collect in steps up to `events` contributions, look at each, and draw a line through what is seen."""
    with a_testbed(members) as bed:
        bed.members_only()
        empty = bed.stored_bytes()
        process = bed.start_exchange()
        wait(process.ready, 60, "the exchange being ready", bed.folder)
        bare = psutil.Process(process.pid).memory_info().rss
        history: History = []
        seen: list[tuple[int, int, int]] = []
        for step, share in enumerate(_SHARES):
            wanted = int(events * share)
            more = submitted(bed.market, wanted - len(history), 0.0, seed=10 + step, history=history)
            bed.publish(PAY, more, "pay events")
            wait(lambda n=wanted: bed.reached(PAY) >= n, 600, "collecting the pay events", bed.folder)  # type: ignore[misc]
            time.sleep(1)
            held = bed.contributions()
            stored, resident = bed.stored_bytes() - empty, psutil.Process(process.pid).memory_info().rss - bare
            seen.append((held, stored, resident))
            print(
                f"{held:>10,} contributions: {stored / held:,.0f} bytes each in Redis, {resident / held:,.0f} in the"
                f" process ({(resident + bare) / 1e6:,.0f} MB resident, {bare / 1e6:,.0f} of it before the first)",
                flush=True,
            )
        _state(seen, bare)


def _state(seen: list[tuple[int, int, int]], bare: int) -> None:
    held, stored, resident = np.array(seen, float).T
    # The market's geography is full long before: beyond the first size what grows is contributions alone.
    redis_each, redis_base = np.polyfit(held, stored, 1)
    each, base = np.polyfit(held, resident, 1)
    redis_mb, process_mb = (redis_base + redis_each * STATED_FOR) / 1e6, (bare + base + each * STATED_FOR) / 1e6
    print(f"the line through them: {redis_each:,.0f} bytes a further contribution in Redis, {each:,.0f} in the process")
    print(
        under(f"{STATED_FOR:,}: {redis_mb:,.0f} MB in Redis, {process_mb:,.0f} MB in one process that owns all shards")
    )
    most = cell_book._MOST_RECORDS  # noqa: SLF001 - the bound itself
    # If all of it were records of logs, which it is not: so many fit at least.
    fit = most * _RECORD / each * PARTITIONS
    print(
        under(
            f"a shard's cells hold {most:,} records: {PARTITIONS} shards hold {fit / 1e6:,.0f} million contributions or more"
        )
    )
    if fit < STATED_FOR:
        raise SystemExit(f"bench: {STATED_FOR:,} contributions need more partitions")

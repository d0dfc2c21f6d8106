"""An owner of all contributions is killed; how long until another process that had none collects in its place."""

import time

import httpx
from confluent_kafka.admin import AdminClient
from contracts.codec import partition_of

from driveline_bench.figures import under
from driveline_bench.market import History, shops, submitted
from driveline_bench.testbed import PARTITIONS, PAY, Exchange, Testbed, a_testbed, members_of, wait
from driveline_bench.trickle import trickle

# The range assignor gives one of two processes the lower half of the partitions; all shops lie there.
_LOWER = PARTITIONS // 2
_MEANWHILE = 300  # events a second go on, so that collecting again is seen
_BETWEEN_S = 5
_PATIENCE_S = 90.0


def recovery(events: int, members: int) -> None:
    """Two processes, one of which holds all contributions; kill that one without a word, and then the other one, which is
    started again at once, as `driveline up` does."""
    market = [shop for shop in shops(2 * members + 100) if partition_of(shop.member_id, PARTITIONS) < _LOWER][:members]
    with a_testbed(members, market=market) as bed:
        bed.members_only()
        bed.start_together(2)
        history: History = []
        bed.publish(PAY, submitted(market, events, 0.0, history=history), "pay events")
        wait(lambda: bed.reached(PAY) >= events, 600, "collecting the pay events", bed.folder)
        held = bed.contributions()
        # A process counts a moment after its watermark is there.
        wait(lambda: sum(map(collected, bed.running)) >= held, 10, "counting the pay events", bed.folder)
        owner = max(bed.running, key=collected)
        if collected(owner) < held:
            raise SystemExit("bench: the contributions are not all of one process")
        with trickle(bed, market, history, _MEANWHILE, 99):
            time.sleep(1)
            noticed, back = _killed(bed, owner)
            print(f"{held:,} contributions of a killed owner are collected again after {back:.1f} s:")
            print(under(f"{noticed:.1f} s until the group gave its {_LOWER} shards away (session time-out)"))
            print(under(f"{back - noticed:.1f} s to load them, first records collected included"))
            time.sleep(_BETWEEN_S)
            _, back = _killed(bed, bed.running[0], start=1)
            print(f"the only owner, killed and started again at once, collects them again after {back:.1f} s")


def _killed(bed: Testbed, owner: Exchange, start: int = 0) -> tuple[float, float]:
    """Kill an owner, and start so many others: seconds until the group has dealt its shards anew, and until all are collected."""
    admin = AdminClient({"bootstrap.servers": bed.servers.kafka})
    began = time.perf_counter()
    owner.process.kill()
    owner.process.wait(10)
    bed.running.remove(owner)
    for _ in range(start):
        bed.start_exchange()
    after = watermarks(bed)
    noticed: float | None = None
    back: dict[int, float] = {}
    while len(back) < _LOWER and time.perf_counter() - began < _PATIENCE_S:
        now = time.perf_counter() - began
        if noticed is None and members_of(admin) == (1, True):
            noticed = time.perf_counter() - began
        for partition, offset in enumerate(watermarks(bed)):
            if partition not in back and offset > after[partition]:
                back[partition] = now
        time.sleep(0.05)
    if len(back) < _LOWER or noticed is None:
        raise SystemExit(f"bench: only {len(back)} of {_LOWER} shards were collected again within {_PATIENCE_S:.0f} s")
    return noticed, max(back.values())


def watermarks(bed: Testbed) -> list[int]:
    """The next offset of pay of each of the lower shards."""
    return [int(bed.meta(p, f"next:{PAY}") or 0) for p in range(_LOWER)]


def collected(process: Exchange) -> float:
    """How many pay events a process has made durable, by its own metric."""
    text = httpx.get(f"http://127.0.0.1:{process.port}/metrics", timeout=30).text
    name = f'driveline_exchange_collected_total{{topic="{PAY}"}} '
    return next((float(line.removeprefix(name)) for line in text.splitlines() if line.startswith(name)), 0.0)

"""The collector measured: a log of pay events from the inner topic to durable effect, in one process or several."""

import json
import subprocess
import sys
import time

import psutil

from driveline_bench.cpu import Cpu
from driveline_bench.figures import Rate
from driveline_bench.testbed import PAY, Testbed, wait


def raw_consumer(bed: Testbed, events: int) -> Rate:
    """The ceiling, in a process of its own."""
    command = [sys.executable, "-m", "driveline_bench.raw_consumer", bed.servers.kafka, PAY, str(events)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return Rate("raw aiokafka consumer", found["events"], found["seconds"], {"consumer": found["cpu_us"]})


def exchange(bed: Testbed, events: int, processes: int, *, members_too: int = 0) -> tuple[Rate, float]:
    """Collect the whole log anew with so many processes, which go on running; the rate, and bytes a contribution in Redis.

    The clock runs from the first durable batch to the last watermark in Redis. The members are collected before, or
    with `members_too`, which says how many, in the same run: then it runs from when all of them are durable too.
    """
    if members_too:
        bed.store.flushall()
    else:
        bed.members_only()
    before = bed.stored_bytes()
    bed.start_together(processes)
    pids = bed.pids()
    wait(lambda: bed.begun(members_too), 120, "the first batch", bed.folder)
    first, began, cpu = bed.reached(PAY), time.perf_counter(), Cpu.of(pids)
    wait(lambda: bed.reached(PAY) >= events, 600, "collecting the pay events", bed.folder)
    seconds, used, done = time.perf_counter() - began, Cpu.of(pids), events - first
    memory = sum(psutil.Process(one.pid).memory_info().rss for one in bed.running)
    by_part: dict[str, float] = {}
    for name, us in used.since(cpu, done).items():
        part = name.split("-")[0]
        by_part[part] = by_part.get(part, 0.0) + us
    name = f"exchange, {processes} process{'es' if processes > 1 else ''}"
    stored = (bed.stored_bytes() - before) / max(1, bed.contributions())
    return Rate(name, done, seconds, by_part, memory), stored

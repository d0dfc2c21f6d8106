"""A second generation filled from the log by `python -m exchange.rebuild`, beside how fast the first one was collected."""

import json
import subprocess
import sys
import time

import psutil

from driveline_bench.census import census
from driveline_bench.collect import exchange
from driveline_bench.compare import exact, publish
from driveline_bench.cpu import Cpu
from driveline_bench.figures import Rate, under
from driveline_bench.testbed import PAY, Testbed, a_testbed, leashed, wait
from driveline_bench.truth import difference

NEXT = 2  # the generation after the first


def rebuild(events: int, members: int) -> None:
    """Collect the log, members and all, then rebuild it while the first generation serves.

    Both clocks run from when all members and a batch of pay are durable. Redis does not rewrite its own log meanwhile: it
    would when that has doubled, which is in the rebuild, and take a core for a second.
    """
    with a_testbed(members) as bed:
        bed.store.config_set("auto-aof-rewrite-percentage", 0)
        expected = publish(bed, events)
        apply, _ = exchange(bed, events, 1, members_too=members)
        print(apply.line(), flush=True)
        built, whole = _rebuilt(bed, events, members)
        print(built.line())
        bed.generation = NEXT
        wait(bed.running[0].ready, 60, "the exchange serving the rebuilt generation", bed.folder)
        exact("the rebuilt generation", difference(census(bed), expected), len(expected))
        print(under(f"{built.per_second / apply.per_second:.0%} of apply; {whole:.1f} s from start to switch"))


def _rebuilt(bed: Testbed, events: int, members: int) -> tuple[Rate, float]:
    log = (bed.folder / "rebuild.log").open("ab")
    started = time.perf_counter()
    process = subprocess.Popen(
        [*leashed(), sys.executable, "-m", "exchange.rebuild"],
        env=bed.environment("rebuild"), stdout=subprocess.PIPE, stderr=log,
    )  # fmt: skip
    pids = {"rebuild": process.pid} | bed.pids()

    def going_on() -> bool:
        if process.poll() is not None:
            raise SystemExit(f"bench: the rebuild ended: {(bed.folder / 'rebuild.log').read_text()[-1000:]}")
        return bed.begun(members, NEXT)

    wait(going_on, 120, "the first batch of the rebuild")
    first, began, cpu = bed.reached(PAY, NEXT), time.perf_counter(), Cpu.of(pids)
    wait(lambda: bed.reached(PAY, NEXT) >= events, 600, "rebuilding")
    seconds, used = time.perf_counter() - began, Cpu.of(pids)
    memory = psutil.Process(process.pid).memory_info().rss
    said, _ = process.communicate(timeout=120)
    whole = time.perf_counter() - started
    last = json.loads(said.decode().splitlines()[-1])
    if process.returncode != 0 or last.get("contributions") != bed.contributions(NEXT):
        raise SystemExit(f"bench: the rebuild said {last}")
    done = events - first
    return Rate("rebuild, 1 process", done, seconds, used.since(cpu, done), memory), whole

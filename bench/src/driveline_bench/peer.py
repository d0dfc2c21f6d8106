"""The peer: the exchange's work by Kafka Streams (`bench/peers/kafka-streams`), on the same log, held to the same truth."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import psutil
from chassis.servers.jars import Jars
from contracts.vocabulary import CREDENTIAL_LEVELS, EXPERIENCES, PAY_PLANS, ROLES, SHOP_SIZES, SHOP_TYPES

from driveline_bench.cpu import Cpu
from driveline_bench.figures import Rate
from driveline_bench.jvm import classpath
from driveline_bench.tables import PLANS, renumbered, write_tables
from driveline_bench.testbed import PAY, Testbed, leashed
from driveline_bench.truth import CELL, Array, joined_cells, key_of

SOURCES: Final = Path(__file__).parents[2] / "peers" / "kafka-streams"
JARS: Final = Jars("The peer", "kafka-streams", "4.1.0", SOURCES / "pom.xml")
# The parallel collector takes the least from the threads that work where nearly everything that is old stays; the heap is
# touched before the clock runs.
JVM: Final = (
    "-XX:+UseParallelGC", "-XX:ParallelGCThreads=2", "-XX:+AlwaysPreTouch", "-XX:+UseTransparentHugePages",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)  # fmt: skip
# How it keeps entries: a log for each cell, or the exchange's own way, one for each block of cells (decision 0522).
CELLS, BLOCKS = "cells", "blocks"
_AGE_DAYS, _WINDOW_DAYS = 90, 731  # of pay-2026, as the market's dates are far from either end
_DUMPED: Final = np.dtype(
    [
        *((name, ">i4") for name in ("geography", "role", "place", "contributors", "entries", "largest")),
        ("cents", ">i8"),
    ]
)


@dataclass(frozen=True, slots=True)
class Collected:
    """What the peer did, and all its cells."""

    rate: Rate
    cells: Array
    refused: int
    ties: int


def collect(bed: Testbed, events: int, layout: str = CELLS) -> Collected:
    """Run the peer over the whole log of pay events. It stops before this returns, and forgets what it did."""
    write_tables(bed.folder / "peer", _AGE_DAYS, _WINDOW_DAYS, layout)
    heap = (
        2048 + events // 500
    )  # MB: a contribution takes a kilobyte, what is read and logged lives a moment in the young part
    command = [
        *leashed(),
        "java",
        *JVM,
        f"-Xms{heap}m",
        f"-Xmx{heap}m",
        "-Xmn1g",
        "-cp",
        classpath(JARS, SOURCES),
        "driveline.peer.Peer",
    ]
    command += [bed.servers.kafka, PAY, str(bed.folder / "peer"), str(bed.folder / f"peer-state-{layout}")]
    with (bed.folder / "peer.log").open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1
        )
    try:
        _expect(process, "ready", bed.folder)
        pids = {"peer": process.pid} | bed.pids("kafka")
        _say(process, "go")
        first = int(_expect(process, "committed", bed.folder)[0])
        began, cpu = time.perf_counter(), Cpu.of(pids)
        reached = first
        while reached < events:
            reached = int(_expect(process, "committed", bed.folder)[0])
        seconds, used = time.perf_counter() - began, Cpu.of(pids)
        memory = psutil.Process(process.pid).memory_info().rss
        _, refused, _, ties, _, _ = _expect(process, "collected", bed.folder)
        path = bed.folder / "peer-cells"
        _say(process, str(path))
        _expect(process, "dumped", bed.folder)
        dumped = np.fromfile(path, _DUMPED)
        path.unlink()
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
    done = events - first
    name = "Kafka Streams, 2 threads" if layout == CELLS else "the same, our layout"
    rate = Rate(name, done, seconds, used.since(cpu, done), memory)
    return Collected(rate, joined_cells(_as_cells(dumped)), int(refused), int(ties))


def _say(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None  # noqa: S101
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _expect(process: "subprocess.Popen[str]", word: str, folder: Path) -> list[str]:
    """The words after `word` on the next line that begins with it."""
    assert process.stdout is not None  # noqa: S101
    for line in process.stdout:
        words = line.split()
        if words and words[0] == word:
            return words[1:]
    raise SystemExit(f"bench: the peer ended: {(folder / 'peer.log').read_text()[-2000:]}")


def _as_cells(dumped: Array) -> Array:
    """CELL of what was dumped: a place in a block is all, an experience, a plan, a size, a level, or in a shop type's row."""
    filters = [(0, 0, 0, 0)]
    filters += [(0, n + 1, 0, 0) for n in range(len(EXPERIENCES))]
    plans = renumbered(PLANS, PAY_PLANS)
    filters += [(0, 0, 1, int(plans[n + 1])) for n in range(len(PLANS))]
    filters += [(0, 0, 2, n + 1) for n in range(len(SHOP_SIZES))]
    filters += [(0, 0, 3, 1 + CREDENTIAL_LEVELS.index(level)) for level in ("none", "some", "master")]
    filters += [(shop + 1, n, 0, 0) for shop in range(len(SHOP_TYPES)) for n in range(len(EXPERIENCES) + 1)]
    table = np.array(filters, np.int64)[dumped["place"]]
    assert dumped["role"].max(initial=0) <= len(ROLES)  # noqa: S101
    cells = np.empty(len(dumped), CELL)
    cells["key"] = key_of(dumped["geography"].astype(np.int64), dumped["role"], *table.T)
    for name in ("contributors", "entries", "largest", "cents"):
        cells[name] = dumped[name]
    return cells

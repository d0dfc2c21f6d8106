"""A full release while intake goes on, and a second one after a tenth of the submissions were corrected."""

import json
import time
from collections.abc import Mapping
from typing import Any

import httpx

from driveline_bench.collect import exchange
from driveline_bench.figures import under
from driveline_bench.market import History, submitted
from driveline_bench.testbed import PAY, Testbed, a_testbed, wait
from driveline_bench.trickle import trickle

MEANWHILE = 500  # events a second, all of them new submissions
_CORRECTED = 0.1


def release(events: int, members: int) -> None:
    """Release all, correct a tenth, release again; intake goes on through both."""
    with a_testbed(members) as bed:
        history: History = []
        bed.publish(PAY, submitted(bed.market, events, 0.0, history=history), "pay events")
        exchange(bed, events, 1)
        wait(bed.running[0].ready, 60, "the exchange being ready", bed.folder)
        first = _measured(bed, "first release", history, 3)
        corrections = int(events * _CORRECTED)
        bed.publish(PAY, submitted(bed.market, corrections, 1.0, seed=4, history=history), "corrections")
        second = _measured(bed, f"after {corrections:,} corrections", history, 5)
        print(under(f"epochs {first['epoch']} and {second['epoch']} of {events:,} submissions"))


def _measured(bed: Testbed, name: str, history: History, seed: int) -> Mapping[str, Any]:
    before = _shown(bed)
    with trickle(bed, bed.market, history, MEANWHILE, seed) as sent:
        wait(lambda: sent[0] > 0, 10, "any intake")
        collected, began = bed.reached(PAY), time.perf_counter()
        manifest: Mapping[str, Any] = bed.release()
        seconds = time.perf_counter() - began
        rate = (bed.reached(PAY) - collected) / seconds
        wait(lambda: _told(bed), 300, "the log having all changes", bed.folder)
        told = time.perf_counter() - began - seconds
    now = _shown(bed)
    changed = sum(before.get(cell) != body for cell, body in now.items())
    withdrawn = len(before.keys() - now.keys())
    each = (seconds - 1) / max(1, changed + withdrawn) * 1e6
    print(
        f"{name:<28}{seconds:6.1f} s for {changed:,} changed and {withdrawn:,} withdrawn of {len(now):,} shown cells:"
        f" 1 s and {max(0.0, each):,.0f} us a changed cell; intake went on with {rate:,.0f} events/s;"
        f" all told on the log {told:.1f} s later",
        flush=True,
    )
    return manifest


def _told(bed: Testbed) -> bool:
    """Whether every event of the epoch has been acknowledged by Kafka."""
    progress = httpx.get(f"http://127.0.0.1:{bed.running[0].port}/v1/progress", timeout=60).json()
    return bool(progress["outbox_due"] == 0)


def _shown(bed: Testbed) -> dict[str, Any]:
    """Every cell shown now, as the export has it but for its epoch."""
    base = f"http://127.0.0.1:{bed.running[0].port}/v1/epochs"
    newest = httpx.get(base, timeout=60).json()["epochs"][-1]
    found: dict[str, Any] = {}
    with httpx.stream("GET", f"{base}/{newest['epoch']}/{newest['serial']}/cells", timeout=600) as answer:
        for line in answer.iter_lines():
            cell = json.loads(line)
            del cell["epoch"], cell["serial"]
            found[cell.pop("cell")] = cell
    return found

"""`driveline verify`: every released number again from the log, or exit code 1."""

import asyncio
import json
from typing import Any

from aiokafka.errors import KafkaError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from driveline.errors import UserError
from driveline.options import AsJson, ReadyFile
from driveline.output import console
from driveline.running import find
from driveline.verify.check import Result, check
from driveline.verify.effective import Nothing
from driveline.verify.log import Incomplete
from driveline.verify.released import Unanswered

FIRST = 10


def verify(*, ready_file: ReadyFile = None, as_json: AsJson = False) -> int:
    """Recompute every epoch by brute force from the Kafka log and its manifest, and compare every cell."""
    running = find(ready_file)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=as_json or not console.is_terminal,
    ) as progress:
        task = progress.add_task("reading the manifests", total=None)
        try:
            result = asyncio.run(
                check(
                    running.kafka,
                    running.exchange,
                    lambda what, done, total: progress.update(task, description=what, completed=done, total=total),
                )
            )
        except (Incomplete, Unanswered, Nothing) as fault:
            raise UserError(f"verify: {fault}") from None
        except KafkaError as fault:
            raise UserError(f"verify: Kafka at {running.kafka}: {fault}") from None
    print(json.dumps(as_data(result)) if as_json else as_text(result))
    return 0 if result.clean else 1


def as_data(result: Result) -> dict[str, Any]:
    """The result for programs; every difference is in it."""
    return {
        "clean": result.clean,
        "records": result.facts.records,
        "nothing": dict(result.facts.nothing),
        "seconds": round(result.seconds, 2),
        "faults": result.faults,
        "epochs": [
            {
                "epoch": epoch.epoch,
                "standing": epoch.standing,
                "cells": epoch.cells,
                "not_recomputed": epoch.left_out,
                "differences": [difference._asdict() for difference in epoch.differences],
            }
            for epoch in result.epochs
        ],
    }


def as_text(result: Result) -> str:
    """The result for people: one line an epoch, the first differences, and the verdict."""
    lines = []
    for epoch in result.epochs:
        found = f"{len(epoch.differences):,} differ" if epoch.differences else "all equal"
        lines.append(
            f"epoch {epoch.epoch}: {epoch.standing:,} entries stand, {epoch.cells:,} cells recomputed, {found}"
        )
        lines += [f"  {measure} is not recomputed here" for measure in epoch.left_out]
        for difference in epoch.differences[:FIRST]:
            lines.append(f"  {difference.kind}: {difference.cell}")
            lines.append(f"    recomputed {difference.recomputed}")
            lines.append(f"    released   {difference.released}")
        if len(epoch.differences) > FIRST:
            lines.append(f"  and {len(epoch.differences) - FIRST:,} more; --json has them all")
    lines += [f"wrong: {fault}" for fault in result.faults]
    verdict = "every cell is equal to brute force" if result.clean else "NOT as recomputed"
    lines.append(f"{result.facts.records:,} records, {result.seconds:.1f} s: {verdict}")
    return "\n".join(lines)

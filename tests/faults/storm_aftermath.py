"""A system that goes through the storm, and what is left of it afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driveline.system import System
from market import members
from outside import PRODUCER, Outside
from storm import Storm
from storm_history import PLACES, ROLES, History
from storm_joiner import Joiner

# Another seed is another storm: DRIVELINE_STORM_SEED=7 pytest tests/faults
SEED = int(os.environ.get("DRIVELINE_STORM_SEED", "20261123"))
MEMBERS, RECORDS, APPLICATIONS = 40, 10_000, 60
PER_S = 200.0
STORM_S = 50.0

Answers = dict[str, dict[str, Any]]


@dataclass
class Aftermath:
    """What was put in, what the system said when the storm was over, and the system as it runs after a restart."""

    outside: Outside
    history: History
    joined: dict[str, str]  # name of the shop -> member, of all that joined by HTTP
    manifest: dict[str, Any]
    answers: Answers
    after_restart: Answers
    struck: list[str]
    damage: dict[str, str]
    """What the exchange's processes said was damaged, or found wrong by the scrubber."""


@contextmanager
def aftermath_of(folder: Path) -> Iterator[Aftermath]:
    """Start; let events and joins flow while everything is killed; settle, release; stop, and start from what is kept."""
    system = System(**_where(folder), fresh=True)
    try:
        system.start()
        outside = Outside(folder / "ready.json", folder)
        base = members(outside, MEMBERS)
        history = History(SEED)
        history.draw(base, RECORDS)
        history.apply_for(APPLICATIONS)
        joined, struck = _weather(system, outside, history, folder)
        manifest = outside.release()
        answers = ask_all(outside)
    finally:
        system.stop()
    damage = damage_in(folder)
    again = System(**_where(folder))
    try:
        again.start()
        yield Aftermath(outside, history, joined, manifest, answers, ask_all(outside), struck, damage)
    finally:
        again.stop()


def _where(folder: Path) -> dict[str, Any]:
    return {"data_dir": folder / "data", "ready_file": folder / "ready.json", "run_file": folder / "run.json"}


def _weather(system: System, outside: Outside, history: History, folder: Path) -> tuple[dict[str, str], list[str]]:
    """Publish from another process at a steady rate, join beside it, and strike; returns when all is quiet and settled."""
    lines = folder / "records.ndjson"
    lines.write_text("".join(record.line() + "\n" for record in history.records))
    joiner = Joiner(outside, history)
    storm = Storm(system, STORM_S, SEED)
    with lines.open("rb") as records, (folder / "producer.log").open("wb") as told:
        command = [sys.executable, str(PRODUCER), outside.running["kafka"], str(PER_S)]
        with subprocess.Popen(command, stdin=records, stdout=told) as producer:
            try:
                joiner.start()
                storm.start()
                storm.wait()
                joiner.stop()
                producer.wait(180)
            finally:
                producer.kill()
                (folder / "struck.txt").write_text("\n".join(storm.struck))
    assert json.loads((folder / "producer.log").read_text()) == {"acknowledged": len(history.records), "failed": []}
    system.fleet.wait_ready()
    outside.settle(150)
    return joiner.joined, storm.struck


def damage_in(folder: Path) -> dict[str, str]:
    """Which damage is said in the logs of one run, and the last line that says so. The next start takes the logs away."""
    lines = [line for log in (folder / "data" / "logs").glob("exchange*.log") for line in log.read_text().splitlines()]
    said = [line for line in lines if '"shard damaged' in line or '"scrubbed and found wrong"' in line]
    return {str(one.get("kind", one["event"])): line for line in said for one in [json.loads(line)]}


def ask_all(outside: Outside) -> dict[str, dict[str, Any]]:
    """The answer for every role in every state and in the nation."""
    asked: list[dict[str, str]] = [{"role": role} for role in ROLES]
    asked += [{"role": role, "state": state} for role in ROLES for state in PLACES]
    return {" ".join(filters.values()): outside.ask(**filters) for filters in asked}

"""Runs the outside producer as a process of its own and follows what it says."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from driveline.demo.publication import Publication
from driveline.errors import UserError


def write(path: Path, publications: Iterable[Publication]) -> None:
    """Write the producer's file."""
    with path.open("w") as lines:
        for publication in publications:
            lines.write(publication.line() + "\n")


def publish(path: Path, bootstrap: str, seen: Callable[[int], None]) -> float:
    """Publish the file from another process; returns its seconds. `seen` is called with how many were sent."""
    command = [sys.executable, "-m", "driveline.demo.producer", str(path), bootstrap]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            seconds = _follow(process, seen)
            fault = process.stderr.read() if process.stderr else ""
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise UserError(f"the outside producer ended with {process.returncode}: {fault.strip().rpartition(chr(10))[2]}")
    return seconds


def _follow(process: "subprocess.Popen[str]", seen: Callable[[int], None]) -> float:
    seconds = 0.0
    for line in process.stdout or ():
        said = json.loads(line)
        seen(said["sent"])
        seconds = said.get("seconds", seconds)
    return seconds

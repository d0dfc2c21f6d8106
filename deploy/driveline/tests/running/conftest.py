"""One whole system for this folder's tests, started by the very command that the runbook gives."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).parents[4]
RUNBOOKS = ROOT / "docs" / "runbooks"
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def until(true: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def family(pid: int) -> list[psutil.Process]:
    """A process and everything it started, as far as it still runs."""
    parent = psutil.Process(pid)
    return [one for one in [parent, *parent.children(recursive=True)] if one.is_running()]


def commands_of(runbook: str) -> list[str]:
    """The fenced commands of a runbook, in order."""
    return [match[2] for match in FENCED.finditer((RUNBOOKS / runbook).read_text())]


@dataclass
class Up:
    """A running `driveline up` in a folder of its own."""

    folder: Path
    process: "subprocess.Popen[str]"
    seconds: float = 0.0
    """From the command to the ready file."""
    busy: float = 0.0
    """Processor seconds of all its processes until then."""

    @property
    def ready_file(self) -> Path:
        return self.folder / "ready.json"

    @property
    def running(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.ready_file.read_text())
        return found

    @property
    def environment(self) -> dict[str, str]:
        """As in the operator's terminal: the command on PATH, and where the system is found."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "DRIVELINE_READY": str(self.ready_file)}

    def driveline(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        return self.shell(" ".join(["driveline", *map(str, arguments)]))

    def shell(self, command: str, seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )


def start(folder: Path, command: str) -> Up:
    """Run an `up` command in `folder`; returns when the ready file is there."""
    # Without what makes tests shorter: here it is measured what a start takes.
    environment = {k: v for k, v in os.environ.items() if k not in ("DRIVELINE_READY", "JDK_JAVA_OPTIONS")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    begun, at = time.monotonic(), time.time()
    with (folder / "up.log").open("w") as log:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"], cwd=folder, env=environment, stdout=log, stderr=log, text=True
        )
    up = Up(folder, process)
    while not (up.ready_file.exists() and up.ready_file.stat().st_mtime > at):  # not the file of an earlier run
        assert process.poll() is None, (folder / "up.log").read_text()
        assert time.monotonic() - begun < 200, (folder / "up.log").read_text()
        time.sleep(0.05)
    up.seconds = time.monotonic() - begun
    up.busy = sum(sum(one.cpu_times()[:2]) for one in family(process.pid))
    return up


@pytest.fixture(scope="session")
def up_command() -> str:
    return commands_of("start-and-stop.md")[0].strip()


@pytest.fixture(scope="session")
def up(up_command: str) -> Iterator[Up]:
    """The system that this folder's tests share."""
    folder = Path(tempfile.mkdtemp(prefix="driveline-up-"))
    started = start(folder, up_command)
    yield started
    started.process.terminate()
    started.process.wait(120)
    shutil.rmtree(folder, ignore_errors=True)

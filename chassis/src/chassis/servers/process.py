"""Child processes that never outlive their parent, and the traces of those that did."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psutil

LEASH = Path(__file__).with_name("leash.py")
T = TypeVar("T")

# The death signal is sent when the *thread* that started a child ends, so one thread that never ends starts them all.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


@dataclass
class Child:
    """A started process, its log, and the pid file by which a later run finds it if nobody could stop it."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    pidfile: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    command: tuple[str, ...] = field(default=(), repr=False)

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def stop(self, seconds: float = 15) -> None:
        """Ask it to stop, kill it and whatever it started if it does not within `seconds`."""
        self.signal(self.stop_signal)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        self._forget()

    def kill(self) -> None:
        """SIGKILL to the process and all of its descendants."""
        family = kill_tree(self.pid)
        self.process.wait(10)  # before psutil, which would take the exit code
        psutil.wait_procs(family, timeout=10)
        self._forget()

    def last_words(self) -> str:
        """Why it ended, from its log."""
        try:
            return reason_in(self.log.read_text(errors="replace"))
        except OSError:
            return "no log"

    def _forget(self) -> None:
        if self.pidfile is not None:
            self.pidfile.unlink(missing_ok=True)


def reason_in(output: str) -> str:
    """The last line of a program's output that looks like a reason, for a one-line error."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("ERROR", "FATAL", "rror:", "Exception"))]
    return (telling or lines or ["no output"])[-1][:300]


def spawn(
    name: str,
    command: list[str],
    *,
    log: Path,
    pidfile: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    death_signal: signal.Signals = signal.SIGKILL,
) -> Child:
    """Start `command` in a session of its own (Ctrl-C reaches only the parent), leashed to this process."""
    log.parent.mkdir(parents=True, exist_ok=True)

    def start() -> Child:
        leash = [sys.executable, "-I", str(LEASH), str(int(death_signal)), str(os.getpid()), user or "-"]
        with log.open("ab") as out:
            process = subprocess.Popen(
                [*leash, *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                start_new_session=True,
            )
        child = Child(name, process, log, pidfile, stop_signal, tuple(command))
        if pidfile is not None:
            write_pidfile(pidfile, process.pid)
        return child

    return in_spawner(start)


def in_spawner(work: Callable[[], T]) -> T:
    """Run `work` on the one thread whose end would end the children."""
    return _spawner.submit(work).result()


def write_pidfile(path: Path, pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        path.write_text(json.dumps({"pid": pid, "created": psutil.Process(pid).create_time()}))


def reap(pidfile: Path) -> bool:
    """Kill what an earlier run left behind, unless the pid is somebody else's by now; True if it killed."""
    try:
        left = json.loads(pidfile.read_text())
        process = psutil.Process(left["pid"])
        found = bool(abs(process.create_time() - left["created"]) < 1)
    except (OSError, ValueError, KeyError, TypeError, psutil.NoSuchProcess):
        found = False
    else:
        if found:
            psutil.wait_procs(kill_tree(process.pid), timeout=10)
    pidfile.unlink(missing_ok=True)
    return found


def kill_tree(pid: int) -> list[psutil.Process]:
    """SIGKILL a process and its descendants; returns them all, to be waited for."""
    try:
        root = psutil.Process(pid)
        family = [*root.children(recursive=True), root]
    except psutil.NoSuchProcess:
        return []
    for process in reversed(family):  # the root first, so that it restarts nobody
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    return family

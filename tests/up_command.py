"""`driveline up` as a user runs it: in a process of its own, until it is interrupted, with nobody left behind."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from chassis.servers.ports import free_port, give_back
from chassis.servers.process import Child, spawn
from outside import COMMAND, Outside

# A machine with cached downloads is ready within 25 s; this one may be busy with other tests.
READY_WITHIN_S = 90
DEFAULT_PORTS = {"membership": 8001, "matching": 8002, "exchange": 8003, "notifications": 8004}


@dataclass
class Up(Outside):
    """A running system and the command that runs it."""

    child: Child | None = None
    taken: list[int] = field(default_factory=list)
    """Default ports that somebody else held when it started."""
    seconds: float = 0

    @property
    def printed(self) -> str:
        assert self.child is not None
        return self.child.log.read_text()

    def family(self) -> list[psutil.Process]:
        """The command and everything that it started."""
        assert self.child is not None
        root = psutil.Process(self.child.pid)
        return [root, *root.children(recursive=True)]


@contextmanager
def running_up(folder: Path, *options: str) -> Iterator[Up]:
    """Start, wait for the ready file, and in the end interrupt it as Ctrl-C does."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    command = [str(COMMAND), "up", "--ready-file", "ready.json", "--data-dir", "state", *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DRIVELINE_")}
    with _somebody_on(DEFAULT_PORTS["matching"]):
        taken = [port for port in DEFAULT_PORTS.values() if not is_claimable(port)]
        begun = time.monotonic()
        child = spawn(
            "driveline up", command, log=folder / "up.log", cwd=folder, env=environment,
            stop_signal=signal.SIGINT, death_signal=signal.SIGTERM,
        )  # fmt: skip
        try:
            while not ready.exists():
                assert child.alive(), f"it ended: {child.log.read_text()}"
                assert time.monotonic() - begun < READY_WITHIN_S, f"not ready: {child.log.read_text()}"
                time.sleep(0.05)
        except BaseException:
            child.stop(60)
            raise
    up = Up(ready, folder, child=child, taken=taken, seconds=time.monotonic() - begun)
    try:
        yield up
        family = up.family()
    finally:
        child.stop(60)
    assert child.process.returncode == 0, up.printed
    _, left = psutil.wait_procs(family, timeout=1)
    assert not left, f"left behind: {left}"
    assert not (folder / ".driveline" / "run.json").exists()


@contextmanager
def _somebody_on(port: int) -> Iterator[None]:
    """Somebody else has this port, if not already."""
    if not is_claimable(port):
        yield
        return
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield


def is_claimable(port: int, own: int | None = None) -> bool:
    """Whether a system that starts now would get this port, or this one has it as its `own`."""
    if port == own:
        return True
    given = free_port(port)
    give_back(given)
    return given == port

"""Processes that are started again when they die."""

import signal
import threading
import time
from collections.abc import Callable

from chassis.servers.process import Child

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
STEADY = 30.0  # a process that lived this long starts with the shortest pause again


class Supervised:
    """One process under watch. `changed` is called after every restart, on the watching thread."""

    def __init__(self, name: str, spawn: Callable[[], Child], changed: Callable[[], None] = lambda: None) -> None:
        self.name = name
        self.restarts = 0
        self._spawn = spawn
        self._changed = changed
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._watcher = threading.Thread(target=self._watch, name=f"watch-{name}", daemon=True)

    @property
    def child(self) -> Child:
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child

    @property
    def pid(self) -> int:
        return self.child.pid

    def start(self) -> None:
        self._child = self._spawn()
        self._watcher.start()

    def signal(self, number: signal.Signals) -> None:
        self.child.signal(number)

    def stop(self, seconds: float = 15) -> None:
        """End it for good."""
        self._ending.set()
        with self._lock:  # not between a death and the restart that follows
            if self._child is not None:
                self._child.signal(signal.SIGCONT)  # a stopped process could not hear the request to end
                self._child.stop(seconds)

    def _watch(self) -> None:
        pause = FIRST_PAUSE
        started = time.monotonic()
        while not self._ending.wait(0.1):
            if self.child.alive():
                continue
            if time.monotonic() - started > STEADY:
                pause = FIRST_PAUSE
            if self._ending.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE)
            with self._lock:
                if self._ending.is_set():
                    return
                self._child = self._spawn()
                self.restarts += 1
                started = time.monotonic()
            self._changed()

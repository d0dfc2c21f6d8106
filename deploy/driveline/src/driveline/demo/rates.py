"""How fast each service works, seen from outside: what its consumer group has committed, and when that moved."""

import threading
import time
from dataclasses import dataclass

from driveline.settling import Log

EACH = 0.25


@dataclass
class Pace:
    """Events that a group was done with, and the seconds in which that number moved."""

    events: int = 0
    busy: float = 0.0

    @property
    def rate(self) -> float:
        """Events a second while there was something to do."""
        return self.events / self.busy if self.busy else 0.0


class Rates:
    """Watches every consumer group of the system from a thread; groups and topics are those that it finds at the start."""

    def __init__(self, bootstrap: str) -> None:
        self._log = Log(bootstrap)
        self._begun = self._at()
        self.paces = {group: Pace() for group in self._begun}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="rates", daemon=True)

    def __enter__(self) -> "Rates":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        self._step(time.monotonic())

    def events(self, group: str) -> int:
        """How many events a group is done with since the watch began."""
        return self.paces[group].events

    def _at(self) -> dict[str, int]:
        return {group: sum(self._log.committed(group).values()) for group in self._log.readers}

    def _watch(self) -> None:
        self._last = time.monotonic()
        while not self._ending.wait(EACH):
            self._step(time.monotonic())

    def _step(self, now: float) -> None:
        for group, at in self._at().items():
            pace = self.paces[group]
            moved = at - self._begun[group]
            if moved > pace.events:
                pace.events = moved
                pace.busy += now - self._last
        self._last = now

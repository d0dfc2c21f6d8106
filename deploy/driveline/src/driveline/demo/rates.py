"""How fast each service works, seen from outside: what its consumer group has committed, and when that moved."""

import threading
import time
from dataclasses import dataclass

from driveline.settling import Log

EACH = 0.25


@dataclass
class Pace:
    """Events that a group was done with, and the seconds from before the first of them to the last."""

    events: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds if self.seconds else 0.0


class Rates:
    """Watches every consumer group of the system from a thread, from the beginning of the `with` block to its end."""

    def __init__(self, bootstrap: str) -> None:
        self._log = Log(bootstrap)
        self._begun = self._at()
        self.paces = {group: Pace() for group in self._begun}
        self._started: dict[str, float] = {}
        self._looked = time.monotonic()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="rates", daemon=True)

    def __enter__(self) -> "Rates":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        self._look()

    def _at(self) -> dict[str, int]:
        return {group: sum(self._log.committed(group).values()) for group in self._log.readers}

    def _watch(self) -> None:
        while not self._ending.wait(EACH):
            self._look()

    def _look(self) -> None:
        now = time.monotonic()
        for group, at in self._at().items():
            pace, moved = self.paces[group], at - self._begun[group]
            if moved > pace.events:
                pace.events = moved
                pace.seconds = now - self._started.setdefault(group, self._looked)
        self._looked = now

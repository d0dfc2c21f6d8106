"""CPU seconds of processes, as the operating system accounts them."""

from collections.abc import Mapping
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Cpu:
    """CPU seconds used so far, by part."""

    seconds: Mapping[str, float]

    @classmethod
    def of(cls, pids: Mapping[str, int]) -> "Cpu":
        """What these processes have used."""
        used = {}
        for name, pid in pids.items():
            times = psutil.Process(pid).cpu_times()
            used[name] = times.user + times.system
        return cls(used)

    def since(self, before: "Cpu", events: int) -> dict[str, float]:
        """Microseconds an event that each part has used since `before`."""
        return {name: (now - before.seconds[name]) / events * 1e6 for name, now in self.seconds.items()}

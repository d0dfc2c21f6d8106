"""Figures as a person reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_NAMES: Final = 26


@dataclass(frozen=True, slots=True)
class Rate:
    """Some events in some seconds; CPU in microseconds an event by part, memory in bytes resident."""

    name: str
    events: int
    seconds: float
    cpu_us: Mapping[str, float]
    memory: int = 0

    @property
    def per_second(self) -> float:
        return self.events / self.seconds

    def line(self) -> str:
        """`exchange, 1 process   96,385 events/s   14.6 us CPU an event (exchange 11.6, redis 2.2), 1,621 MB`."""
        parts = ", ".join(f"{name} {us:.1f}" for name, us in self.cpu_us.items())
        memory = f", {self.memory / 1e6:,.0f} MB" if self.memory else ""
        total = sum(self.cpu_us.values())
        return (
            f"{self.name:<{_NAMES}}{self.per_second:>10,.0f} events/s   {total:4.1f} us CPU an event ({parts}){memory}"
        )


def under(text: str) -> str:
    """A line that says more of the one before."""
    return " " * (_NAMES + 2) + text


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * percent // 100) - 1))]

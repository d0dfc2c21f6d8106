"""Whether a benchmark moved far enough for somebody to hear of it, in exact decimals."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

MEDIAN = "p50"


@dataclass(frozen=True, slots=True)
class Movement:
    """A benchmark's median before and now, as released: in dollars, as text."""

    before: str
    now: str

    @property
    def up(self) -> bool:
        return Decimal(self.now) > Decimal(self.before)

    @property
    def size(self) -> Decimal:
        """How far, in dollars, whichever way."""
        return abs(Decimal(self.now) - Decimal(self.before))

    def reaches(self, threshold: str) -> bool:
        """A move by just the threshold counts; standing still never does."""
        return self.size > 0 and self.size >= Decimal(threshold)


def movement(now: Mapping[str, str], previous: Mapping[str, str] | None) -> Movement | None:
    """How the median moved; None where one of the two was not shown."""
    if not previous or MEDIAN not in previous or MEDIAN not in now:
        return None
    return Movement(previous[MEDIAN], now[MEDIAN])

"""Whether a benchmark moved far enough for somebody to hear of it, in exact decimals."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

# Which of a cell's released numbers is followed: a benefit has no percentiles, but a share of shops that offer it.
MEDIAN, SHARE = "p50", "share"
FOLLOWED = {"benefits": SHARE}


@dataclass(frozen=True, slots=True)
class Movement:
    """What is followed of a benchmark, before and now, as released: dollars or percent, as text."""

    before: str
    now: str

    @property
    def up(self) -> bool:
        return Decimal(self.now) > Decimal(self.before)

    @property
    def size(self) -> Decimal:
        """How far, in dollars or points, whichever way."""
        return abs(Decimal(self.now) - Decimal(self.before))

    def reaches(self, threshold: str) -> bool:
        """A move by just the threshold counts; standing still never does."""
        return self.size > 0 and self.size >= Decimal(threshold)


def movement(measure: str, now: Mapping[str, str], previous: Mapping[str, str]) -> Movement | None:
    """How the median, or of benefits the share, moved; None where one of the two was not shown."""
    followed = FOLLOWED.get(measure, MEDIAN)
    if followed not in previous or followed not in now:
        return None
    return Movement(previous[followed], now[followed])

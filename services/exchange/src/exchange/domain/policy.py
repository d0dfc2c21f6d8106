"""Disclosure policies: named, versioned data, one for each measure, and the dates that follow from them."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be shown of one measure. Shares are percent, `rounding` is in cents, `age_days` in days."""

    policy_id: str
    measure: str
    contributors: str  # the kind of member that contributes
    age_days: int
    window_months: int
    fewest: int  # k, the fewest contributors of a cell
    largest_share: int  # percent of the entries that one contributor may have
    finest: str  # geography
    rounding: int

    def cutoff(self, epoch_day: date, last: date | None) -> date:
        """C of an epoch on `epoch_day` (UTC): its date minus the age, never before the measure's last cutoff."""
        cutoff = epoch_day - timedelta(days=self.age_days)
        return cutoff if last is None else max(cutoff, last)

    def window_start(self, cutoff: date) -> date:
        """An entry stands only if its effective_on is later than this day: C minus the window in clipped months."""
        return months_before(cutoff, self.window_months)


def months_before(day: date, months: int) -> date:
    """The same day of the month `months` earlier, clipped to that month's end (31 March minus 1 = 28 February)."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


# Source: the disclosure rules of domain.md; a floor, not legal advice.
POLICIES: Final = {
    "pay": Policy("pay-2026", "pay", "business", 90, 24, 5, 25, "metro", 25),
}

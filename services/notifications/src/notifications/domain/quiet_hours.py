"""Quiet hours: texts come between morning and evening where the recipient lives, whatever the clocks there do."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

# Of somebody whose zone is not known: the middle of the night in New York is night in all of the 48 states, and the hours
# there are early enough in the evening for the Pacific coast to be awake.
DEFAULT_ZONE = "America/New_York"


@dataclass(frozen=True, slots=True)
class WakingHours:
    """From `morning` up to, not including, `evening`; by default as the law on telephone marketing has it."""

    morning: time = time(8)
    evening: time = time(21)

    @classmethod
    def of(cls, text: str) -> Self:
        """Read `08:00-21:00`; `00:00-24:00` is always."""
        try:
            begin, end = text.split("-")
            morning = time.fromisoformat(begin)
            evening = time.max if end == "24:00" else time.fromisoformat(end)
        except ValueError:
            raise ValueError(f"{text!r} is not two times such as '08:00-21:00'") from None
        if morning >= evening:
            raise ValueError(f"{text!r} ends before it begins")
        return cls(morning, evening)

    def hold_until(self, now: datetime, zone: str | None) -> datetime | None:
        """When to send instead, in UTC; None if now will do. A zone that nobody knows is as good as none."""
        here = now.astimezone(zone_of(zone))
        if self.morning <= here.time().replace(fold=0) < self.evening:
            return None
        day = here.date() if here.time() < self.morning else here.date() + timedelta(days=1)
        # Wall time: a day on which the clocks change is not 24 hours long.
        return datetime.combine(day, self.morning, here.tzinfo).astimezone(UTC)


def zone_of(name: str | None) -> ZoneInfo:
    """The zone of that name, else the default."""
    try:
        return ZoneInfo(name or DEFAULT_ZONE)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(DEFAULT_ZONE)

"""Quiet hours: texts come between morning and evening where the recipient lives, whatever the clocks there do."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

# How times are written for somebody whose zone is not known.
DEFAULT_ZONE = "America/New_York"
# Wherever in the 48 states such a person is, it is no night between morning on the one coast and evening on the other.
COASTS = (DEFAULT_ZONE, "America/Los_Angeles")


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
        """When to send instead, in UTC; None if now will do. Without a zone that is known, all are awake or none is."""
        zones = [found] if (found := _known(zone)) else [ZoneInfo(coast) for coast in COASTS]
        until = now
        for _ in range(3):  # hours so short that both are never awake at once are kept on one of the coasts
            until = max(self._hold(until, here) or until for here in zones)
        return None if until == now else until

    def _hold(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        here = now.astimezone(zone)
        if self.morning <= here.time().replace(fold=0) < self.evening:
            return None
        day = here.date() if here.time() < self.morning else here.date() + timedelta(days=1)
        # Wall time: a day on which the clocks change is not 24 hours long.
        return datetime.combine(day, self.morning, here.tzinfo).astimezone(UTC)


def zone_of(name: str | None) -> ZoneInfo:
    """The zone of that name, else the default."""
    return _known(name) or ZoneInfo(DEFAULT_ZONE)


def _known(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None

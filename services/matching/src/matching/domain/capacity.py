"""Capacity: how often an offer can be taken in the week, month, quarter or year that a day falls into."""

from collections.abc import Mapping
from datetime import date, timedelta

MONTHS = {"month": 1, "quarter": 3, "year": 12}
# Nobody plans there, but a day may be written so: the calendar ends, and no day comes after its last year.
LAST_YEAR = date(date.max.year, 1, 1)


def period_of(period: str | None, day: date) -> tuple[date, date]:
    """The first and the last day of the period that a day falls into; weeks begin on Monday.

    `once`, or no period at all, is one period without an end.
    """
    if period is None or period == "once":
        return date.min, date.max
    if day >= LAST_YEAR:
        return LAST_YEAR, date.max
    if period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    months = MONTHS[period]
    first = day.month - (day.month - 1) % months
    year, month = divmod(first + months - 1, 12)  # of the month after, counted from 0
    return date(day.year, first, 1), date(day.year + year, month + 1, 1) - timedelta(days=1)


def free(capacity: int, period: str | None, day: date, taken: Mapping[date, int]) -> int:
    """How often the offer can still be taken in the period of that day; `taken` counts what holds capacity by its day.

    Never below 0: an offer may be cut down after more was promised.
    """
    first, last = period_of(period, day)
    return max(0, capacity - sum(count for when, count in taken.items() if first <= when <= last))

"""Dates as the rules use them: read strictly, and moved back by whole months clipped to the month's end."""

import calendar
import re
from datetime import date

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def read_date(text: object) -> date | None:
    """The date of `YYYY-MM-DD`, or None for anything else (`fromisoformat` also takes 20260630 and weeks)."""
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier; where that month is shorter, its last day."""
    index = day.year * 12 + (day.month - 1) - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))

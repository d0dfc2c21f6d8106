"""Deadlines: until when somebody is looked for, and until when an answer is due."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from matching.domain.need import Need
from matching.domain.terms import Terms


def closes_at(answer_by: date | None, timezone: str, now: datetime, terms: Terms) -> datetime:
    """The end of the day `answer_by` where the need is, or else a need's lifetime from now."""
    if answer_by is None:
        return now + terms.need_lifetime
    last = min(answer_by, date.max - timedelta(days=2))  # the calendar ends; nobody means a day that late
    return datetime.combine(last + timedelta(days=1), time(), ZoneInfo(timezone)).astimezone(UTC)


def offerer_answers_until(need: Need, now: datetime, terms: Terms) -> datetime:
    """The answer window, but not past the day by which the need wants its answer."""
    return min(need.closes_at, now + terms.answer_window)


def requester_answers_until(now: datetime, terms: Terms) -> datetime:
    """The answer window: who was answered in the last minute still gets time to agree."""
    return now + terms.answer_window

"""Strict dates and whole months back, by literals."""

from datetime import date

import pytest
from driveline.verify.calendars import months_before, read_date
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("day", "months", "earlier"),
    [
        (date(2026, 8, 25), 24, date(2024, 8, 25)),
        (date(2026, 2, 28), 24, date(2024, 2, 28)),
        (date(2024, 2, 29), 24, date(2022, 2, 28)),  # clipped to the month's end
        (date(2024, 2, 29), 48, date(2020, 2, 29)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 2, date(2025, 11, 30)),
        (date(2026, 12, 1), 12, date(2025, 12, 1)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
    ],
)
def test_months_back(day: date, months: int, earlier: date) -> None:
    assert months_before(day, months) == earlier


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 600))
def test_months_back_lands_in_that_month_and_never_on_a_later_day(day: date, months: int) -> None:
    earlier = months_before(day, months)
    assert (day.year * 12 + day.month) - (earlier.year * 12 + earlier.month) == months
    assert earlier.day <= day.day


def test_a_date_is_ten_characters_and_exists() -> None:
    assert read_date("2026-06-30") == date(2026, 6, 30)
    for text in (
        "2026-6-30",
        "20260630",
        "2026-W27-2",
        "2026-02-30",
        "2026-06-30T00:00:00",
        " 2026-06-30",
        "٢٠٢٦-٠٦-٣٠",
    ):
        assert read_date(text) is None
    assert read_date(20260630) is None
    assert read_date(None) is None

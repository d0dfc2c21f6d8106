"""Effective hourly pay of one entry, by plan, in exact fractions, rounded once to the cent."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from driveline.verify import money
from driveline.verify.vocabulary import LEAST_HOURLY, MOST_HOURLY, MOST_HOURS, RATE_UNIT


class Nothing(Exception):
    """Why a record on the log counts as nothing."""


NEEDED = {
    "flat_rate": ("hours_flagged",),
    "team_flat_rate": ("hours_flagged",),
    "flat_rate_with_guarantee": ("hours_flagged", "hours_guaranteed"),
    "hybrid_greater_of": ("hours_flagged", "base_rate"),
    "commission_percent_labor": ("labor_sales_week",),
}
NUMBERS = (
    "rate",
    "hours_clocked",
    "hours_flagged",
    "hours_guaranteed",
    "base_rate",
    "labor_sales_week",
    "weekly_extra",
    "annual_bonus",
)


def numbers_of(body: Mapping[str, Any]) -> dict[str, Fraction]:
    """Every number that the body gives; absent and null are the same."""
    read = {name: money.plain(body.get(name)) for name in NUMBERS}
    return {name: value for name, value in read.items() if value is not None}


def hourly_cents(body: Mapping[str, Any]) -> int:
    """The effective hourly pay in cents of a body that has the shape of a pay entry, or Nothing with the reason."""
    plan = body["plan"]
    if body["rate_unit"] != RATE_UNIT[plan]:
        raise Nothing("rate_unit: not the plan's")
    number = numbers_of(body)
    for name in NEEDED.get(plan, ()):
        if name not in number:
            raise Nothing(f"{name}: missing")
    rate, hours = number["rate"], number["hours_clocked"]
    if rate == 0:
        raise Nothing("rate: zero")
    if not 0 < hours <= MOST_HOURS:
        raise Nothing("hours_clocked: out of range")
    bonus = number.get("annual_bonus", Fraction(0)) / 52 + number.get("weekly_extra", Fraction(0))
    flagged = number.get("hours_flagged", Fraction(0))
    match plan:
        case "hourly" | "hourly_plus_production_bonus":
            week = rate * hours
        case "salary" | "salary_plus_commission":
            week = rate / 52
        case "flat_rate" | "team_flat_rate":
            week = rate * flagged
        case "flat_rate_with_guarantee":
            week = rate * max(flagged, number["hours_guaranteed"])
        case "hybrid_greater_of":
            week = max(rate * flagged, number["base_rate"] * hours)
        case _:
            week = rate / 100 * number["labor_sales_week"]
    cents = money.half_up((week + bonus) / hours * 100, 1)
    if not LEAST_HOURLY <= cents <= MOST_HOURLY:
        raise Nothing("effective hourly pay: out of range")
    return cents

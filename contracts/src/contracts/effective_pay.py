"""The rule that makes pay plans comparable: effective hourly pay, in exact fractions, rounded once."""

from __future__ import annotations

from fractions import Fraction

from contracts.event import Refused, shown
from contracts.vocabulary import PAY_PLANS, RATE_UNIT

WEEKS = 52
LOWEST_CENTS = 500
HIGHEST_CENTS = 250_00

# What a plan needs beyond rate and hours_clocked.
INPUTS: dict[str, tuple[str, ...]] = {
    "flat_rate": ("hours_flagged",),
    "team_flat_rate": ("hours_flagged",),
    "flat_rate_with_guarantee": ("hours_flagged", "hours_guaranteed"),
    "hybrid_greater_of": ("hours_flagged", "base_rate"),
    "commission_percent_labor": ("labor_sales_week",),
}


def effective_hourly(
    *,
    plan: str,
    rate: str,
    rate_unit: str,
    hours_clocked: str,
    hours_flagged: str | None = None,
    hours_guaranteed: str | None = None,
    base_rate: str | None = None,
    labor_sales_week: str | None = None,
    weekly_extra: str | None = None,
    annual_bonus: str | None = None,
) -> Fraction:
    """Return effective pay in dollars an hour, exact. Numbers are plain decimal text; hours and sales are per week.

    Raises Refused, naming the field, for a rate of 0, a unit of another plan, hours outside (0, 100], a missing input.
    """
    if plan not in PAY_PLANS:
        raise Refused("plan", f"{shown(plan)} is not a pay plan")
    if rate_unit != RATE_UNIT[plan]:
        raise Refused(
            "rate_unit", f"{shown(rate_unit)} does not belong to plan {plan!r}, which is per {RATE_UNIT[plan]}"
        )
    paid, h = Fraction(rate), Fraction(hours_clocked)
    if paid == 0:
        raise Refused("rate", "is 0")
    if not 0 < h <= 100:
        raise Refused("hours_clocked", f"{hours_clocked!r} is not more than 0 and at most 100 a week")

    given = {
        "hours_flagged": hours_flagged,
        "hours_guaranteed": hours_guaranteed,
        "base_rate": base_rate,
        "labor_sales_week": labor_sales_week,
    }
    for name in INPUTS.get(plan, ()):
        if given[name] is None:
            raise Refused(name, f"is missing, plan {plan!r} needs it")
    flagged, guaranteed, base, sales = (Fraction(text or 0) for text in given.values())
    extra = Fraction(annual_bonus or 0) / WEEKS + Fraction(weekly_extra or 0)

    week: Fraction
    match plan:
        case "hourly" | "hourly_plus_production_bonus":
            week = paid * h
        case "salary" | "salary_plus_commission":
            week = paid / WEEKS
        case "flat_rate" | "team_flat_rate":
            week = paid * flagged
        case "flat_rate_with_guarantee":
            week = paid * max(flagged, guaranteed)
        case "hybrid_greater_of":
            week = max(paid * flagged, base * h)
        case _:  # commission_percent_labor
            week = paid / 100 * sales
    return (week + extra) / h


def to_cents(dollars: Fraction) -> int:
    """Round an amount of dollars, not negative, to whole cents, half up."""
    return int(dollars * 100 + Fraction(1, 2))


def plausible_cents(dollars: Fraction) -> int:
    """Round to cents and refuse what no technician is paid: a result outside [5.00, 250.00]."""
    cents = to_cents(dollars)
    if not LOWEST_CENTS <= cents <= HIGHEST_CENTS:
        raise Refused("rate", f"comes to an effective {dollar_text(cents)} an hour, outside 5.00 to 250.00")
    return cents


def dollar_text(cents: int) -> str:
    """Return whole cents as decimal text: 2700 is '27.00'."""
    return f"{cents // 100}.{cents % 100:02d}"

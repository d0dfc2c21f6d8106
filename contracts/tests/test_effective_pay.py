"""Effective hourly pay against figures worked out by hand."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from contracts.effective_pay import effective_hourly, plausible_cents, to_cents
from contracts.event import Refused
from contracts.exchange import PaySubmitted
from hypothesis import given
from hypothesis import strategies as st
from known_events import HOURLY, patient
from pydantic import ValidationError


def pay(**changes: str) -> PaySubmitted:
    """Forty hours at $27.50, with changes."""
    return PaySubmitted.model_validate(HOURLY | changes)


FLAG = {"rate_unit": "flag_hour", "hours_clocked": "44"}
BY_HAND = [
    ("an hour is an hour", {}, 27_50),
    ("bonus over the year: 27.5 + (1500/52)/40", {"annual_bonus": "1500"}, 28_22),
    ("extra each week: 27.5 + 110.25/40", {"plan": "hourly_plus_production_bonus", "weekly_extra": "110.25"}, 30_26),
    ("(68000/52)/45", {"plan": "salary", "rate_unit": "year", "rate": "68000", "hours_clocked": "45"}, 29_06),
    (
        "(48000/52 + 350)/45",
        {"plan": "salary_plus_commission", "rate_unit": "year", "rate": "48000", "hours_clocked": "45", "weekly_extra": "350"},
        28_29,
    ),
    ("33.75 * 47.3 / 44", FLAG | {"plan": "flat_rate", "rate": "33.75", "hours_flagged": "47.3"}, 36_28),
    ("29 * 51 / 40 = 36.975", FLAG | {"plan": "team_flat_rate", "rate": "29", "hours_flagged": "51", "hours_clocked": "40"}, 36_98),
    (
        "flagged more than guaranteed: (38 * 52.5 + 1500/52)/44",
        FLAG | {"plan": "flat_rate_with_guarantee", "rate": "38.00", "hours_flagged": "52.5", "hours_guaranteed": "40", "annual_bonus": "1500.00"},
        46_00,
    ),
    (
        "guaranteed more than flagged: 38 * 40 / 44",
        FLAG | {"plan": "flat_rate_with_guarantee", "rate": "38", "hours_flagged": "30", "hours_guaranteed": "40"},
        34_55,
    ),
    (
        "flat rate greater: 31 * 36 / 40",
        FLAG | {"plan": "hybrid_greater_of", "rate": "31", "hours_flagged": "36", "base_rate": "24.50", "hours_clocked": "40"},
        27_90,
    ),
    (
        "base greater, over the clocked hours: 24.50",
        FLAG | {"plan": "hybrid_greater_of", "rate": "31", "hours_flagged": "20", "base_rate": "24.50", "hours_clocked": "40"},
        24_50,
    ),
    (
        "22.5% of 6200 / 40 = 34.875",
        {"plan": "commission_percent_labor", "rate_unit": "percent", "rate": "22.5", "labor_sales_week": "6200"},
        34_88,
    ),
    ("half a cent goes up, where a double would hold 10.00499", {"rate": "10.005"}, 10_01),
    ("half a cent made of a bonus: 10 + (0.26/52)/1", {"rate": "10", "annual_bonus": "0.26", "hours_clocked": "1"}, 10_01),
    ("just under half a cent goes down", {"rate": "10.0049"}, 10_00),
    ("4.995 rounds into the range", {"rate": "4.995"}, 5_00),
    ("250.0049 rounds into the range", {"rate": "250.0049"}, 250_00),
    ("a hundred hours are allowed", {"hours_clocked": "100"}, 27_50),
    ("and the tiniest part of one", {"hours_clocked": "0.0001"}, 27_50),
    ("what another plan needs is passed over", {"hours_flagged": "60", "base_rate": "99"}, 27_50),
]  # fmt: skip


@pytest.mark.parametrize(("why", "changes", "cents"), BY_HAND, ids=[why for why, _, _ in BY_HAND])
def test_pay_comes_to_what_it_comes_to_by_hand(why: str, changes: dict[str, str], cents: int) -> None:
    assert pay(**changes).effective_cents() == cents


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"rate": "4.9949"}, "rate: comes to an effective 4.99 an hour, outside 5.00 to 250.00"),
        ({"rate": "250.005"}, "rate: comes to an effective 250.01 an hour, outside 5.00 to 250.00"),
        ({"rate": "0"}, "rate: is 0"),
        ({"hours_clocked": "0.0000"}, "hours_clocked: '0.0000' is not more than 0 and at most 100 a week"),
        ({"hours_clocked": "100.0001"}, "hours_clocked: '100.0001' is not more than 0 and at most 100 a week"),
        (
            {"rate_unit": "flag_hour"},
            "rate_unit: 'flag_hour' does not belong to plan 'hourly', which is per clock_hour",
        ),
        ({"plan": "salary"}, "rate_unit: 'clock_hour' does not belong to plan 'salary', which is per year"),
        (FLAG | {"plan": "flat_rate"}, "hours_flagged: is missing, plan 'flat_rate' needs it"),
    ],
)
def test_impossible_pay_is_refused_by_the_field(changes: dict[str, str], refusal: str) -> None:
    rule = {"plan": "hourly", "rate": "27.5", "rate_unit": "clock_hour", "hours_clocked": "40"} | changes
    with pytest.raises(Refused) as caught:
        plausible_cents(effective_hourly(**rule))
    assert str(caught.value) == refusal
    with pytest.raises(ValidationError):
        pay(**changes)


def test_the_rule_is_exact() -> None:
    exact = effective_hourly(plan="salary", rate="68000", rate_unit="year", hours_clocked="45")
    assert exact == Fraction(68000, 52 * 45)


@patient
@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_rounding_is_half_up(numerator: int, denominator: int) -> None:
    dollars = Fraction(numerator, denominator)
    cents = to_cents(dollars)
    assert -Fraction(1, 2) < cents - dollars * 100 <= Fraction(1, 2)


@patient
@given(st.decimals(0, 9_999_999, places=4))
def test_rounding_agrees_with_decimal(dollars: Decimal) -> None:
    assert to_cents(Fraction(dollars)) == int((dollars * 100).quantize(Decimal(1), ROUND_HALF_UP))

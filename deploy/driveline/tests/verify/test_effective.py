"""Effective hourly pay by plan, worked out by hand; and what is impossible."""

import pytest
from driveline.verify.effective import Nothing
from driveline.verify.records import read_pay

from .bodies import GONE, pay_body


def cents(**changed: object) -> int:
    return read_pay(pay_body(**changed), "pay").cents


FLAG = {"rate_unit": "flag_hour", "hours_clocked": "44"}


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, 2600),
        ({"weekly_extra": "20"}, 2650),
        ({"annual_bonus": "1040.00"}, 2650),
        ({"plan": "hourly_plus_production_bonus", "weekly_extra": "50", "annual_bonus": "1560"}, 2800),
        ({"plan": "salary", "rate_unit": "year", "rate": "52000"}, 2500),
        ({"plan": "salary_plus_commission", "rate_unit": "year", "rate": "52000", "weekly_extra": "100"}, 2750),
        ({"plan": "flat_rate", "rate": "22.00", "hours_flagged": "55"} | FLAG, 2750),
        ({"plan": "team_flat_rate", "rate": "22.00", "hours_flagged": "55", "weekly_extra": "11"} | FLAG, 2775),
        # the example of the topic page: (38 * 52.5 + 1500/52) / 44 = 45.996..., 46.00 to the cent
        (
            {
                "plan": "flat_rate_with_guarantee",
                "rate": "38.00",
                "hours_flagged": "52.5",
                "hours_guaranteed": "40",
                "weekly_extra": "0",
                "annual_bonus": "1500.00",
            }
            | FLAG,
            4600,
        ),
        (
            {"plan": "flat_rate_with_guarantee", "rate": "22", "hours_flagged": "10", "hours_guaranteed": "44"} | FLAG,
            2200,
        ),
        ({"plan": "hybrid_greater_of", "rate": "22", "hours_flagged": "55", "base_rate": "20"} | FLAG, 2750),
        ({"plan": "hybrid_greater_of", "rate": "22", "hours_flagged": "22", "base_rate": "20"} | FLAG, 2000),
        ({"plan": "commission_percent_labor", "rate_unit": "percent", "rate": "25", "labor_sales_week": "4400"}, 2750),
        ({"rate": "4.995"}, 500),  # rounded before the range is checked
        ({"rate": "250.0049"}, 25000),
        ({"rate": "10.005"}, 1001),  # half up
        ({"weekly_extra": None}, 2600),
    ],
)
def test_by_plan(inputs: dict[str, object], expected: int) -> None:
    assert cents(**inputs) == expected


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ({"rate": "0"}, "rate: zero"),
        ({"rate": "4.9949"}, "effective hourly pay: out of range"),
        ({"rate": "250.005"}, "effective hourly pay: out of range"),
        ({"rate_unit": "year"}, "rate_unit: not the plan's"),
        ({"hours_clocked": "0"}, "hours_clocked: out of range"),
        ({"hours_clocked": "100.0001"}, "hours_clocked: out of range"),
        ({"plan": "flat_rate"} | FLAG, "hours_flagged: missing"),
        ({"plan": "flat_rate_with_guarantee", "hours_flagged": "50"} | FLAG, "hours_guaranteed: missing"),
        ({"plan": "hybrid_greater_of", "hours_flagged": "50"} | FLAG, "base_rate: missing"),
        ({"plan": "commission_percent_labor", "rate_unit": "percent"}, "labor_sales_week: missing"),
        ({"plan": "piecework"}, "plan: wrong"),
        ({"rate": 26}, "rate: wrong"),
        ({"rate": "26,00"}, "rate: wrong"),
        ({"weekly_extra": "-1"}, "weekly_extra: wrong"),
        ({"hours_flagged": "many"}, "hours_flagged: wrong"),  # though the plan does not need it
        ({"rate": GONE}, "rate: missing"),
        ({"zip": "00000"}, "zip: wrong"),
        ({"zip": "1735"}, "zip: wrong"),
        ({"zip": 17350}, "zip: wrong"),
        ({"role": "wizard"}, "role: wrong"),
        ({"revision": "1"}, "revision: wrong"),
        ({"revision": True}, "revision: wrong"),
        ({"revision": 1.0}, "revision: wrong"),
        ({"revision": 0}, "revision: wrong"),
        ({"effective_on": "30.06.2026"}, "effective_on: wrong"),
        ({"credentials": ["A1", "Z9"]}, "credentials: wrong"),
        ({"member_id": ""}, "member_id: wrong"),
    ],
)
def test_what_counts_as_nothing(inputs: dict[str, object], why: str) -> None:
    with pytest.raises(Nothing, match=f"^{why}$"):
        cents(**inputs)


@pytest.mark.parametrize(
    ("held", "level"),
    [
        ([], "none"),
        (["G1"], "some"),
        (["gold_class"], "some"),
        ([f"A{n}" for n in range(1, 9)], "master"),
        ([f"A{n}" for n in range(2, 10)], "some"),
        (["B2", "B3", "B4", "B5"], "master"),
        (["T8", "T2", "T3", "T4", "T5", "T6", "T7", "A1"], "master"),
        (["B2", "B3", "B4", "T5"], "some"),
    ],
)
def test_credential_levels(held: list[str], level: str) -> None:
    assert read_pay(pay_body(credentials=held), "pay").credential_level == level


def test_without_credentials_the_level_is_none() -> None:
    assert read_pay(pay_body(credentials=GONE), "pay").credential_level == "none"

"""What a benefit's answer and a posted labor rate are worth, and which count as nothing."""

from datetime import date

import pytest
from driveline.verify.effective import Nothing
from driveline.verify.policies import POLICIES
from driveline.verify.records import (
    NO_AMOUNT,
    NOT_OFFERED,
    Fact,
    Withdrawal,
    read_benefit,
    read_fact,
    read_labor_rate,
    read_member,
)
from driveline.verify.standing import standing

from .bodies import GONE, benefit_body, labor_rate_body, member_body

NONE_SAID = {"amount": GONE, "unit": GONE}


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ({}, 70_00),
        ({"amount": "0"}, 0),
        ({"amount": "100.0000"}, 100_00),
        ({"amount": "66.665"}, 66_67),  # half up
        ({"amount": "66.6649"}, 66_66),
        ({"benefit": "pto_days", "unit": "days_year", "amount": "366"}, 366_00),
        ({"benefit": "tuition", "unit": "usd_year", "amount": "250000.00"}, 250_000_00),
        (NONE_SAID, NO_AMOUNT),
        ({"amount": None}, NO_AMOUNT),  # a unit alone says nothing
        ({"benefit": "uniforms", **NONE_SAID}, NO_AMOUNT),
        ({"offered": False, **NONE_SAID}, NOT_OFFERED),
        ({"offered": False}, NOT_OFFERED),  # whatever amount it might have
        ({"benefit": "four_day_week", "offered": False, "amount": None, "unit": None}, NOT_OFFERED),
    ],
)
def test_an_answer_is_an_amount_in_hundredths_or_says_that_there_is_none(
    changed: dict[str, object], value: int
) -> None:
    assert read_benefit(benefit_body(**changed)).value == value


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"unit": "percent_of_pay"}, "unit: not the benefit's"),
        ({"unit": GONE}, "unit: missing"),
        ({"benefit": "uniforms", "unit": GONE}, "amount: the benefit has none"),
        ({"benefit": "uniforms", "amount": GONE}, "unit: not the benefit's"),
        ({"amount": "100.0001"}, "amount: out of range"),
        ({"amount": "101", "offered": False}, "amount: out of range"),
        ({"benefit": "sick_leave", "unit": "days_year", "amount": "366.0001"}, "amount: out of range"),
        ({"benefit": "relocation", "unit": "usd_once", "amount": "250000.0001"}, "amount: out of range"),
        ({"amount": "-1"}, "amount: wrong"),
        ({"amount": 70}, "amount: wrong"),
        ({"offered": "true"}, "offered: wrong"),
        ({"offered": GONE}, "offered: missing"),
        ({"benefit": "yacht"}, "benefit: wrong"),
        ({"size": GONE}, "size: missing"),
    ],
)
def test_what_is_no_answer_counts_as_nothing(changed: dict[str, object], reason: str) -> None:
    with pytest.raises(Nothing, match=f"^{reason}$"):
        read_benefit(benefit_body(**changed))


@pytest.mark.parametrize(
    ("changed", "cents"),
    [
        ({}, 145_00),
        ({"posted_rate": "20"}, 20_00),
        ({"posted_rate": "19.995"}, 20_00),  # rounded before the range is looked at
        ({"posted_rate": "500.0049"}, 500_00),
        ({"kind": "paint_materials", "posted_rate": "5.00"}, 5_00),
        ({"kind": "paint_materials", "posted_rate": "200"}, 200_00),
    ],
)
def test_a_posted_rate_is_in_cents(changed: dict[str, object], cents: int) -> None:
    assert read_labor_rate(labor_rate_body(**changed)).value == cents


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"posted_rate": "19.9949"}, "posted_rate: out of range"),
        ({"posted_rate": "500.005"}, "posted_rate: out of range"),
        ({"kind": "paint_materials", "posted_rate": "4.99"}, "posted_rate: out of range"),
        ({"kind": "paint_materials", "posted_rate": "200.01"}, "posted_rate: out of range"),
        ({"kind": "contracted"}, "kind: wrong"),
        ({"zip": "00000"}, "zip: wrong"),
    ],
)
def test_what_is_no_posted_rate_counts_as_nothing(changed: dict[str, object], reason: str) -> None:
    with pytest.raises(Nothing, match=f"^{reason}$"):
        read_labor_rate(labor_rate_body(**changed))


def test_a_topic_that_is_not_collected_says_nothing() -> None:
    with pytest.raises(Nothing, match="not collected"):
        read_fact("credential.earned", {})


def test_each_measure_has_standing_of_its_own() -> None:
    facts: list[Fact] = [
        read_member(member_body()),
        read_benefit(benefit_body(submission_id="s")),
        read_labor_rate(labor_rate_body(submission_id="s")),
        read_labor_rate(
            labor_rate_body(submission_id="s", revision=2, posted_rate="150.00", effective_on="2026-07-01")
        ),
        Withdrawal("benefits", "shop-42", "s", 2),
    ]
    cutoff = date(2026, 6, 30)

    def stands(policy_id: str) -> list[int]:
        return [told.value for told in standing(facts, POLICIES[policy_id], cutoff)]

    assert stands("benefits-2026") == []
    assert stands("labor-rates-2026") == [145_00]
    assert stands("pay-2026") == []

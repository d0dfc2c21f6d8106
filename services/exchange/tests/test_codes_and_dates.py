"""Data and dates: official occupations and policies."""

from datetime import date

import pytest
from contracts.vocabulary import ROLES
from exchange.adapters.official_statistics import occupation, official
from exchange.domain.policy import POLICIES, months_before

BODY = {
    "body_tech", "disassembly_tech", "non_structural_tech", "structural_tech", "refinish_prepper", "painter",
    "estimator", "repair_planner",
}  # fmt: skip
DIESEL = {"diesel_tech_1", "diesel_tech_2", "diesel_tech_3"}
FOREMEN_AND_MANAGERS = {"shop_foreman", "service_manager"}
NONE = {"service_advisor", "parts_specialist", "instructor"}


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_the_occupation_of_the_domain_page(role: str) -> None:
    wanted = (
        "49-3021" if role in BODY
        else "49-3031" if role in DIESEL
        else "49-1011" if role in FOREMEN_AND_MANAGERS
        else None if role in NONE
        else "49-3023"
    )  # fmt: skip
    assert occupation(role) == wanted
    beside = official(role, "OH")
    assert (beside["soc"] if beside else None) == wanted
    # A state's mean is known for automotive technicians only.
    assert bool(beside and "state" in beside) == (wanted == "49-3023")


def test_who_answers_a_survey_is_not_who_works() -> None:
    """Every percentile in order, and how many work in the occupation."""
    for role in ("tech_a", "painter", "diesel_tech_2", "shop_foreman"):
        beside = official(role, None)
        assert beside is not None
        values = [float(beside["nation"][p]) for p in ("p10", "p25", "p50", "p75", "p90")]
        assert values == sorted(values)
        assert beside["employed"] > 10_000


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 8, 25), 24, date(2024, 8, 25)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 2, 28), 24, date(2024, 2, 28)),
        (date(2024, 2, 29), 24, date(2022, 2, 28)),
        (date(2026, 1, 31), 2, date(2025, 11, 30)),
    ],
)
def test_a_window_is_clipped_to_the_months_end(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


def test_the_policy_of_pay() -> None:
    policy = POLICIES["pay-2026"]
    assert (policy.policy_id, policy.fewest, policy.largest_share, policy.rounding) == ("pay-2026", 5, 25, 25)
    assert (policy.contributors, policy.finest) == ("business", "metro")
    assert policy.cutoff(date(2026, 11, 23), None) == date(2026, 8, 25)
    assert policy.cutoff(date(2026, 11, 23), date(2026, 8, 1)) == date(2026, 8, 25)
    assert policy.cutoff(date(2026, 11, 23), date(2026, 9, 1)) == date(2026, 9, 1)
    assert policy.window_start(date(2026, 8, 25)) == date(2024, 8, 25)

"""Rule 6 of benefits by hand: the share that offers one, the amount's median, and what each withholds."""

from dataclasses import replace

import pytest
from driveline.verify.benefits import amount, share, show_benefit
from driveline.verify.change import changed, version_at
from driveline.verify.judging import judge
from driveline.verify.policies import POLICIES
from driveline.verify.records import NO_AMOUNT, NOT_OFFERED
from driveline.verify.values import Entry, Shown

BENEFITS = POLICIES["benefits-2026"]
CELL = "benefits|state:PA|*|*|health"


def shops(*values: int, of: str = "s") -> list[Entry]:
    """One entry for each shop."""
    return [Entry(f"{of}{n}", value) for n, value in enumerate(values)]


def some(offer: int, do_not: int) -> list[Entry]:
    """So many shops that offer it without an amount, and so many others that do not."""
    return [*shops(*[NO_AMOUNT] * offer), *shops(*[NOT_OFFERED] * do_not, of="n")]


@pytest.mark.parametrize(
    ("offer", "do_not", "told"),
    [
        (5, 5, "50"),
        (5, 6, "45"),  # 45.45
        (13, 7, "65"),
        (8, 5, "60"),  # 61.5
        (5, 8, "40"),  # 38.46
        (23, 17, "60"),  # 57.5, half up
        (5, 0, "100"),  # nobody is not a few
        (0, 5, "0"),
        (1, 9, None),
        (4, 9, None),
        (9, 1, None),
        (9, 4, None),
        (197, 5, "100"),  # 97.52, though five do not
    ],
)
def test_the_share_is_withheld_when_a_few_offer_or_a_few_do_not(offer: int, do_not: int, told: str | None) -> None:
    assert share(some(offer, do_not), BENEFITS) == told


@pytest.mark.parametrize(("offer", "do_not", "told"), [(12, 0, None), (0, 12, None), (10, 10, "50"), (9, 10, None)])
def test_by_the_guarded_policy_nobody_on_one_side_is_a_few(offer: int, do_not: int, told: str | None) -> None:
    assert share(some(offer, do_not), POLICIES["benefits-2026-guarded"]) == told


def test_a_contributor_may_be_on_both_sides_and_entries_are_what_the_share_is_of() -> None:
    five = shops(*[NO_AMOUNT] * 5)
    # the five of them have a second shop each that does not offer it, one a third: 5 of 11
    assert share([*five, *shops(*[NOT_OFFERED] * 5), Entry("s0", NOT_OFFERED)], BENEFITS) == "45"
    assert share([*five, *shops(*[NOT_OFFERED] * 4)], BENEFITS) is None
    # ten shops of four owners offer it: contributors count, not entries
    assert share([*shops(*[NO_AMOUNT] * 4), *shops(*[NO_AMOUNT] * 4), *some(0, 6)], BENEFITS) is None


@pytest.mark.parametrize(
    ("benefit", "hundredths", "told"),
    [
        ("health", (50_00, 60_00, 70_00, 80_00, 90_00), ("percent_paid_by_employer", "70")),
        ("health", (50_00, 60_00, 62_50, 80_00, 90_00), ("percent_paid_by_employer", "65")),  # half up
        ("health", (50_00, 60_00, 62_49, 80_00, 90_00), ("percent_paid_by_employer", "60")),
        ("retirement_match_pct", (2_00, 2_00, 2_49, 4_00, 6_00), ("percent_of_pay", "0")),
        ("retirement_match_pct", (2_00, 3_00, 3_00, 4_00, 6_00), ("percent_of_pay", "5")),
        ("pto_days", (5_00, 7_00, 10_00, 10_00, 12_00), ("days_year", "10")),
        ("paid_holidays", (5_00, 6_00, 7_00, 8_00, 9_00, 10_00), ("days_year", "8")),  # 7.5, half up
        ("sick_leave", (0, 0, 49, 3_00, 9_00), ("days_year", "0")),
        ("tool_allowance_year", (300_00, 450_00, 474_99, 500_00, 900_00), ("usd_year", "450.00")),
        ("tuition", (300_00, 450_00, 475_00, 500_00, 900_00), ("usd_year", "500.00")),
        ("sign_on_bonus", (1_000_00, 1_500_00, 2_000_00, 2_000_00, 250_000_00), ("usd_once", "2000.00")),
        ("relocation", (1, 2, 3, 4, 5), ("usd_once", "0.00")),
    ],
)
def test_the_median_is_rounded_by_unit(benefit: str, hundredths: tuple[int, ...], told: tuple[str, str]) -> None:
    assert amount(benefit, shops(*hundredths), BENEFITS) == told


def test_the_median_is_of_those_who_offer_it_and_say_an_amount() -> None:
    entries = [*shops(8_00, 9_00, 10_00, 11_00, 12_00), *shops(*[NO_AMOUNT] * 7, of="u"), *shops(*[NOT_OFFERED] * 8, of="n")]  # fmt: skip
    assert amount("pto_days", entries, BENEFITS) == ("days_year", "10")
    assert show_benefit("pto_days", entries, BENEFITS) == Shown(
        "benefits-2026", "20_49", {}, {}, share="60", amount=("days_year", "10")
    )


def test_an_amount_needs_rule_2_among_those_who_say_one() -> None:
    four = [*shops(8_00, 9_00, 10_00, 11_00), *some(0, 9)]
    assert amount("pto_days", four, BENEFITS) is None
    # six of one of five owners, of 14 amounts: 43% of the amounts, though 6 of 30 of the entries
    one_has_most = [*shops(8_00, 9_00, 10_00, 11_00, 12_00, 8_00, 8_00, 8_00), *[Entry("s0", 1_00)] * 5]
    assert amount("pto_days", one_has_most, BENEFITS) is None
    assert show_benefit("pto_days", [*one_has_most, *some(0, 17)], BENEFITS) == Shown(
        "benefits-2026", "20_49", {}, {}, share="45"
    )


def test_a_cell_may_show_neither_number_and_is_shown_all_the_same() -> None:
    entries = [*shops(*[NO_AMOUNT] * 4), *shops(*[NOT_OFFERED] * 4, of="n")]
    memory, shown = judge({}, {CELL: entries}, BENEFITS, 1)
    assert shown == {CELL: Shown("benefits-2026", "5_9", {}, {})}
    assert memory[CELL].shown


def test_four_contributors_show_nothing() -> None:
    assert show_benefit("health", shops(*[NO_AMOUNT] * 4), BENEFITS) is None
    assert show_benefit("health", [*shops(*[NO_AMOUNT] * 5), Entry("s0", NO_AMOUNT)], BENEFITS) is None  # 2 of 6


def test_a_benefit_without_a_unit_has_no_amount() -> None:
    assert show_benefit("uniforms", some(6, 0), BENEFITS) == Shown("benefits-2026", "5_9", {}, {}, share="100")


def test_another_amount_an_amount_that_was_not_said_and_an_answer_that_turns_are_changes() -> None:
    then = shops(70_00, 70_00, NO_AMOUNT, NO_AMOUNT, NOT_OFFERED, 0)
    assert changed(then, shops(70_00, 71_00, 0, NOT_OFFERED, NO_AMOUNT, 0)) == 4
    assert changed(then, then) == 0


def test_a_version_of_before_stays_with_its_numbers_until_five_have_changed() -> None:
    first = version_at(1, CELL, None, shops(*[50_00] * 8), BENEFITS)
    next_year = replace(BENEFITS, policy_id="benefits-2027", points=10_00)
    assert version_at(2, CELL, first, shops(*[65_00] * 4, *[50_00] * 4), next_year).values.amount == (
        "percent_paid_by_employer", "50",
    )  # fmt: skip
    assert version_at(2, CELL, first, shops(*[65_00] * 8), next_year).values == Shown(
        "benefits-2027", "5_9", {}, {}, "100", ("percent_paid_by_employer", "70")
    )

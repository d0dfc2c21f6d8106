"""The compiled pay rule and the code tables say what the contracts say."""

from fractions import Fraction
from typing import Any, get_args

import pytest
from contracts.event import Refused
from contracts.exchange import PositionPay
from exchange.domain import codes
from exchange.domain.effective_pay import REFUSED, SCALE, UNIT_OF_PLAN, effective_cents
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts import effective_pay as rule
from contracts import vocabulary

AMOUNTS = ("hours_flagged", "hours_guaranteed", "base_rate", "labor_sales_week", "weekly_extra", "annual_bonus")


def scaled(text: str | None) -> int:
    """A plain number times 10^4, as the kernel takes it; -1 is absent."""
    return -1 if text is None else int(Fraction(text) * SCALE)


def compiled(pay: dict[str, Any]) -> int:
    amount = {name: scaled(pay.get(name)) for name in ("rate", "hours_clocked", *AMOUNTS)}
    return effective_cents(
        codes.PLANS.index(pay["plan"]), amount["rate"], codes.RATE_UNITS.index(pay["rate_unit"]),
        amount["hours_clocked"], amount["hours_flagged"], amount["hours_guaranteed"], amount["base_rate"],
        amount["labor_sales_week"], amount["weekly_extra"], amount["annual_bonus"],
    )  # fmt: skip


def stated(pay: dict[str, Any]) -> int:
    try:
        return rule.plausible_cents(rule.effective_hourly(**pay))
    except Refused:
        return REFUSED


def plain(most: int) -> st.SearchStrategy[str]:
    whole = st.integers(0, most).map(str)
    return st.one_of(whole, st.integers(0, most * SCALE).map(lambda n: f"{n // SCALE}.{n % SCALE:04d}"))


ANY = plain(9_999_999)
# Rates near what people earn, so that most examples are inside the range; the rest is anything the wire allows.
RATES = st.one_of(plain(300), plain(150_000), ANY, st.sampled_from(["0", "0.0001", "9999999.9999"]))
HOURS = st.one_of(plain(100), st.sampled_from(["0.0001", "100", "100.0001", "0", "40"]), ANY)


@settings(max_examples=1500, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "plan": st.sampled_from(codes.PLANS),
            "rate_unit": st.sampled_from(codes.RATE_UNITS),
            "rate": RATES,
            "hours_clocked": HOURS,
        },
        optional=dict.fromkeys(AMOUNTS, st.one_of(plain(80), plain(6000), ANY)),
    ),
    st.booleans(),
)
@example({"plan": "commission_percent_labor", "rate_unit": "percent", "rate": "9999999.9999", "hours_clocked": "100",
          "labor_sales_week": "9999999.9999"}, False)  # fmt: skip
@example({"plan": "hybrid_greater_of", "rate_unit": "flag_hour", "rate": "9999999.9999", "hours_clocked": "100",
          "hours_flagged": "9999999.9999", "base_rate": "9999999.9999"}, False)  # fmt: skip
@example({"plan": "salary", "rate_unit": "year", "rate": "9999999.9999", "hours_clocked": "0.0001"}, False)
def test_the_kernel_pays_what_the_rule_pays(pay: dict[str, Any], right_unit: bool) -> None:
    if right_unit:
        pay = pay | {"rate_unit": vocabulary.RATE_UNIT[pay["plan"]]}
    assert compiled(pay) == stated(pay)


@pytest.mark.parametrize(
    ("cents", "pay"),
    [
        # 28.25 * 50 / 40 = 35.3125, 35.31
        (3531, {"plan": "flat_rate", "rate_unit": "flag_hour", "rate": "28.25", "hours_flagged": "50"}),
        # the guarantee of 40 hours, at 20, over 40 hours
        (2000, {"plan": "flat_rate_with_guarantee", "rate_unit": "flag_hour", "rate": "20", "hours_flagged": "30",
                "hours_guaranteed": "40"}),
        # max(30 * 20, 18 * 40) / 40 = 18
        (1800, {"plan": "hybrid_greater_of", "rate_unit": "flag_hour", "rate": "30", "hours_flagged": "20",
                "base_rate": "18"}),
        # (45.5% of 4100.50) / 40 = 46.6431875
        (4664, {"plan": "commission_percent_labor", "rate_unit": "percent", "rate": "45.5",
                "labor_sales_week": "4100.50"}),
        # (62000 / 52) / 40 = 29.807...
        (2981, {"plan": "salary", "rate_unit": "year", "rate": "62000"}),
        # 20 + (1300/52 + 15) / 40 = 21
        (2100, {"plan": "hourly", "rate_unit": "clock_hour", "rate": "20", "annual_bonus": "1300",
                "weekly_extra": "15"}),
        # half a cent up, and just below it
        (2001, {"plan": "hourly", "rate_unit": "clock_hour", "rate": "20.005"}),
        (2000, {"plan": "hourly", "rate_unit": "clock_hour", "rate": "20.0049"}),
        # the range is judged after rounding
        (500, {"plan": "hourly", "rate_unit": "clock_hour", "rate": "4.995"}),
        (REFUSED, {"plan": "hourly", "rate_unit": "clock_hour", "rate": "4.9949"}),
        (25000, {"plan": "hourly", "rate_unit": "clock_hour", "rate": "250.0049"}),
        (REFUSED, {"plan": "hourly", "rate_unit": "clock_hour", "rate": "250.005"}),
        (REFUSED, {"plan": "hourly", "rate_unit": "flag_hour", "rate": "20"}),
        (REFUSED, {"plan": "flat_rate", "rate_unit": "flag_hour", "rate": "28.25"}),
        (REFUSED, {"plan": "hourly", "rate_unit": "clock_hour", "rate": "0", "weekly_extra": "800"}),
    ],
)  # fmt: skip
def test_each_plan_by_hand(cents: int, pay: dict[str, Any]) -> None:
    pay = {"hours_clocked": "40"} | pay
    assert compiled(pay) == cents
    assert stated(pay) == cents


@settings(deadline=None)
@given(st.integers(499 * 40 * 100, 501 * 40 * 100) | st.integers(24_999 * 40 * 100, 25_001 * 40 * 100))
def test_the_ends_of_the_range(hundredths: int) -> None:
    """A salary whose hourly pay is within a cent of an end: 40 h, so a week's pay in 1/100 cent per 40 h."""
    year = Fraction(hundredths * 52, 10_000)
    pay = {"plan": "salary", "rate_unit": "year", "rate": f"{float(year):.4f}", "hours_clocked": "40"}
    assert compiled(pay) == stated(pay)


def test_the_code_tables_are_the_vocabulary() -> None:
    """As sets: the order is the exchange's own, and is kept in Redis."""
    assert set(codes.ROLES) == set(vocabulary.ROLES)
    assert set(codes.SHOP_TYPES) == set(vocabulary.SHOP_TYPES)
    assert set(codes.EXPERIENCES) == set(vocabulary.EXPERIENCES)
    assert set(codes.SIZES) == set(vocabulary.SHOP_SIZES)
    assert set(codes.PLANS) == set(vocabulary.PAY_PLANS)
    assert set(codes.RATE_UNITS) == set(get_args(vocabulary.RateUnit))
    assert set(codes.CREDENTIAL_LEVELS) == set(vocabulary.CREDENTIAL_LEVELS)
    for table in (codes.ROLES, codes.SHOP_TYPES, codes.EXPERIENCES, codes.SIZES, codes.PLANS, codes.RATE_UNITS):
        assert len(table) == len(set(table))
    for plan, unit in zip(codes.PLANS, UNIT_OF_PLAN, strict=True):
        assert vocabulary.RATE_UNIT[plan] == codes.RATE_UNITS[unit]


def test_the_numbers_of_codes_never_change() -> None:
    """A number is stored with every contribution: a table grows at its end and is otherwise as it always was."""
    assert codes.ROLES[:3] == ("lube_tech", "tire_tech", "mlr_tech")
    assert (codes.ROLES[5], codes.ROLES[18], codes.ROLES[26]) == ("tech_a", "painter", "apprentice")
    assert (codes.SHOP_TYPES[0], codes.SHOP_TYPES[12]) == ("independent_repair", "truck_dealer")
    assert codes.EXPERIENCES == ("y0_1", "y2_4", "y5_9", "y10_19", "y20_plus")
    assert codes.SIZES == ("1_2", "3_5", "6_10", "11_20", "21_plus")
    assert (codes.PLANS[0], codes.PLANS[4], codes.PLANS[8]) == ("hourly", "flat_rate", "commission_percent_labor")
    assert codes.CREDENTIAL_LEVELS == ("none", "some", "master")


def test_every_code_fits_its_bits_of_a_key() -> None:
    assert len(codes.ROLES) < 64
    assert len(codes.SHOP_TYPES) < 32
    assert len(codes.EXPERIENCES) < 8
    assert all(len(table) < 16 for table in codes.FACET_CODES)
    assert set(PositionPay.model_fields) >= {"role", "shop_type", "experience", *AMOUNTS}

"""Exact numbers: what is plain, and rounding half up and outward, by literals."""

from fractions import Fraction

import pytest
from driveline.verify import money
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("38.00", Fraction(38)),
        ("0", Fraction(0)),
        ("0.0001", Fraction(1, 10_000)),
        ("9999999.9999", Fraction(99999999999, 10_000)),
        ("007", Fraction(7)),
    ],
)
def test_a_plain_number_is_read_exactly(text: str, value: Fraction) -> None:
    assert money.plain(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "1e3", "1.", ".5", "12345678", "1.00001", " 1", "1\n", "1,5", "１２", "NaN", 38, 38.0, None, True],
)
def test_anything_else_is_no_plain_number(text: object) -> None:
    assert money.plain(text) is None


@pytest.mark.parametrize(
    ("cents", "rounded"),
    [
        (Fraction(2700), 2700),
        (Fraction(27125, 10), 2725),  # 27.125 is half way between 27.00 and 27.25
        (Fraction(271249, 100), 2700),
        (Fraction(2687, 1), 2675),
        (Fraction(5375, 2), 2700),  # 26.875 is half way between 26.75 and 27.00
    ],
)
def test_rounding_to_a_quarter_takes_the_upper_of_two_equally_near(cents: Fraction, rounded: int) -> None:
    assert money.half_up(cents, 25) == rounded


def test_rounding_to_the_cent() -> None:
    assert money.half_up(Fraction(49950, 100) + Fraction(1, 2), 1) == 500
    assert money.half_up(Fraction(49949, 100), 1) == 499


def test_outward_rounding_moves_ends_apart_and_leaves_exact_ones() -> None:
    assert (money.down(Fraction(2624), 25), money.up(Fraction(2624), 25)) == (2600, 2625)
    assert (money.down(Fraction(2625), 25), money.up(Fraction(2625), 25)) == (2625, 2625)
    assert (money.down(Fraction(26251, 10), 25), money.up(Fraction(26251, 10), 25)) == (2625, 2650)


def test_money_as_text() -> None:
    assert [money.text(cents) for cents in (2700, 2705, 500, 7, 25000)] == ["27.00", "27.05", "5.00", "0.07", "250.00"]


@given(st.fractions(min_value=0, max_value=30_000), st.sampled_from([1, 25, 100]))
def test_rounding_stays_within_half_a_step_and_outward_encloses(value: Fraction, step: int) -> None:
    nearest = money.half_up(value, step)
    assert nearest % step == 0
    assert -Fraction(step, 2) < nearest - value <= Fraction(step, 2)
    assert money.down(value, step) <= value <= money.up(value, step) <= money.down(value, step) + step

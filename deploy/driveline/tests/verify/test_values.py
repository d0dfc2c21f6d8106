"""Rules 2 and 6 by hand: percentiles, binomial intervals, bands, and what stays closed."""

from fractions import Fraction
from math import comb

import pytest
from driveline.verify.policies import POLICIES
from driveline.verify.values import (
    P10,
    P25,
    P50,
    P75,
    P90,
    Entry,
    Shown,
    band,
    effective_entries,
    interval_ranks,
    percentile_cont,
    show,
)
from hypothesis import given, settings
from hypothesis import strategies as st

PAY = POLICIES["pay-2026"]
TECHNICIANS = POLICIES["technician-pay-2026"]


def one_each(cents: list[int]) -> list[Entry]:
    return [Entry(f"shop-{n}", value) for n, value in enumerate(cents)]


@pytest.mark.parametrize(
    ("values", "fraction", "exact"),
    [
        ([100, 200, 300, 400], P25, Fraction(175)),
        ([100, 200, 300, 400], P50, Fraction(250)),
        ([100, 200, 300, 400], P90, Fraction(370)),
        ([100, 200, 300, 400, 500], P10, Fraction(140)),
        ([700], P75, Fraction(700)),
        ([1, 2], P10, Fraction(11, 10)),
        ([100, 200, 300], Fraction(1), Fraction(300)),
    ],
)
def test_percentile_cont(values: list[int], fraction: Fraction, exact: Fraction) -> None:
    assert percentile_cont(values, fraction) == exact


@pytest.mark.parametrize(
    ("n", "q", "ranks"),
    [
        # P(X <= 0) = 1/512, P(X <= 1) = 10/512 < 0.025 <= 46/512; P(X <= 6) = 466/512 < 0.975 <= 502/512
        (9, P50, (2, 8)),
        (10, P50, (2, 9)),  # 11/1024 < 0.025 <= 56/1024; 968/1024 < 0.975 <= 1013/1024
        (20, P50, (6, 15)),
        (6, P50, (1, 6)),  # 1/64 < 0.025 <= 7/64; 57/64 < 0.975 <= 63/64
        (5, P10, (0, 3)),  # 59049 of 100000 at 0; 91854 at 1; 99144 at 2
        (2, P50, (0, 3)),  # 1/4, 3/4, 1
    ],
)
def test_interval_ranks_by_hand(n: int, q: Fraction, ranks: tuple[int, int]) -> None:
    assert interval_ranks(n, q) == ranks


@settings(deadline=None)
@given(st.integers(1, 90), st.sampled_from([P10, P25, P50, P75, P90]))
def test_interval_ranks_by_the_definition(n: int, q: Fraction) -> None:
    below = [sum(comb(n, x) * q**x * (1 - q) ** (n - x) for x in range(top + 1)) for top in range(n + 1)]
    lower = next(x for x in range(n + 1) if below[x] >= Fraction(25, 1000))
    upper = next(x for x in range(n + 1) if below[x] >= Fraction(975, 1000)) + 1
    assert interval_ranks(n, q) == (lower, upper)


def test_unequal_contributors_are_worth_fewer_entries() -> None:
    assert effective_entries([1] * 7) == 7
    assert effective_entries([3, 3, 3]) == 3
    assert effective_entries([4, 1, 1]) == 2  # 36 / 18
    assert effective_entries([5, 3, 1]) == 2  # 81 / 35


def test_bands() -> None:
    named = {n: band(n) for n in (5, 9, 10, 19, 20, 49, 50, 900)}
    assert named == {
        5: "5_9", 9: "5_9", 10: "10_19", 19: "10_19", 20: "20_49", 49: "20_49", 50: "50_plus", 900: "50_plus",
    }  # fmt: skip


def test_four_contributors_show_nothing_and_five_their_median_alone() -> None:
    assert show(one_each([2000, 2100, 2200, 2300]), PAY) is None
    assert show(one_each([2000, 2100, 2237, 2300, 2400]), PAY) == Shown("pay-2026", "5_9", {"p50": "22.25"}, {})


def test_five_contributors_are_too_few_technicians() -> None:
    assert show(one_each([2000, 2100, 2237, 2300, 2400]), TECHNICIANS) is None


def test_a_share_of_exactly_the_cap_is_allowed_and_one_above_is_not() -> None:
    five = [Entry("big", 2000)] * 2 + [Entry(f"shop-{n}", 2000) for n in range(5)] + [Entry("shop-0", 2000)]
    assert show(five, PAY) is not None  # 2 of 8
    six = [Entry("big", 2000)] * 2 + [Entry(f"shop-{n}", 2000) for n in range(5)]
    assert show(six, PAY) is None  # 2 of 7


def test_ten_contributors_add_quartiles_and_the_median_interval() -> None:
    # 20.00 to 29.00 by dollars: position 2.25, 4.5, 6.75; the interval's ends are (2-1)/9 and (9-1)/9: 21.00 and 28.00
    assert show(one_each([2000 + 100 * n for n in range(10)]), PAY) == Shown(
        "pay-2026", "10_19", {"p25": "22.25", "p50": "24.50", "p75": "26.75"}, {"p50": ("21.00", "28.00")}
    )


def test_intervals_round_outward() -> None:
    shown = show(one_each([2001 + 101 * n for n in range(10)]), PAY)
    assert shown is not None
    assert shown.intervals == {"p50": ("21.00", "28.25")}  # 21.02 down, 28.09 up


def test_twenty_contributors_give_the_tails_without_their_intervals() -> None:
    shown = show(one_each([2000 + 100 * n for n in range(20)]), PAY)
    # p10 at 1.9, p25 at 4.75, p50 at 9.5, p75 at 14.25, p90 at 17.1; p10: two entries at or below 21.90, so not given
    assert shown == Shown(
        "pay-2026",
        "20_49",
        {"p25": "24.75", "p50": "29.50", "p75": "34.25"},
        {"p25": ("21.00", "29.00"), "p50": ("25.00", "34.00"), "p75": ("30.00", "38.00")},
    )


def test_a_tail_needs_three_contributors_not_three_entries() -> None:
    cents = [2000, 2000, 2000] + [2100] * 14 + [3000, 3000, 3000]
    shown = show(one_each(cents), PAY)
    assert shown is not None
    # positions 1.9 and 17.1 lie within the three lowest and the three highest
    assert (shown.percentiles["p10"], shown.percentiles["p90"]) == ("20.00", "30.00")
    three_of_one = [Entry("shop-0", 2000)] * 3 + one_each(cents)[3:]
    assert len({entry.contributor for entry in three_of_one}) == 18
    more = [*three_of_one, Entry("x", 2100), Entry("y", 2100)]
    shown = show(more, PAY)
    assert shown is not None
    assert "p10" not in shown.percentiles
    assert "p90" in shown.percentiles


def test_fifty_contributors_add_the_tails_intervals() -> None:
    shown = show(one_each([2000 + 10 * n for n in range(50)]), PAY)
    assert shown is not None
    assert shown.contributors == "50_plus"
    # p10 at 4.9: 20.49; ranks (1, 10) for p10: l is 1, so no interval; p90 ranks (41, 50): u is above 49, so none
    assert shown.percentiles == {"p10": "20.50", "p25": "21.25", "p50": "22.50", "p75": "23.75", "p90": "24.50"}
    assert set(shown.intervals) == {"p25", "p50", "p75"}
    hundred = show(one_each([2000 + 10 * n for n in range(100)]), PAY)
    assert hundred is not None
    assert set(hundred.intervals) == {"p10", "p25", "p50", "p75", "p90"}


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(500, 25_000)), min_size=1, max_size=60))
def test_what_is_shown_never_depends_on_order_and_stays_within_the_entries(pairs: list[tuple[int, int]]) -> None:
    entries = [Entry(f"shop-{n}", cents) for n, cents in pairs]
    shown = show(entries, PAY)
    assert shown == show(list(reversed(entries)), PAY)
    counts = [sum(1 for n, _ in pairs if n == who) for who in {n for n, _ in pairs}]
    assert (shown is not None) == (len(counts) >= 5 and 4 * max(counts) <= len(pairs))
    if shown:
        low, high = min(c for _, c in pairs), max(c for _, c in pairs)
        assert all(low - 12.5 <= float(text) * 100 <= high + 12.5 for text in shown.percentiles.values())

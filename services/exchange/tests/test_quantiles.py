"""Rule 6's arithmetic: percentiles, rounding, intervals, bands; by hand, by plain fractions, and by PostgreSQL itself."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from exchange.domain.quantiles import at_fraction, band, floored, order_statistics, raised, rounded
from exchange_rules import exact, plain_ranks
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

CENTS = st.integers(500, 25_000)


def scaled(values: list[int], numerator: int, denominator: int) -> int:
    return int(at_fraction(np.array(sorted(values), np.int64), numerator, denominator))


@pytest.mark.parametrize(
    ("percent", "cents"),
    [
        (10, "1540"),  # 0.1 * 4 = 0.4: 1500 + 0.4 * 100
        (25, "1600"),
        (50, "2000"),
        (75, "2750"),
        (90, "3500"),  # 0.9 * 4 = 3.6: 2750 + 0.6 * 1250
    ],
)
def test_percentiles_of_five_values_by_hand(percent: int, cents: str) -> None:
    assert Fraction(scaled([2750, 1500, 4000, 1600, 2000], percent, 100), 100) == Fraction(cents)


def test_a_percentile_of_one_value_and_of_equal_values() -> None:
    assert scaled([2701], 90, 100) == 270_100
    assert scaled([2701, 2701, 2701], 25, 100) == 270_100
    assert scaled([2700, 2701], 50, 100) == 270_050


@settings(deadline=None)
@given(st.lists(CENTS, min_size=1, max_size=80), st.sampled_from([10, 25, 50, 75, 90]))
def test_percentiles_are_exact(values: list[int], percent: int) -> None:
    assert Fraction(scaled(values, percent, 100), 100) == exact(values, percent, 100)


@settings(deadline=None)
@given(st.lists(CENTS, min_size=2, max_size=80), st.integers(2, 200), st.data())
def test_the_ends_of_intervals_are_exact(values: list[int], n: int, data: st.DataObject) -> None:
    rank = data.draw(st.integers(0, n - 1))
    assert Fraction(scaled(values, rank, n - 1), n - 1) == exact(values, rank, n - 1)


@pytest.mark.parametrize(
    ("scaled_cents", "nearest", "below", "above"),
    [
        (270_000, 2700, 2700, 2700),
        (271_249, 2700, 2700, 2725),  # 2712.49
        (271_250, 2725, 2700, 2725),  # half way: up
        (271_251, 2725, 2700, 2725),
        (272_499, 2725, 2700, 2725),
        (272_500, 2725, 2725, 2725),
        (50_000, 500, 500, 500),
    ],
)
def test_rounding_to_a_quarter_dollar(scaled_cents: int, nearest: int, below: int, above: int) -> None:
    assert rounded(scaled_cents, 100, 25) == nearest
    assert floored(scaled_cents, 100, 25) == below
    assert raised(scaled_cents, 100, 25) == above


@settings(deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 500), st.sampled_from([1, 25, 100, 5000]))
def test_rounding_is_the_plain_rule(scaled_cents: int, denominator: int, step: int) -> None:
    value = Fraction(scaled_cents, denominator)
    assert rounded(scaled_cents, denominator, step) == (value / step + Fraction(1, 2)).__floor__() * step
    assert floored(scaled_cents, denominator, step) == (value / step).__floor__() * step
    assert raised(scaled_cents, denominator, step) == (value / step).__ceil__() * step


@pytest.mark.parametrize(
    ("contributors", "index"), [(5, 0), (9, 0), (10, 1), (19, 1), (20, 2), (49, 2), (50, 3), (4000, 3)]
)
def test_bands(contributors: int, index: int) -> None:
    assert band(contributors) == index


@pytest.mark.parametrize(
    ("n", "percent", "ranks"),
    [
        # The textbook's intervals for a median with 95%.
        (10, 50, (2, 9)),
        (20, 50, (6, 15)),
        (50, 50, (18, 33)),
        (8, 50, None),
        (9, 50, (2, 8)),
        (10, 25, None),
        (20, 25, (2, 10)),
        (20, 10, None),
        (50, 10, None),
        (50, 25, (7, 20)),
        (50, 90, None),
        (100, 10, (5, 17)),
        (100, 90, (84, 96)),
        (1, 50, None),
    ],
)
def test_order_statistics_of_known_sizes(n: int, percent: int, ranks: tuple[int, int] | None) -> None:
    assert order_statistics(n, percent) == ranks


@pytest.mark.parametrize("percent", [10, 25, 50, 75, 90])
def test_order_statistics_are_the_definition_for_every_small_n(percent: int) -> None:
    assert [order_statistics(n, percent) for n in range(1, 131)] == [plain_ranks(n, percent) for n in range(1, 131)]


@settings(max_examples=40, deadline=None)
@given(st.integers(131, 1500), st.sampled_from([10, 25, 50, 75, 90]))
def test_order_statistics_are_the_definition_for_large_n(n: int, percent: int) -> None:
    assert order_statistics(n, percent) == plain_ranks(n, percent)


async def test_postgresql_computes_the_same_percentiles(postgres: Callable[..., str]) -> None:
    """What the rule names is PostgreSQL's own function: ask it, for two hundred cells of random sizes."""
    random = np.random.default_rng(20261123)
    cells = [random.integers(500, 25_000, size).tolist() for size in random.integers(1, 90, 200).tolist()]
    query = text(
        "SELECT (SELECT percentile_cont(ARRAY[0.1, 0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY v::float8)"
        " FROM unnest(CAST(:cents AS int[])) AS v)"
    )
    engine = create_async_engine(postgres("quantiles"))
    try:
        async with engine.connect() as connection:
            for cents in cells:
                theirs = (await connection.execute(query, {"cents": cents})).scalar_one()
                ours = [scaled(cents, percent, 100) / 100 for percent in (10, 25, 50, 75, 90)]
                assert theirs == pytest.approx(ours, rel=1e-12)
    finally:
        await engine.dispose()

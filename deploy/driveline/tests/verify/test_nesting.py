"""Rule 3 by example, k = 5: what one cell less another, or less several, would tell."""

from collections import Counter, defaultdict
from itertools import product

import pytest
from driveline.verify.lattice import wider
from driveline.verify.nesting import beside_wider, exceeding, finer, in_rounds, remaining, together
from hypothesis import given, settings
from hypothesis import strategies as st

from .hand_made import TECH_A, TECH_B, WHOLE, first, shops

K = 5


@pytest.mark.parametrize(("more", "held_back"), [(0, False), (1, True), (4, True), (5, False)])
def test_a_cell_is_held_back_when_a_wider_one_has_one_to_four_contributors_more(more: int, held_back: bool) -> None:
    counts = {WHOLE: first(6 + more), TECH_A: first(6)}
    assert beside_wider(counts, K) == ({TECH_A} if held_back else set())
    assert remaining(counts, K) == ({WHOLE} if held_back else {WHOLE, TECH_A})


@pytest.mark.parametrize(("more", "held_back"), [(0, False), (1, True), (4, True), (5, False)])
def test_a_contributor_with_more_entries_there_counts_like_one_who_is_only_there(more: int, held_back: bool) -> None:
    wide = first(6) | {f"s{number}": 2 for number in range(1, more + 1)}
    assert beside_wider({WHOLE: wide, TECH_A: first(6)}, K) == ({TECH_A} if held_back else set())


def test_those_with_more_and_those_only_there_are_counted_together() -> None:
    assert beside_wider({WHOLE: first(8) | shops(s1=2, s2=7), TECH_A: first(6)}, K) == {TECH_A}  # s1 s2 s7 s8
    assert beside_wider({WHOLE: first(8) | shops(s1=2, s2=7, s3=2), TECH_A: first(6)}, K) == set()


NARROW = "pay|metro:PA:23900|tech_a|independent_repair|y5_9|*"


@pytest.mark.parametrize(
    "wide",
    [
        "pay|metro:PA:23900|tech_a|independent_repair|*|*",
        "pay|metro:PA:23900|*|independent_repair|y5_9|*",
        "pay|metro:PA:23900|*|*|*|*",
        "pay|state:PA|tech_a|independent_repair|y5_9|*",
        "pay|division:Middle Atlantic|*|independent_repair|*|*",
        "pay|nation:US|*|*|*|*",
    ],
)
def test_wider_is_any_cell_with_every_filter_equal_or_wider(wide: str) -> None:
    assert beside_wider({wide: first(7), NARROW: first(6)}, K) == {NARROW}


@pytest.mark.parametrize(
    "other",
    [
        "pay|metro:PA:37980|*|*|*|*",
        "pay|state:NJ|*|*|*|*",
        "pay|metro:PA:23900|tech_b|*|*|*",
        "pay|metro:PA:23900|*|*|*|plan=hourly",
        "pay|state:PA|tech_a|quick_lube|y5_9|*",
        "technician-pay|nation:US|*|*|*|*",
    ],
)
def test_a_cell_that_is_not_wider_tells_nothing(other: str) -> None:
    assert beside_wider({other: first(7), NARROW: first(6)}, K) == set()


def test_a_cell_with_a_plan_has_wider_ones_with_that_plan_and_with_none() -> None:
    narrow = "pay|state:PA|tech_a|*|*|plan=hourly"
    for wide in ("pay|state:PA|*|*|*|plan=hourly", "pay|nation:US|tech_a|*|*|plan=hourly", TECH_A, WHOLE):
        assert beside_wider({wide: first(7), narrow: first(6)}, K) == {narrow}


def test_a_cell_that_is_held_back_itself_still_counts_as_the_wider_one() -> None:
    nation, state, metro = "pay|nation:US|*|*|*|*", "pay|state:PA|*|*|*|*", "pay|metro:PA:23900|*|*|*|*"
    counts = {nation: first(10), state: first(8), metro: first(5)}
    assert beside_wider({nation: first(10), metro: first(5)}, K) == set()
    assert beside_wider(counts, K) == {state, metro}


FINER = {
    "geography": (WHOLE, "pay|metro:PA:23900|*|*|*|*", "pay|metro:PA:37980|*|*|*|*"),
    "role": (WHOLE, TECH_A, TECH_B),
    "role, where a plan is given": (
        "pay|state:PA|*|*|*|plan=hourly",
        "pay|state:PA|tech_a|*|*|plan=hourly",
        "pay|state:PA|tech_b|*|*|plan=hourly",
    ),
    "shop type": (WHOLE, "pay|state:PA|*|independent_repair|*|*", "pay|state:PA|*|quick_lube|*|*"),
    "experience": (
        "pay|state:PA|tech_a|quick_lube|*|*",
        "pay|state:PA|tech_a|quick_lube|y2_4|*",
        "pay|state:PA|tech_a|quick_lube|y5_9|*",
    ),
    "plan": (WHOLE, "pay|state:PA|*|*|*|plan=flat_rate", "pay|state:PA|*|*|*|plan=hourly"),
    "size": (TECH_A, "pay|state:PA|tech_a|*|*|size=1_2", "pay|state:PA|tech_a|*|*|size=3_5"),
    "credential level": (
        WHOLE,
        "pay|state:PA|*|*|*|credential_level=master",
        "pay|state:PA|*|*|*|credential_level=none",
    ),
    "geography from the nation to a division and to Puerto Rico, which has none": (
        "pay|nation:US|*|*|*|*",
        "pay|division:Middle Atlantic|*|*|*|*",
        "pay|state:PR|*|*|*|*",
    ),
}


@pytest.mark.parametrize("cells", FINER.values(), ids=FINER)
def test_the_finer_cells_along_every_filter_are_taken_together(cells: tuple[str, str, str]) -> None:
    wide, more, fewer = cells
    counts = {wide: first(12), more: first(6), fewer: shops(7, 8, 9, 10, 11)}
    assert beside_wider(counts, K) == set()
    assert remaining(counts, K) == {wide, more}


@pytest.mark.parametrize(
    "cells",
    [
        (WHOLE, TECH_A, "pay|state:PA|*|quick_lube|*|*"),  # along two filters
        (WHOLE, "pay|state:PA|*|*|*|plan=hourly", "pay|state:PA|*|*|*|size=3_5"),
        ("pay|nation:US|*|*|*|*", "pay|state:PA|*|*|*|*", "pay|state:NJ|*|*|*|*"),  # two steps finer
        (WHOLE, "pay|metro:PA:37980|*|*|*|*", "pay|metro:NJ:37980|*|*|*|*"),  # one metro, but in two states
        (WHOLE, "pay|state:PA|tech_a|*|y2_4|*", "pay|state:PA|tech_b|*|y2_4|*"),
    ],
)
def test_cells_that_are_not_finer_by_one_step_along_one_filter_are_not(cells: tuple[str, str, str]) -> None:
    wide, more, fewer = cells
    assert remaining({wide: first(12), more: first(6), fewer: shops(7, 8, 9, 10, 11)}, K) == set(cells)


@pytest.mark.parametrize(("left", "held_back"), [(0, False), (1, True), (4, True), (5, False)])
def test_the_finer_cell_with_the_fewest_goes_when_one_to_four_are_in_none_of_them(left: int, held_back: bool) -> None:
    counts = {WHOLE: first(11 + left), TECH_A: first(5), TECH_B: shops(6, 7, 8, 9, 10, 11)}
    assert remaining(counts, K) == {WHOLE, TECH_B} | (set() if held_back else {TECH_A})


def test_entries_in_all_finer_cells_are_added_up() -> None:
    a, b = first(6), shops(1, 7, 8, 9, 10)
    assert remaining({WHOLE: first(10) | {"s1": 2}, TECH_A: a, TECH_B: b}, K) == {WHOLE, TECH_A, TECH_B}
    assert remaining({WHOLE: first(10) | {"s1": 3}, TECH_A: a, TECH_B: b}, K) == {WHOLE, TECH_A}


def test_of_two_with_equally_few_the_one_with_the_smallest_key_goes() -> None:
    counts = {WHOLE: first(11), TECH_B: first(5), TECH_A: shops(6, 7, 8, 9, 10)}
    assert remaining(counts, K) == {WHOLE, TECH_B}


def test_fewest_is_said_of_contributors_not_of_entries() -> None:
    counts = {WHOLE: first(12) | {"s7": 9}, TECH_A: first(6), TECH_B: shops(8, 9, 10, 11, s7=9)}
    assert remaining(counts, K) == {WHOLE, TECH_A}


def test_a_cell_without_a_shown_finer_one_is_let_be() -> None:
    assert remaining({WHOLE: first(6)}, K) == {WHOLE}


def test_finer_cells_are_held_to_shown_cells_only() -> None:
    # the state is held back beside the nation, so that its roles need not add up to it
    nation = "pay|nation:US|*|*|*|*"
    counts = {nation: first(20), WHOLE: first(16), TECH_A: first(7), TECH_B: shops(8, 9, 10, 11, 12, 13, 14, 15)}
    assert remaining(counts, K) == {nation, TECH_A, TECH_B}
    assert remaining({cell: counts[cell] for cell in (WHOLE, TECH_A, TECH_B)}, K) == {WHOLE, TECH_B}


def test_a_round_judges_all_on_its_start_and_holds_back_all_at_once() -> None:
    both, repair_b = "pay|state:PA|tech_a|independent_repair|*|*", "pay|state:PA|tech_b|independent_repair|*|*"
    lube_a, repair = "pay|state:PA|tech_a|quick_lube|*|*", "pay|state:PA|*|independent_repair|*|*"
    counts = {
        both: shops(1, 2, 3, 4, 5, 6),
        repair_b: shops(11, 12, 13, 14, 15, 16, 17),
        repair: shops(1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16, 17, 18),  # 18 is in neither: `both` goes
        lube_a: shops(21, 22, 23, 24, 25),
        TECH_A: shops(
            1, 2, 3, 4, 5, 6, 21, 22, 23, 24, 25, 26
        ),  # 26 is in neither: `lube_a` goes, though `both` does too
    }
    assert remaining(counts, K) == {repair_b, repair, TECH_A}


def test_rounds_go_on_until_nothing_changes() -> None:
    # One contributor is in none of the finer cells, then two, then four. Rule 2 lets no such small cells in: see below.
    finer_cells = {TECH_A: shops(1), TECH_B: shops(2, 3), "pay|state:PA|tech_c|*|*|*": shops(4, 5, 6, 7)}
    counts = {WHOLE: first(8), **finer_cells}
    assert in_rounds(counts, set(counts), K) == {WHOLE}
    assert in_rounds({**counts, WHOLE: first(12)}, set(counts), K) == set(counts)


MARKETS = st.lists(
    st.tuples(st.integers(1, 12), st.sampled_from("abc"), st.sampled_from(["y0_1", "y2_4"]), st.sampled_from("pq")),
    min_size=12,
    max_size=60,
)


def qualifying(market: list[tuple[int, str, str, str]], k: int) -> dict[str, Counter[str]]:
    """Two metros, three roles, two experiences, with everything above them."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for shop, role, experience, metro in market:
        for place in ("state:PA", "metro:PA:23900" if metro == "p" else "metro:PA:37980"):
            for cell in product([place], {role, "*"}, {experience, "*"}):
                counts["pay|{}|{}|*|{}|*".format(*cell)][f"s{shop}"] += 1
    return {cell: by_shop for cell, by_shop in counts.items() if len(by_shop) >= k}


@settings(deadline=None)
@given(MARKETS, st.integers(2, 4))
def test_what_is_shown_tells_nothing_by_any_difference(market: list[tuple[int, str, str, str]], k: int) -> None:
    counts = qualifying(market, k)
    shown = remaining(counts, k)
    for cell in shown:
        for wide in shown & set(wider(cell)):
            assert not 1 <= exceeding(counts[wide], counts[cell]) < k
    for (wide, _), cells in finer(shown).items():
        assert not 1 <= exceeding(counts[wide], together(counts[cell] for cell in cells)) < k


@settings(deadline=None)
@given(MARKETS, st.integers(2, 4))
def test_where_all_cells_qualify_one_round_is_enough(market: list[tuple[int, str, str, str]], k: int) -> None:
    # Whoever is in a cell that was held back is then in none of the others: k contributors at least.
    counts = qualifying(market, k)
    start = set(counts) - beside_wider(counts, k)
    held_back = {
        min(cells, key=lambda cell: (len(counts[cell]), cell))
        for (wide, _), cells in finer(start).items()
        if 1 <= exceeding(counts[wide], together(counts[cell] for cell in cells)) < k
    }
    assert remaining(counts, k) == start - held_back

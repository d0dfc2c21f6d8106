"""Rules 2 and 6: which cells may be shown, and what is shown of them, by hand and against a plain recomputation."""

from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
from exchange.domain.cell_book import Census
from exchange.domain.disclosure import Figures, figures, join, qualifying
from exchange.domain.lattice import Geography
from exchange.domain.policy import POLICIES, Policy
from exchange_rules import Entry, contents, exact, plain_ranks
from hypothesis import given, settings
from hypothesis import strategies as st

PAY = POLICIES["pay-2026"]
KEY = 42


def census(*counted: tuple[int, int, int]) -> Census:
    """(contributors, entries, largest) of cells 1, 2, ..."""
    columns = np.array(counted, np.int32).reshape(-1, 3)
    return Census(np.arange(1, len(counted) + 1), columns[:, 0], columns[:, 1], columns[:, 2])


def shown(entries: list[Entry], policy: Policy = PAY, shards: int = 3) -> Figures:
    """Figures of one cell whose contributors are spread over several shards."""
    parts = [contents([entry for entry in entries if entry[0] % shards == n]) for n in range(shards)]
    (found,) = figures(parts, policy)
    return found


def allowed_of(counted: Census) -> list[int]:
    """The keys that rule 2 allows; so small, they are all of the nation."""
    keys: list[int] = qualifying(counted, PAY, Geography([])).keys.tolist()
    return keys


def one_each(*cents: int) -> list[Entry]:
    return list(enumerate(cents))


@pytest.mark.parametrize(
    ("contributors", "entries", "largest", "allowed"),
    [
        (4, 40, 10, False),
        (5, 5, 1, True),
        (5, 8, 2, True),  # exactly 25%
        (5, 7, 2, False),  # 28.6%
        (5, 12, 3, True),
        (5, 11, 3, False),
        (1000, 1001, 250, True),
        (1000, 1000, 251, False),
        (5, 2_000_000_000, 500_000_000, True),
        (5, 2_000_000_000, 500_000_001, False),
    ],
)
def test_rule_2(contributors: int, entries: int, largest: int, allowed: bool) -> None:
    assert allowed_of(join([census((contributors, entries, largest))])) == ([1] if allowed else [])


def test_shards_together_count_what_each_counts() -> None:
    one = Census(np.array([3, 7]), np.array([2, 1]), np.array([4, 1]), np.array([3, 1]))
    two = Census(np.array([1, 7]), np.array([5, 4]), np.array([5, 4]), np.array([1, 1]))
    none = Census(np.array([], np.int64), *(np.array([], np.int32) for _ in range(3)))
    joined = join([one, none, two])
    assert joined.keys.tolist() == [1, 3, 7]
    assert joined.contributors.tolist() == [5, 2, 5]
    assert joined.entries.tolist() == [5, 4, 5]
    assert joined.largest.tolist() == [1, 3, 1]
    assert allowed_of(joined) == [1, 7]
    assert allowed_of(join([none])) == []


def test_five_contributors_show_the_median_alone() -> None:
    found = shown(one_each(2000, 2650, 2712, 2800, 3000))
    assert found == Figures({"p50": 2700}, {}, "5_9")
    assert shown(one_each(2000, 2650, 2713, 2800, 3000)).percentiles == {"p50": 2725}
    # Between 2712 and 2713 the exact median is 2712.5: half way between 2700 and 2725, so up.
    assert shown(one_each(2000, 2100, 2712, 2713, 3000, 3100)).percentiles == {"p50": 2725}


def test_ten_contributors_show_quartiles_and_the_medians_interval() -> None:
    # 2000, 2100 .. 2900; p25 at 2.25 = 2225, p50 = 2450, p75 = 2675; ranks 2 and 9 of 10: 2100 and 2800.
    found = shown(one_each(*range(2000, 3000, 100)))
    assert found == Figures({"p25": 2225, "p50": 2450, "p75": 2675}, {"p50": (2100, 2800)}, "10_19")
    # One cent beside them and the ends are rounded outward, the quartiles to the nearest.
    found = shown(one_each(*range(2001, 3001, 100)))
    assert found == Figures({"p25": 2225, "p50": 2450, "p75": 2675}, {"p50": (2100, 2825)}, "10_19")


def test_twenty_contributors_show_p10_and_p90_and_the_quartiles_intervals() -> None:
    found = shown(one_each(*range(1000, 3000, 100)))
    assert found.contributors == "20_49"
    # At 1.9 lies 1190; nobody but two is at or below it: with fewer than 3, p10 would tell on them. p90 likewise.
    assert found.percentiles == {"p25": 1475, "p50": 1950, "p75": 2425}
    # Medians' ranks 6 and 15; quartiles' ranks (2, 10) and, mirrored, (11, 19), which is n - 1.
    assert found.intervals["p50"] == (1500, 2400)
    assert found.intervals["p25"] == (1100, 1900)
    assert set(found.intervals) == {"p25", "p50", "p75"}

    low = one_each(1000, 1000, 1000, *range(1300, 3000, 100))
    assert shown(low).percentiles["p10"] == 1000
    assert "p90" not in shown(low).percentiles


def test_p10_counts_contributors_not_entries() -> None:
    """Three entries lie at or below p10, but one contributor gave two of them."""
    others = [(n, 2000 + n) for n in range(3, 21)]
    # 21 entries, so p10 is the third of them.
    assert "p10" not in shown([(0, 1000), (0, 1000), (1, 1000), *others]).percentiles
    assert shown([(0, 1000), (2, 1000), (1, 1000), *others]).percentiles["p10"] == 1000
    # Its lowest entry is what counts of a contributor, its highest for p90.
    high = [(0, 9000), (0, 1000), (1, 9000), (2, 9000), *others[:-1]]
    assert shown(high).percentiles["p90"] == 9000


def test_fifty_contributors_show_everything_that_the_ranks_allow() -> None:
    found = shown(one_each(*(2000 + 10 * (n // 5) for n in range(100))))
    assert found.contributors == "50_plus"
    assert set(found.percentiles) == {"p10", "p25", "p50", "p75", "p90"}
    # n = 100: p10 ranks 5 and 17, that is entries 4 and 16: 2000 and 2030; p90 ranks 84 and 96: 2160 and 2190.
    assert found.intervals["p10"] == (2000, 2050)
    assert found.intervals["p90"] == (2150, 2200)


def test_entries_of_one_contributor_make_the_effective_number_smaller() -> None:
    """Ten contributors, one with 10 entries of 19: (sum e)^2 / sum e^2 = 361/109, so n = 3 and no interval."""
    entries = [(0, 2000 + n) for n in range(10)] + [(n, 2500) for n in range(1, 10)]
    found = shown(entries)
    assert (found.contributors, found.intervals) == ("10_19", {})
    assert shown([(n, 2500) for n in range(10)]).intervals == {"p50": (2500, 2500)}


def test_a_cell_is_found_among_others_and_in_whatever_shard() -> None:
    filled = one_each(2000, 2000, 2000, 2000, 2000)
    first = contents(filled, one_each(2000, 2100, 2200), filled)
    second = contents([(7, 5000)], [(8, 2300), (9, 2400)], [])
    assert list(figures([first, second], PAY))[1] == Figures({"p50": 2200}, {}, "5_9")


ENTRIES = st.lists(
    st.tuples(st.integers(0, 69), st.one_of(st.integers(500, 25_000), st.sampled_from([2000, 2012, 2013, 2025]))),
    min_size=5,
    max_size=220,
)


def plainly(entries: list[Entry], policy: Policy) -> Figures:
    """Rule 6 in fractions, word by word."""
    by: dict[int, list[int]] = defaultdict(list)
    for contributor, cents in entries:
        by[contributor].append(cents)
    values = [cents for _, cents in entries]
    count = len(by)
    which = "5_9" if count < 10 else "10_19" if count < 20 else "20_49" if count < 50 else "50_plus"
    asked = {"5_9": [50], "10_19": [25, 50, 75]}.get(which, [10, 25, 50, 75, 90])
    spans = {"5_9": [], "10_19": [50], "20_49": [25, 50, 75], "50_plus": [10, 25, 50, 75, 90]}[which]
    step = policy.rounding
    percentiles: dict[str, int] = {}
    intervals: dict[str, tuple[int, int]] = {}
    n = sum(len(e) for e in by.values()) ** 2 // sum(len(e) ** 2 for e in by.values())
    for q in asked:
        value = exact(values, q, 100)
        if q == 10 and sum(any(cents <= value for cents in e) for e in by.values()) < 3:
            continue
        if q == 90 and sum(any(cents >= value for cents in e) for e in by.values()) < 3:
            continue
        percentiles[f"p{q}"] = (value / step + Fraction(1, 2)).__floor__() * step
        ranks = plain_ranks(n, q) if q in spans else None
        if ranks is not None:
            low, high = (exact(values, rank - 1, n - 1) for rank in ranks)
            intervals[f"p{q}"] = (low / step).__floor__() * step, (high / step).__ceil__() * step
    return Figures(percentiles, intervals, which)


@settings(max_examples=300, deadline=None)
@given(ENTRIES.filter(lambda entries: len({who for who, _ in entries}) >= 5), st.integers(1, 4))
def test_what_is_shown_is_the_plain_recomputation(entries: list[Entry], shards: int) -> None:
    assert shown(entries, shards=shards) == plainly(entries, PAY)

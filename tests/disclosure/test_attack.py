"""A curious member attacks seeded markets, by the letter of what a member knows, and told more than any member knows.

What each of the attackers knows, what winning means and what 1,000 markets say is in
docs/decisions/0510-what-a-curious-member-may-not-learn.md and 0530; here it is a sample of them.
"""

import os
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from .attack_bounds import HIGHEST, LOWEST, Told
from .attack_curious import Contents, Curious
from .attack_exchange import Exchange
from .attack_game import play
from .attack_history import History, answered
from .attack_learning import ATTACKERS, CERTAIN, LETTER, Pairs, both, presence, told_on
from .attack_market import FIRST_DAY, QUARTER, TARGET, Entry, Said
from .attack_measures import GUARDED, RULES, STRICTER

# A longer run: DRIVELINE_ATTACK_MARKETS=1000 .venv/bin/pytest tests/disclosure/test_attack.py
MARKETS = int(os.environ.get("DRIVELINE_ATTACK_MARKETS", "40"))

pytestmark = pytest.mark.timeout(0 if MARKETS > 40 else 900)

IN_METRO, IN_THE_COUNTRY = 10001, 13326  # of the state of New York
OLD_BESIDE_NEW = 369  # the one market of 1,000 in which that is enough for one who is told where and how many


@pytest.fixture(scope="module")
def judged() -> Pairs:
    return both(range(MARKETS), rules=(*RULES, STRICTER, GUARDED))


@pytest.mark.parametrize("rules", [*RULES, STRICTER])
def test_by_the_letter_no_value_is_known_for_a_stranger_may_have_said_it_with_the_same_answers(rules: str) -> None:
    for seed in range(5):
        history = History.of(seed)
        assert answered(history.by_a_stranger(), rules) == answered(history, rules)


@pytest.mark.parametrize("rules", ["all", STRICTER, GUARDED])
def test_by_all_rules_no_entry_is_bounded_within_a_dollar(rules: str, judged: Pairs) -> None:
    present = [with_target for _, with_target in judged]
    assert not any(played.won_uncounted(rules) for played in present)
    assert [seed for seed, played in enumerate(present) if played.won(rules) and seed != OLD_BESIDE_NEW] == []


def test_an_old_version_beside_a_new_one_is_enough_for_one_who_is_told_where_they_differ_and_how_many_they_count() -> (
    None
):
    played = play(OLD_BESIDE_NEW, ("all", STRICTER))
    assert (played.won("all"), played.won_uncounted("all"), played.won(STRICTER)) == (True, False, False)


def test_what_every_possible_count_says_may_be_enough_without_rule_4() -> None:
    assert play(3, ("without change",)).won_uncounted("without change")


@pytest.mark.parametrize("rules", RULES[1:])
def test_without_one_rule_one_who_is_told_where_and_how_many_wins_in_one_market_of_twenty(
    rules: str, judged: Pairs
) -> None:
    assert sum(with_target.won(rules) for _, with_target in judged) >= 0.05 * MARKETS


@pytest.mark.parametrize("rules", [*RULES, STRICTER, GUARDED])
def test_bounds_hold_what_was_said(rules: str, judged: Pairs) -> None:
    assert not any(played.mistaken(rules) for _, played in judged)


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_by_all_rules_presence_is_told_in_no_more_than_three_of_four(attacker: str, judged: Pairs) -> None:
    assert presence("all", judged, attacker).right <= CERTAIN


@pytest.mark.parametrize("attacker", ATTACKERS)
@pytest.mark.parametrize("rules", RULES[1:])
def test_without_one_rule_presence_is_told_better(rules: str, attacker: str, judged: Pairs) -> None:
    by_all, without = presence("all", judged, attacker), presence(rules, judged, attacker)
    assert without.certain > by_all.certain


def test_by_the_letter_presence_is_seldom_more_than_three_of_four_certain_but_where_a_rule_is_off(
    judged: Pairs,
) -> None:
    found = presence("all", judged, LETTER)
    by_all = found.certain
    assert by_all <= 0.05  # mostly that it is not there: what tells on nobody
    assert found.there <= 0.0125
    for rules in RULES[1:]:
        without = presence(rules, judged, LETTER)
        assert (without.certain >= 2 * by_all, without.right_when_certain >= CERTAIN) == (True, True)


def test_by_presence_or_value_it_wins_nowhere_where_k_is_higher_in_few_markets_by_all_rules_and_in_one_of_twenty_without_one(
    judged: Pairs,
) -> None:
    assert told_on(GUARDED, judged) == set()
    assert len(told_on(STRICTER, judged)) <= 0.005 * MARKETS
    assert len(told_on("all", judged)) <= 0.025 * MARKETS
    for rules in RULES[1:]:
        assert len(told_on(rules, judged)) >= 0.05 * MARKETS


@pytest.mark.parametrize(("rules", "told"), [("all", {2000}), (STRICTER, set())])
def test_a_stricter_policy_shows_nothing_new_that_differs_by_one_from_what_stays(rules: str, told: set[int]) -> None:
    """Six shops of a state, five of them of its metro; the sixth leaves, and the metro would be shown for the first time."""
    said = joins([IN_THE_COUNTRY] + [IN_METRO] * 5), Said(FIRST_DAY + QUARTER, left=[TARGET])
    assert {said.value for said in after(*said, rules=rules).bounds()} == told


def test_nothing_is_told_of_an_entry_that_every_version_counts() -> None:
    seen = after(joins([IN_METRO] * 6), Said(FIRST_DAY + QUARTER))
    assert seen.bounds() == {}


def test_a_median_that_moves_between_known_entries_tells_what_was_added() -> None:
    # Five others: quarters at 20.00, 22.00 and 24.00. With one more the median is 22.50: 22.00 and about 23.00.
    told = Told(
        np.array([5]), np.array([[True], [True]]), np.zeros(0), np.array([0, 0]), np.array([False, True]),
        np.array([0, 0, 0, 1]), np.array([1.0, 2.0, 3.0, 2.5]),
        np.array([1987.5, 2187.5, 2387.5, 2237.5]), np.array([2012.5, 2212.5, 2412.5, 2262.5]),
    )  # fmt: skip
    assert told.narrowed((LOWEST, HIGHEST)) == pytest.approx((2262.5, 2337.5), abs=15)


def joins(zips: Sequence[int]) -> Said:
    """Shops join, each with a position of its own: the target first, nobody is the curious one."""
    said = Said(FIRST_DAY)
    for number, zip_ in enumerate(zips):
        shop = number + (number > 0)
        said.joined.append(shop)
        day = FIRST_DAY - timedelta(days=90)
        said.stated.append(Entry(number, shop, zip_, 5, 0, 2, 0, 0, 0, 2000 + 200 * number, day))
    return said


def after(*quarters: Said, rules: str = "all") -> Curious:
    """What is seen by these rules when this is said, a release after each."""
    exchange, seen = Exchange(rules=(rules,)), Curious()
    contents: dict[int, Contents] = {}
    standing: dict[int, Entry] = {}
    for said in quarters:
        standing |= {entry.number: entry for entry in said.stated}
        standing = {number: entry for number, entry in standing.items() if entry.shop not in said.left}
        exchange.collect(said)
        exchange.release(said.day)
        contents[exchange.number] = Contents(list(standing.values()))
        seen.look(exchange.answers[rules].shown, contents)
    return seen

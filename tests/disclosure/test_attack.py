"""A curious member attacks seeded markets: it wins in none by a policy that guards old versions, in hardly one by the rules
as written, and as soon as one of these is off.

The rules as written leave older versions beside new ones, and with them 1 market of 1,000 to an attacker who is told more
than any member knows. What winning means, and what the curious member is told beyond what any member knows, is in
docs/decisions/0510-what-a-curious-member-may-not-learn.md.
"""

import os
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from .attack_bounds import HIGHEST, LOWEST, Told
from .attack_curious import Contents, Curious
from .attack_exchange import RULES, STRICTER, Exchange
from .attack_game import Played, play
from .attack_market import FIRST_DAY, QUARTER, TARGET, Entry, Said
from .attack_report import CERTAIN, ELSEWHERE, both, presence

# A longer run: DRIVELINE_ATTACK_MARKETS=5000 .venv/bin/pytest tests/disclosure/test_attack.py
MARKETS = int(os.environ.get("DRIVELINE_ATTACK_MARKETS", "1000"))
PAIRS = 60  # markets played without and with the target, under every set of rules
Pairs = list[tuple[Played, Played]]

IN_METRO, IN_THE_COUNTRY = 10001, 13326  # of the state of New York
OLD_BESIDE_NEW = 369  # the one market of 1,000 in which that is enough


@pytest.fixture(scope="module")
def judged() -> Pairs:
    return both(range(PAIRS))


@pytest.fixture(scope="module")
def learning() -> Pairs:
    return both(range(ELSEWHERE, ELSEWHERE + PAIRS))


@pytest.mark.timeout(0 if MARKETS > 1000 else 900)
def test_by_the_stricter_policy_no_entry_is_bounded_within_a_dollar() -> None:
    assert [seed for seed in range(MARKETS) if play(seed, (STRICTER,)).won(STRICTER)] == []


def test_by_the_rules_as_written_an_old_version_beside_a_new_one_may_be_enough() -> None:
    played = play(OLD_BESIDE_NEW, ("all", STRICTER))
    assert (played.won("all"), played.won(STRICTER)) == (True, False)


@pytest.mark.timeout(900)
def test_by_the_rules_as_written_no_other_entry_is_bounded_within_a_dollar(judged: Pairs) -> None:
    assert not any(with_target.won("all") for _, with_target in judged)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("rules", RULES[1:])
def test_without_one_rule_an_entry_is_bounded_within_a_dollar_in_one_market_of_twenty(
    rules: str, judged: Pairs
) -> None:
    won = [with_target.won(rules) for _, with_target in judged]
    assert sum(won) >= 0.05 * PAIRS


@pytest.mark.timeout(900)
@pytest.mark.parametrize("rules", RULES)
def test_bounds_hold_what_was_said(rules: str, judged: Pairs) -> None:
    assert not any(played.mistaken(rules) for _, played in judged)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("knows_when", [False, True])
def test_by_all_rules_presence_is_told_in_no_more_than_three_of_four(
    knows_when: bool, judged: Pairs, learning: Pairs
) -> None:
    assert presence("all", learning, judged, knows_when).right <= CERTAIN


@pytest.mark.timeout(900)
@pytest.mark.parametrize("rules", RULES[1:])
def test_without_one_rule_presence_is_told_better(rules: str, judged: Pairs, learning: Pairs) -> None:
    by_all = presence("all", learning, judged, knows_when=True)
    assert presence(rules, learning, judged, knows_when=True).right > by_all.right


@pytest.mark.parametrize(("rules", "told"), [("all", {2000}), (STRICTER, set())])
def test_a_stricter_policy_shows_nothing_new_that_differs_by_one_from_what_stays(rules: str, told: set[int]) -> None:
    """Six shops of a state, five of them of its metro; the sixth leaves, and the metro would be shown for the first time."""
    said = joins([IN_THE_COUNTRY] + [IN_METRO] * 5), Said(FIRST_DAY + QUARTER, left=[TARGET])
    assert set(after(*said, rules=rules).bounds()) == told


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
        seen.look(exchange.answers[rules], contents)
    return seen

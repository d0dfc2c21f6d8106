"""A curious member attacks benefits and labor rates, alone and beside pay, in a sample of the markets of decision 0535."""

import os
from collections.abc import Mapping, Sequence

import pytest
from exchange.domain.offering import NOT_GIVEN, NOT_OFFERED, OFFERED

from .attack_alongside import Alongside, market_of
from .attack_curious import Contents, Curious, mark
from .attack_exchange import Exchange
from .attack_game import play
from .attack_history import History, answered
from .attack_learning import ATTACKERS, CERTAIN, TOGETHER, Pairs, beside, both, presence, told_on
from .attack_market import FIRST_DAY, QUARTER, QUARTERS, TARGET, Entry, Market, Said
from .attack_measures import BENEFITS, GUARDED, LABOR_RATES, MEASURES, RULES, STRICTER
from .attack_offers import EITHER, Possible, possible, shares

# A longer run: DRIVELINE_ATTACK_MARKETS=1000 .venv/bin/pytest tests/disclosure/test_attack_measures.py
MARKETS = int(os.environ.get("DRIVELINE_ATTACK_MARKETS", "12"))

pytestmark = pytest.mark.timeout(0 if MARKETS > 12 else 900)

IN_METRO, IN_THE_COUNTRY = 10001, 13326  # of the state of New York
UNIFORMS, DAYS_OFF, TOOLS = 9, 3, 7
OTHERS = [BENEFITS.name, LABOR_RATES.name]


@pytest.fixture(scope="module")
def judged() -> Mapping[str, Pairs]:
    return {measure: both(range(MARKETS), rules=(*RULES, STRICTER, GUARDED), measure=measure) for measure in OTHERS}


@pytest.mark.parametrize("measure", OTHERS)
def test_who_joins_and_leaves_is_the_markets_and_what_others_say_does_not_hang_on_the_target(measure: str) -> None:
    of_pay, without, having = Market(4), market_of(measure, 4, with_target=False), market_of(measure, 4)
    for _ in range(QUARTERS):
        for pay, absent, present in zip(*(both_of(one) for one in (of_pay, without, having)), strict=True):
            assert (present.joined, present.left) == (pay.joined, pay.left)
            others = [(one.shop, one.subject, one.value) for one in present.stated if one.shop != TARGET]
            assert [(one.shop, one.subject, one.value) for one in absent.stated] == others


@pytest.mark.parametrize("measure", OTHERS)
@pytest.mark.parametrize("rules", [*RULES, STRICTER])
def test_by_the_letter_nothing_is_known_for_a_stranger_may_have_said_it(rules: str, measure: str) -> None:
    history = History.of(1, measure=measure)
    assert answered(history.by_a_stranger(), rules, measure) == answered(history, rules, measure)


@pytest.mark.parametrize("measure", OTHERS)
@pytest.mark.parametrize("rules", [*RULES, STRICTER, GUARDED])
def test_what_is_claimed_was_said(rules: str, measure: str, judged: Mapping[str, Pairs]) -> None:
    assert not any(one.mistaken(rules) for pair in judged[measure] for one in pair)


def test_under_the_guarded_line_nothing_is_known_by_subtraction_or_by_one_version_nor_who_is_there(
    judged: Mapping[str, Pairs],
) -> None:
    """Neither an answer nor an amount nor a rate by subtraction, told as much as any of them; nor by the letter who is there."""
    for measure in OTHERS:
        assert told_on(GUARDED, judged[measure], measure) == set()
        assert not any(one.unanimous(GUARDED) or one.won_uncounted(GUARDED) for _, one in judged[measure])


@pytest.mark.parametrize("rules", ["all", STRICTER, GUARDED])
def test_no_labor_rate_is_bounded_within_a_dollar(rules: str, judged: Mapping[str, Pairs]) -> None:
    assert not any(one.won(rules) for _, one in judged[LABOR_RATES.name])


def test_no_answer_to_a_benefit_is_subtracted_where_old_versions_are_guarded_and_many_are_without_a_rule(
    judged: Mapping[str, Pairs],
) -> None:
    def subtracted(rules: str) -> int:
        return sum(one.subtracted(rules, counted=False) for _, one in judged[BENEFITS.name])

    assert subtracted(STRICTER) == 0
    for rules in RULES[1:]:
        assert subtracted(rules) >= max(0.05 * MARKETS, 1 + subtracted("all"))


@pytest.mark.parametrize("attacker", ATTACKERS)
@pytest.mark.parametrize("measure", OTHERS)
def test_by_all_rules_presence_is_told_in_no_more_than_three_of_four(
    measure: str, attacker: str, judged: Mapping[str, Pairs]
) -> None:
    assert presence("all", judged[measure], attacker, measure).right <= CERTAIN


def test_all_measures_together_are_judged_side_by_side() -> None:
    side_by_side = beside({measure: both(range(2), rules=("all",), measure=measure) for measure in MEASURES})
    assert len(side_by_side[0][0].throughout["all"]) == 3 * 28
    assert 0 <= presence("all", side_by_side, ATTACKERS[0], TOGETHER).right <= 1


def test_where_five_of_five_offer_who_knows_that_a_shop_is_one_of_them_knows_that_it_offers() -> None:
    answers = of_target(asked([(IN_METRO, OFFERED)] * 5))
    assert answers.by_one == {True}


def test_where_ten_of_ten_offer_the_guarded_line_tells_nobodys_answer() -> None:
    assert of_target(asked([(IN_METRO, OFFERED)] * 10)).by_one == {True}
    assert of_target(asked([(IN_METRO, OFFERED)] * 10), rules=GUARDED).by_one == EITHER


def test_what_a_finer_cell_leaves_of_a_wider_one_may_be_of_one_mind_too() -> None:
    """Five of the country offer, five of the metro do not: half of the state, and nobody in the metro."""
    answers = of_target(asked([(IN_THE_COUNTRY, OFFERED)] * 5 + [(IN_METRO, NOT_OFFERED)] * 5))
    assert (answers.by_one, answers.where, answers.between) == (EITHER, EITHER, frozenset({True}))


@pytest.mark.parametrize(("rules", "left"), [("all", frozenset({False})), (STRICTER, EITHER)])
def test_an_old_version_beside_a_new_one_tells_an_answer(rules: str, left: frozenset[bool]) -> None:
    """Six shops of a state, five of them of its metro; the sixth leaves, and the metro, where all offer, is shown at last."""
    said = asked([(IN_THE_COUNTRY, NOT_OFFERED)] + [(IN_METRO, OFFERED)] * 5), Said(FIRST_DAY + QUARTER, left=[TARGET])
    answers = of_target(*said, rules=rules)
    assert (answers.by_one, answers.where, answers.counted) == (EITHER, left, left)


def test_two_that_swap_their_answers_are_not_nobody_who_changed() -> None:
    swapped = [(one, other) for one in range(1, 40) for other in range(one + 1, 40)
               if mark(one, 0) + mark(other, 1) == mark(one, 1) + mark(other, 0)]  # fmt: skip
    assert swapped == []


def test_shares_are_the_exchanges() -> None:
    few = [NOT_GIVEN] * 4
    assert shares(5, BENEFITS.policy).tolist() == [0, *few, 100_00]
    assert shares(12, BENEFITS.policy).tolist() == [0, *few, 40_00, 50_00, 60_00, *few, 100_00]


def test_a_number_of_days_is_known_where_one_whole_day_is_left_and_dollars_within_a_dollar() -> None:
    days, dollars = BENEFITS.scale_of(DAYS_OFF), BENEFITS.scale_of(TOOLS)
    assert [days.known(*bounds) for bounds in ((9_50, 10_50), (9_50, 11_50), (10_00, 11_00))] == [True, False, False]
    assert [dollars.known(*bounds) for bounds in ((450_00, 451_00), (450_00, 451_01))] == [True, False]


def test_a_market_is_the_same_every_time() -> None:
    assert repr(play(7, ("all",), measure=BENEFITS.name)) == repr(play(7, ("all",), measure=BENEFITS.name))
    assert isinstance(market_of(LABOR_RATES.name, 7), Alongside)


def both_of(market: Market) -> tuple[Said, Said]:
    """What is said before the next release, and before the sweep."""
    return market.quarter(), market.day_after()


def asked(answers: Sequence[tuple[int, int]]) -> Said:
    """Shops join and answer whether they offer uniforms, by ZIP and value: the target first, nobody is the curious one."""
    said = Said(FIRST_DAY)
    for number, (zip_, value) in enumerate(answers):
        shop = number + (number > 0)
        said.joined.append(shop)
        said.stated.append(
            Entry(number, shop, zip_, UNIFORMS, 0, 1, 0, 0, 0, value, BENEFITS.policy.cutoff(FIRST_DAY, None))
        )
    return said


def of_target(*quarters: Said, rules: str = "all") -> Possible:
    """What is known of the target's only answer when this is said, a release after each."""
    exchange, seen = Exchange(rules=(rules,), measure=BENEFITS), Curious(BENEFITS)
    contents: dict[int, Contents] = {}
    standing: list[Entry] = []
    for said in quarters:
        standing = [entry for entry in standing + said.stated if entry.shop not in said.left]
        exchange.collect(said)
        exchange.release(said.day)
        contents[exchange.number] = Contents(standing, BENEFITS)
        seen.look(exchange.answers[rules].shown, contents)
    (answers,) = possible(seen, BENEFITS.under(rules)).values()
    return answers

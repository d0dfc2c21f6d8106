"""Rules 2 to 5 together, for one measure: a release judges what stands now, a sweep withdraws by rule 2 and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from driveline.verify.judging import Memory, judge, sweep
from driveline.verify.policies import POLICIES
from driveline.verify.values import Entry

from .hand_made import TECH_A, TECH_B, WHOLE, by_cell, first, pay, shops

PAY = POLICIES["pay-2026"]
Cells = dict[str, list[Entry]]
FIVE = pay(a=20, b=22, c=24, d=26, e=28)


def released(*releases: Cells) -> Memory:
    """What is remembered after these releases, one after the other."""
    memory: Memory = {}
    for epoch, cells in enumerate(releases, 1):
        memory, _ = judge(memory, cells, PAY, epoch)
    return memory


def medians(shown: object) -> dict[str, str]:
    return {cell: values.percentiles["p50"] for cell, values in shown.items()}  # type: ignore[attr-defined]


def test_a_release_shows_what_qualifies() -> None:
    _, shown = judge({}, {WHOLE: FIVE, TECH_A: FIVE, TECH_B: FIVE[:4]}, PAY, 1)
    assert medians(shown) == {WHOLE: "24.00", TECH_A: "24.00"}


def test_a_cell_that_rule_2_keeps_closed_is_no_wider_cell_for_rule_3() -> None:
    one_has_most = by_cell({WHOLE: first(8) | {"s8": 4}, TECH_A: first(6)})  # 4 of 11
    assert set(judge({}, one_has_most, PAY, 1).shown) == {TECH_A}
    assert set(judge({}, by_cell({WHOLE: first(8), TECH_A: first(6)}), PAY, 1).shown) == {WHOLE}


WITHDRAWN_BECAUSE: dict[str, tuple[Cells, Cells, str]] = {
    "rule 2: fewer than five": ({WHOLE: FIVE}, {WHOLE: FIVE[:4]}, WHOLE),
    "rule 2: one has more than a quarter": ({WHOLE: FIVE}, {WHOLE: [*FIVE, Entry("a", 2000)]}, WHOLE),  # 2 of 6
    "nothing stands in it": ({WHOLE: FIVE}, {}, WHOLE),
    "rule 3: a wider cell has one more": (
        by_cell({WHOLE: first(6), TECH_A: first(6)}),
        by_cell({WHOLE: first(7), TECH_A: first(6)}),
        TECH_A,
    ),
    "rule 3: one is in no finer cell": (
        by_cell({WHOLE: first(11), TECH_A: first(6), TECH_B: shops(7, 8, 9, 10, 11)}),
        by_cell({WHOLE: first(12), TECH_A: first(6), TECH_B: shops(7, 8, 9, 10, 11)}),
        TECH_B,
    ),
}


@pytest.mark.parametrize(("before", "now", "cell"), WITHDRAWN_BECAUSE.values(), ids=WITHDRAWN_BECAUSE)
def test_a_release_withdraws_what_the_rules_no_longer_allow(before: Cells, now: Cells, cell: str) -> None:
    memory, shown = judge(released(before), now, PAY, 2)
    assert cell not in shown
    version = memory[cell]
    assert (version.baseline, version.values.policy_id, version.shown, version.stayed) == (1, "pay-2026", False, 0)


def test_a_cell_with_nobody_new_comes_back_with_the_numbers_it_had() -> None:
    gone = released({WHOLE: FIVE}, {WHOLE: FIVE[:4]})
    memory, shown = judge(gone, {WHOLE: FIVE}, PAY, 3)
    assert medians(shown) == {WHOLE: "24.00"}
    assert (memory[WHOLE].baseline, memory[WHOLE].shown) == (1, True)
    assert judge(gone, {WHOLE: pay(a=20, b=22, c=25, d=26, e=28)}, PAY, 3).shown == {}
    assert medians(judge(gone, {WHOLE: pay(f=20, g=22, h=25, d=26, e=28)}, PAY, 3).shown) == {WHOLE: "25.00"}


def test_rule_3_is_judged_on_what_stands_not_on_what_is_shown() -> None:
    # WHOLE goes on showing its six, but seven stand in it: TECH_A goes although what is shown tells nothing
    _, shown = judge(
        released(by_cell({WHOLE: first(6), TECH_A: first(6)})), by_cell({WHOLE: first(7), TECH_A: first(6)}), PAY, 2
    )
    assert medians(shown) == {WHOLE: "20.00"}


def test_a_coarser_policy_withdraws_what_is_finer() -> None:
    # recompute makes no cells below the policy's finest geography
    metro = "pay|metro:PA:23900|*|*|*|*"
    before = released({WHOLE: FIVE, metro: FIVE})
    assert set(judge(before, {WHOLE: FIVE}, replace(PAY, policy_id="pay-2027", finest="state"), 2).shown) == {WHOLE}


def test_a_new_policy_is_named_by_new_versions_only() -> None:
    after = replace(PAY, policy_id="pay-2027", since=date(2027, 1, 1), rounding=100)
    now = {WHOLE: FIVE, TECH_A: pay(a=21, b=23, c=25, d=27, e=29), TECH_B: FIVE}
    _, shown = judge(released({WHOLE: FIVE, TECH_A: FIVE}), now, after, 2)
    assert {cell: values.policy_id for cell, values in shown.items()} == {
        WHOLE: "pay-2026", TECH_A: "pay-2027", TECH_B: "pay-2027",
    }  # fmt: skip


def test_a_stricter_policy_withdraws_at_a_release_what_it_no_longer_allows() -> None:
    stricter = replace(PAY, policy_id="pay-2027", cap=Fraction(15, 100))
    assert judge(released({WHOLE: FIVE}), {WHOLE: FIVE}, stricter, 2).shown == {}


GUARDED = replace(PAY, guards_old_versions=True)


def test_a_policy_that_guards_old_versions_shows_no_cell_for_the_first_time_beside_one_that_stays() -> None:
    # The sixth leaves: WHOLE stays as it was, and what TECH_A would show differs from that by the one.
    before = released(by_cell({WHOLE: first(6), TECH_A: first(5)}))
    now = by_cell({WHOLE: first(5), TECH_A: first(5)})
    assert set(judge(before, now, PAY, 2).shown) == {WHOLE, TECH_A}
    memory, shown = judge(before, now, GUARDED, 2)
    assert (set(shown), set(memory), memory[WHOLE].stayed) == ({WHOLE}, {WHOLE}, 1)


def test_where_old_versions_are_guarded_a_new_one_waits_while_fewer_than_k_are_sure_to_differ() -> None:
    paid = {f"s{n}": 20 + n for n in range(11)}
    five, six = dict(list(paid.items())[:5]), dict(list(paid.items())[5:])
    then = {WHOLE: pay(**paid), TECH_A: pay(**five), TECH_B: pay(**six)}
    # They change roles, and s0 is paid otherwise: WHOLE stays. Five are not in what TECH_A would show, six not in TECH_B;
    # s0 may be the difference that any one of them makes.
    raised = {"s0": 40}
    now = {WHOLE: pay(**paid | raised), TECH_A: pay(**six), TECH_B: pay(**five | raised)}
    memory = judge(released(then), now, GUARDED, 2).memory
    assert {cell: (version.baseline, version.stayed) for cell, version in memory.items()} == {
        WHOLE: (1, 1), TECH_A: (1, 1), TECH_B: (2, 0),
    }  # fmt: skip
    for epoch in (3, 4, 5):
        memory, shown = judge(memory, now, GUARDED, epoch)
    assert set(shown) == {WHOLE, TECH_A, TECH_B}
    assert set(judge(memory, now, GUARDED, 6).shown) == {TECH_B}  # the others have stayed four times


SWEPT: dict[str, tuple[Callable[[Cells], Cells], dict[str, str]]] = {
    "nothing happened": (lambda cells: cells, {WHOLE: "24.00", TECH_A: "24.00"}),
    "one left a cell of five": (lambda cells: cells | {TECH_A: FIVE[:4]}, {WHOLE: "24.00"}),
    "one has more than a quarter": (lambda cells: cells | {TECH_A: [*FIVE, Entry("a", 2000)]}, {WHOLE: "24.00"}),
    "a cell is empty": (lambda cells: {WHOLE: FIVE}, {WHOLE: "24.00"}),
    "rule 3 would hold one back": (
        lambda cells: cells | {WHOLE: [*FIVE, Entry("f", 2400)]},
        {WHOLE: "24.00", TECH_A: "24.00"},
    ),
    "all pay otherwise": (
        lambda cells: cells | {WHOLE: pay(a=30, b=32, c=34, d=36, e=38)},
        {WHOLE: "24.00", TECH_A: "24.00"},
    ),
    "another cell would qualify": (lambda cells: cells | {TECH_B: FIVE}, {WHOLE: "24.00", TECH_A: "24.00"}),
}


@pytest.mark.parametrize(("change", "left"), SWEPT.values(), ids=SWEPT)
def test_a_sweep_withdraws_by_rule_2_alone(change: Callable[[Cells], Cells], left: dict[str, str]) -> None:
    cells = {WHOLE: FIVE, TECH_A: FIVE}
    memory, shown = sweep(released(cells), change(cells), PAY)
    assert medians(shown) == left
    assert set(memory) == {WHOLE, TECH_A}
    assert {version.baseline for version in memory.values()} == {1}


def test_a_sweep_shows_nothing_that_was_withdrawn_and_counts_no_epoch() -> None:
    stayed = released({WHOLE: FIVE, TECH_A: FIVE}, {WHOLE: [*FIVE, Entry("f", 2400)], TECH_A: FIVE})
    assert (stayed[WHOLE].stayed, stayed[TECH_A].shown) == (1, False)
    memory, shown = sweep(stayed, {WHOLE: [*FIVE, Entry("f", 2400)], TECH_A: FIVE}, PAY)
    assert (set(shown), memory) == ({WHOLE}, stayed)


def test_before_any_release_a_sweep_shows_nothing() -> None:
    assert sweep({}, {WHOLE: FIVE}, PAY).shown == {}


def test_what_a_sweep_withdrew_comes_back_at_a_release_by_rule_4() -> None:
    swept, _ = sweep(released({WHOLE: FIVE}), {WHOLE: FIVE[:4]}, PAY)
    assert medians(judge(swept, {WHOLE: FIVE}, PAY, 2).shown) == {WHOLE: "24.00"}
    assert judge(swept, {WHOLE: [*FIVE[:4], Entry("f", 2000)]}, PAY, 2).shown == {}

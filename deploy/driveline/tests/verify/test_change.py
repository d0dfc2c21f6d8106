"""Rule 4 by example, k = 5: which version of a cell is shown, epoch after epoch."""

from dataclasses import replace
from datetime import date

import pytest
from driveline.verify.change import Version, changed, version_at, withdrawn
from driveline.verify.policies import POLICIES
from driveline.verify.values import Entry

from .hand_made import pay

PAY = POLICIES["pay-2026"]
NEXT = replace(PAY, policy_id="pay-2027", since=date(2027, 1, 1), rounding=100, k=6)
CELL = "pay|state:PA|*|*|*|*"
SIX = pay(a=20, b=22, c=24, d=26, e=28, f=30)


@pytest.mark.parametrize(
    ("now", "many"),
    [
        (pay(a=20, b=22, c=24, d=26, e=28, f=30), 0),
        (pay(f=30, e=28, d=26, c=24, b=22, a=20), 0),
        (pay(a=21, b=22, c=24, d=26, e=28, f=30), 1),
        (pay(b=22, c=24, d=26, e=28, f=30), 1),
        (pay(a=20, b=22, c=24, d=26, e=28, f=30, g=20), 1),
        (pay(a=(20, 20), b=22, c=24, d=26, e=28, f=30), 1),
        (pay(a=(20, 21), b=(22, 23), c=24, d=26, e=28, f=30), 2),
        (pay(a=22, b=20, c=24, d=26, e=28, f=30), 2),  # the same values, but not of the same shops
        (pay(g=20, b=22, c=24, d=26, e=28, f=30), 2),  # one left, one came
        (pay(), 6),
    ],
)
def test_a_contributor_changed_when_its_multiset_of_values_differs(now: list[Entry], many: int) -> None:
    assert changed(now, SIX) == changed(SIX, now) == many


def test_how_often_a_contributor_has_a_value_counts() -> None:
    assert changed(pay(a=(20, 20, 21)), pay(a=(20, 21, 21))) == 1
    assert changed(pay(a=(20, 21, 20)), pay(a=(21, 20, 20))) == 0


def with_raises(many: int) -> list[Entry]:
    """Six shops of which so many pay a dollar more."""
    return [Entry(entry.contributor, entry.value + 100 * (n < many)) for n, entry in enumerate(SIX)]


FIRST = version_at(1, CELL, None, SIX, PAY)


def test_a_cell_that_was_never_shown_shows_what_stands() -> None:
    assert Version(1, SIX, FIRST.values, shown=True, stayed=0) == FIRST
    assert (FIRST.values.policy_id, FIRST.values.percentiles) == ("pay-2026", {"p50": "25.00"})


def test_with_none_changed_the_cell_is_shown_as_before() -> None:
    assert version_at(2, CELL, FIRST, with_raises(0), NEXT) == FIRST  # though the policy is another


@pytest.mark.parametrize("many", [1, 4])
def test_with_one_to_four_changed_the_version_last_shown_stays(many: int) -> None:
    assert version_at(2, CELL, FIRST, with_raises(many), PAY) == replace(FIRST, stayed=1)


@pytest.mark.parametrize("many", [5, 6])
def test_with_five_changed_the_new_version_is_shown(many: int) -> None:
    now = version_at(2, CELL, FIRST, with_raises(many), PAY)
    assert (now.baseline, now.shown, now.stayed) == (2, True, 0)
    assert now.values.percentiles == {"p50": "26.00"}


def test_k_is_that_of_the_policy_of_now() -> None:
    assert version_at(2, CELL, FIRST, with_raises(5), NEXT) == replace(FIRST, stayed=1)
    now = version_at(2, CELL, FIRST, with_raises(6), NEXT)
    assert (now.values.policy_id, now.values.percentiles) == ("pay-2027", {"p50": "26.00"})


def through(*raises: int) -> list[tuple[bool, int, int]]:
    """Epoch by epoch after the first, with so many shops otherwise than at the first: shown, baseline, stayed."""
    version, seen = FIRST, []
    for epoch, many in enumerate(raises, 2):
        version = version_at(epoch, CELL, version, with_raises(many), PAY)
        seen.append((version.shown, version.baseline, version.stayed))
    return seen


def test_it_stays_for_four_epochs_and_is_withdrawn_at_the_fifth() -> None:
    assert through(1, 2, 3, 4, 1) == [(True, 1, 1), (True, 1, 2), (True, 1, 3), (True, 1, 4), (False, 1, 0)]


def test_an_epoch_with_none_changed_begins_the_count_anew() -> None:
    assert through(1, 1, 1, 1, 0, 1, 1, 1, 1, 1)[4:] == [
        (True, 1, 0), (True, 1, 1), (True, 1, 2), (True, 1, 3), (True, 1, 4), (False, 1, 0),
    ]  # fmt: skip


def test_change_is_counted_against_the_version_shown_not_against_the_last_epoch() -> None:
    # two more every epoch: 2, then 4, then 6 of six differ from what is shown
    assert through(2, 4, 6) == [(True, 1, 1), (True, 1, 2), (True, 4, 0)]
    assert through(2, 2, 0) == [(True, 1, 1), (True, 1, 2), (True, 1, 0)]


GONE = withdrawn(replace(FIRST, stayed=3))


def test_withdrawn_it_keeps_what_it_showed() -> None:
    assert replace(FIRST, shown=False, stayed=0) == GONE


def test_a_withdrawn_cell_comes_back_as_it_was_with_none_changed() -> None:
    assert version_at(9, CELL, GONE, with_raises(0), NEXT) == FIRST


@pytest.mark.parametrize("many", [1, 4])
def test_a_withdrawn_cell_stays_withdrawn_with_one_to_four_changed(many: int) -> None:
    assert version_at(9, CELL, GONE, with_raises(many), PAY) == GONE


def test_a_withdrawn_cell_comes_back_new_with_five_changed() -> None:
    now = version_at(9, CELL, GONE, with_raises(5), PAY)
    assert (now.baseline, now.shown, now.values.percentiles) == (9, True, {"p50": "26.00"})


def test_the_fifth_epoch_withdraws_for_as_long_as_a_few_differ() -> None:
    assert through(1, 1, 1, 1, 1, 1, 0, 1)[4:] == [(False, 1, 0), (False, 1, 0), (True, 1, 0), (True, 1, 1)]

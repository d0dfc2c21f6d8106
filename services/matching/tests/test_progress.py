"""How far a need has come: what both agreed on is its outcome, whoever takes it back before anybody looked."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from matching.domain.need import Need
from matching.domain.progress import Step, is_taken_back, next_step
from matching.domain.proposal import Proposal
from matching.domain.site import Point

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=72)
NEED = Need("n-7", "school-3", 2, "guest_speaker", "17401", Point(39.96, -76.73, "America/New_York"), LATER)
PROPOSED = Proposal("pr-1", "n-7", "o-9", "school-3", "shop-42", date(2027, 2, 1), 19, LATER, NOW)
ACCEPTED = PROPOSED.accept("shop-42", NOW, LATER)
AGREED = ACCEPTED.agree("school-3", NOW)


@pytest.mark.parametrize(
    ("made", "withdrawn", "gone", "taken_back"),
    [
        ([], 1, False, False),  # an older withdrawal
        ([], 2, False, True),
        ([], -1, True, True),
        ([PROPOSED], 2, False, True),
        ([ACCEPTED], 3, False, True),
        ([AGREED], 3, False, False),
        ([AGREED], -1, True, False),
    ],
)
def test_a_need_is_taken_back_until_it_is_agreed(
    made: list[Proposal], withdrawn: int, gone: bool, taken_back: bool
) -> None:
    assert is_taken_back(NEED, made, withdrawn, gone=gone, now=NOW) is taken_back


def test_of_two_places_one_agreed_leaves_something_to_take_back() -> None:
    two = replace(NEED, places=2)
    assert next_step(two, [AGREED], NOW) is Step.ASK
    assert is_taken_back(two, [AGREED], 2, gone=False, now=NOW)


def test_what_has_ended_is_not_taken_back_again() -> None:
    for state in ("filled", "ended", "withdrawn"):
        assert not is_taken_back(NEED.go_to(state), [], 9, gone=True, now=NOW)  # type: ignore[arg-type]

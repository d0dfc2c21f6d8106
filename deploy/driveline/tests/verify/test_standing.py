"""Rule 1 by example: revisions, cutoffs, the window, withdrawals, ties, and the member behind an entry."""

from datetime import date

import pytest
from driveline.verify.policies import POLICIES
from driveline.verify.records import Fact, Withdrawal, digest, read_member, read_pay
from driveline.verify.standing import standing
from hypothesis import given
from hypothesis import strategies as st

from .bodies import GONE, member_body, pay_body

PAY = POLICIES["pay-2026"]
CUTOFF = date(2026, 8, 25)


def cents_standing(*facts: Fact, cutoff: date = CUTOFF) -> list[int]:
    return sorted(pay.cents for pay in standing(facts, PAY, cutoff))


def pay(**changed: object) -> Fact:
    return read_pay(pay_body(**changed), "pay")


def member(**changed: object) -> Fact:
    return read_member(member_body(**changed))


def test_an_old_enough_entry_of_a_verified_member_stands() -> None:
    assert cents_standing(member(), pay()) == [2600]


def test_without_its_member_nothing_stands() -> None:
    assert cents_standing(pay()) == []


def test_the_newest_revision_that_is_old_enough_stands() -> None:
    second = pay(revision=2, rate="30.00", effective_on="2026-08-25")
    third = pay(revision=3, rate="40.00", effective_on="2026-08-26")
    assert cents_standing(member(), pay(), second, third) == [3000]


def test_a_newer_revision_stands_though_its_date_is_earlier() -> None:
    assert cents_standing(member(), pay(), pay(revision=2, rate="30.00", effective_on="2025-01-01")) == [3000]


def test_the_window_is_open_at_its_start() -> None:
    assert cents_standing(member(), pay(effective_on="2024-08-25")) == []
    assert cents_standing(member(), pay(effective_on="2024-08-26")) == [2600]


def test_a_newest_revision_out_of_the_window_does_not_let_an_older_one_back() -> None:
    assert cents_standing(member(), pay(), pay(revision=2, effective_on="2024-01-01")) == []


def test_a_withdrawal_takes_back_smaller_revisions_only() -> None:
    gone = Withdrawal("pay", "shop-42", "9b1c", 2)
    assert cents_standing(member(), pay(), gone) == []
    assert cents_standing(member(), pay(revision=2), gone) == [2600]
    assert cents_standing(member(), pay(), Withdrawal("technician-pay", "shop-42", "9b1c", 2)) == [2600]
    assert cents_standing(member(), pay(), Withdrawal("pay", "shop-42", "other", 2)) == [2600]


def test_of_equal_revisions_the_greater_digest_stands() -> None:
    one, other = pay_body(rate="26.00"), pay_body(rate="31.00")
    greater = max((one, other), key=digest)
    facts = [read_pay(one, "pay"), read_pay(other, "pay")]
    expected = [2600 if greater is one else 3100]
    assert cents_standing(member(), *facts) == cents_standing(member(), *reversed(facts)) == expected


def test_the_digest_is_of_the_whole_body_in_canonical_spelling() -> None:
    # printf '{"a":"caf\\u00e9","b":[1,null]}' | sha256sum
    assert digest({"b": [1, None], "a": "café"}) == "456dc5b9ca19531667bc362e1a5e2abae4adf3e308bb05803aa91d73f8e6e524"


@pytest.mark.parametrize(
    "state",
    [
        {"kind": "organization"},
        {"status": "lapsed"},
        {"status": "left"},
        {"status": "pending"},
        {"verified_on": "2026-08-26"},
        {"verified_on": None},
        {"verified_on": GONE},
    ],
)
def test_a_member_not_in_good_standing_contributes_nothing(state: dict[str, object]) -> None:
    assert cents_standing(member(**state), pay()) == []


def test_grace_and_verification_on_the_cutoff_day_count() -> None:
    assert cents_standing(member(status="grace", verified_on="2026-08-25"), pay()) == [2600]


def test_the_newest_state_of_a_member_decides() -> None:
    left = member(revision=2, status="left")
    assert cents_standing(left, member(), pay()) == []
    assert cents_standing(member(revision=3), left, pay()) == [2600]


def test_one_members_submissions_are_not_anothers() -> None:
    other = pay(member_id="shop-7", rate="33.00")
    assert cents_standing(member(), member(member_id="shop-7"), pay(), other) == [2600, 3300]


FACTS = st.lists(
    st.one_of(
        st.builds(
            lambda s, r, d, c: pay(submission_id=s, revision=r, effective_on=d, rate=c),
            st.sampled_from("ab"),
            st.integers(1, 4),
            st.sampled_from(["2024-08-25", "2025-05-05", "2026-08-25", "2026-08-26"]),
            st.sampled_from(["20.00", "21.00", "22.00"]),
        ),
        st.builds(lambda s, r: Withdrawal("pay", "shop-42", s, r), st.sampled_from("ab"), st.integers(1, 4)),
        st.builds(lambda r, s: member(revision=r, status=s), st.integers(1, 3), st.sampled_from(["active", "left"])),
    ),
    max_size=12,
)


@given(FACTS, st.randoms())
def test_order_and_repetition_change_nothing(facts: list[Fact], chance: object) -> None:
    shuffled = facts + facts[::2]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert cents_standing(*facts) == cents_standing(*shuffled)

"""A proposal's verbs: what each allows, what a repeat does, and what is refused, for every state and side."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from matching.domain.errors import (
    AnsweredAlreadyError,
    NotAllowedError,
    NotOneOfTheTwoError,
    NotTheirTurnError,
    TooLateError,
)
from matching.domain.outcome import Outcome
from matching.domain.proposal import Proposal

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(hours=72)
LATER = UNTIL + timedelta(hours=72)
SCHOOL, SHOP = "school-3", "shop-42"

Verb = Callable[[Proposal], Proposal]


def proposed() -> Proposal:
    return Proposal("pr-1", "n-7", "o-9", SCHOOL, SHOP, date(2027, 2, 1), 19, UNTIL, NOW)


def accept(by: str = SHOP, at: datetime = NOW) -> Verb:
    return lambda proposal: proposal.accept(by, at, LATER)


def agree(by: str = SCHOOL, at: datetime = NOW) -> Verb:
    return lambda proposal: proposal.agree(by, at)


def decline(by: str, at: datetime = NOW) -> Verb:
    return lambda proposal: proposal.decline(by, at, "no time")


def complete(by: str, **said: object) -> Verb:
    return lambda proposal: proposal.complete(by, NOW, Outcome(**said))  # type: ignore[arg-type]


def expire(at: datetime) -> Verb:
    return lambda proposal: proposal.expire(at)


def withdraw(proposal: Proposal) -> Proposal:
    return proposal.withdraw(NOW)


def after(*verbs: Verb) -> Proposal:
    proposal = proposed()
    for verb in verbs:
        proposal = verb(proposal)
    return proposal


@pytest.mark.parametrize(
    ("verbs", "state", "revision", "awaits"),
    [
        ((), "proposed", 1, SHOP),
        ((accept(),), "accepted", 2, SCHOOL),
        ((accept(), agree()), "agreed", 3, None),
        ((decline(SHOP),), "declined", 2, None),
        ((decline(SCHOOL),), "declined", 2, None),
        ((accept(), decline(SCHOOL)), "declined", 3, None),
        ((expire(UNTIL),), "expired", 2, None),
        ((accept(), expire(LATER)), "expired", 3, None),
        ((withdraw,), "withdrawn", 2, None),
        ((accept(), withdraw), "withdrawn", 3, None),
        ((accept(), agree(), complete(SHOP)), "agreed", 4, None),
        ((accept(), agree(), complete(SHOP), complete(SCHOOL)), "completed", 5, None),
        ((accept(), agree(), complete(SCHOOL), complete(SHOP)), "completed", 5, None),
    ],
)
def test_the_ways(verbs: tuple[Verb, ...], state: str, revision: int, awaits: str | None) -> None:
    proposal = after(*verbs)
    assert (proposal.state, proposal.revision, proposal.awaits) == (state, revision, awaits)
    assert proposal.holds == (state in ("proposed", "accepted", "agreed", "completed"))


@pytest.mark.parametrize(
    ("verbs", "again"),
    [
        ((accept(),), accept()),
        ((accept(), agree()), accept(at=LATER)),
        ((accept(), agree()), agree()),
        ((decline(SHOP),), decline(SHOP)),
        ((accept(), decline(SCHOOL)), decline(SCHOOL)),
        ((accept(), agree(), complete(SHOP, hours_given="2")), complete(SHOP, hours_given="2")),
        ((accept(), agree(), complete(SHOP), complete(SCHOOL)), complete(SCHOOL)),
        ((expire(UNTIL),), expire(LATER)),
        ((expire(UNTIL),), withdraw),
        ((withdraw,), withdraw),
        ((), expire(UNTIL - timedelta(microseconds=1))),
        ((accept(),), expire(UNTIL)),  # the first deadline says nothing about the second
        ((accept(), agree()), expire(LATER)),
        ((accept(), agree()), withdraw),
        ((accept(), agree(), complete(SHOP), complete(SCHOOL)), withdraw),
    ],
)
def test_what_changes_nothing(verbs: tuple[Verb, ...], again: Verb) -> None:
    proposal = after(*verbs)
    assert again(proposal) == proposal


@pytest.mark.parametrize(
    ("verbs", "wrong", "error", "line"),
    [
        ((), agree(), NotTheirTurnError, "proposal_id: 'pr-1' waits for 'shop-42' first"),
        ((), accept(SCHOOL), NotAllowedError, "member_id: 'school-3' does not give this answer, 'shop-42' does"),
        ((accept(),), agree(SHOP), NotAllowedError, "member_id: 'shop-42' does not give this answer, 'school-3' does"),
        ((), accept("shop-1"), NotOneOfTheTwoError, "member_id: 'shop-1' is neither of the two"),
        ((), decline("shop-1"), NotOneOfTheTwoError, "member_id: 'shop-1' is neither of the two"),
        ((accept(),), decline(SHOP), AnsweredAlreadyError, "proposal_id: 'pr-1' was accepted by 'shop-42' before"),
        ((accept(), agree()), decline(SCHOOL), AnsweredAlreadyError, "proposal_id: 'pr-1' is agreed already"),
        ((accept(), agree()), decline(SHOP), AnsweredAlreadyError, "proposal_id: 'pr-1' is agreed already"),
        ((decline(SHOP),), accept(), AnsweredAlreadyError, "proposal_id: 'pr-1' was declined by 'shop-42' already"),
        (
            (decline(SHOP),),
            decline(SCHOOL),
            AnsweredAlreadyError,
            "proposal_id: 'pr-1' was declined by 'shop-42' already",
        ),
        ((decline(SCHOOL),), agree(), AnsweredAlreadyError, "proposal_id: 'pr-1' was declined by 'school-3' already"),
        ((expire(UNTIL),), accept(), AnsweredAlreadyError, "proposal_id: 'pr-1' is expired already"),
        ((withdraw,), decline(SHOP), AnsweredAlreadyError, "proposal_id: 'pr-1' is withdrawn already"),
        ((), accept(at=LATER), TooLateError, "proposal_id: 'pr-1' was to be answered by 2026-11-27 15:00 UTC"),
        ((), complete(SHOP), NotTheirTurnError, "proposal_id: 'pr-1' is proposed, not agreed"),
        ((decline(SHOP),), complete(SHOP), NotTheirTurnError, "proposal_id: 'pr-1' is declined, not agreed"),
        (
            (accept(), agree(), complete(SHOP, hours_given="2")),
            complete(SHOP, hours_given="3"),
            AnsweredAlreadyError,
            "proposal_id: 'pr-1' was said to be completed, with other numbers",
        ),
    ],
)
def test_what_is_refused(verbs: tuple[Verb, ...], wrong: Verb, error: type[Exception], line: str) -> None:
    proposal = after(*verbs)
    with pytest.raises(error) as refused:
        wrong(proposal)
    assert str(refused.value).startswith(line)


def test_each_side_knows_some_of_the_outcome_best() -> None:
    school = complete(SCHOOL, students_reached=21, hours_given="3")
    shop = complete(SHOP, students_reached=30, hours_given="2.5", value_donated="150.00")
    assert after(accept(), agree(), school, shop).outcome == Outcome(21, "2.5", "150.00")
    assert after(accept(), agree(), complete(SCHOOL, hours_given="3"), complete(SHOP)).outcome == Outcome(
        None, "3", None
    )

"""A proposal: a need and an offer put together, and what the two members may say to it, one after the other."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, Self

from matching.domain.errors import (
    AnsweredAlreadyError,
    NotAllowedError,
    NotOneOfTheTwoError,
    NotTheirTurnError,
    TooLateError,
)
from matching.domain.outcome import Outcome

ProposalState = Literal["proposed", "accepted", "agreed", "completed", "declined", "expired", "withdrawn"]
AWAITING: tuple[ProposalState, ...] = ("proposed", "accepted")
# What holds an offer's capacity and one of a need's places.
HOLDING: tuple[ProposalState, ...] = (*AWAITING, "agreed", "completed")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal at one revision; every verb returns it at the next one, or itself when nothing is new.

    `requested_by` is the member who needs, `offered_by` the one who offers; `day` is the one by which the capacity
    that it holds is counted; `since` is when it came to its state; `answer_until` is when the awaited answer is, or the
    last one was, due.
    """

    proposal_id: str
    need_id: str
    offer_id: str
    requested_by: str
    offered_by: str
    day: date
    distance_miles: int
    answer_until: datetime
    since: datetime
    revision: int = 1
    state: ProposalState = "proposed"
    declined_by: str | None = None
    reason: str | None = None
    requester_says: Outcome | None = None
    offerer_says: Outcome | None = None

    @property
    def awaits(self) -> str | None:
        """The member whose answer is awaited."""
        return {"proposed": self.offered_by, "accepted": self.requested_by}.get(self.state)

    @property
    def holds(self) -> bool:
        """Whether it holds capacity of the offer and a place of the need."""
        return self.state in HOLDING

    @property
    def outcome(self) -> Outcome:
        """What came of it, as far as it was told."""
        return (self.requester_says or Outcome()).with_the_giver(self.offerer_says or Outcome())

    def accept(self, by: str, at: datetime, answer_until: datetime) -> Self:
        """The offerer says yes; now the requester is asked, until `answer_until`. Saying it again changes nothing."""
        self._check_is(by, self.offered_by)
        if self.state in ("accepted", "agreed", "completed"):
            return self
        self._check_awaited(at)
        return self._next(at, state="accepted", answer_until=answer_until)

    def agree(self, by: str, at: datetime) -> Self:
        """The requester says yes as well. Saying it again changes nothing."""
        self._check_is(by, self.requested_by)
        if self.state in ("agreed", "completed"):
            return self
        if self.state == "proposed":
            raise NotTheirTurnError("proposal_id", f"'{self.proposal_id}' waits for '{self.offered_by}' first")
        self._check_awaited(at)
        return self._next(at, state="agreed")

    def decline(self, by: str, at: datetime, reason: str | None = None) -> Self:
        """One of the two says no: the offerer until it has accepted, the requester until it has agreed."""
        self._check_is(by, self.requested_by, self.offered_by)
        if self.state == "declined" and self.declined_by == by:
            return self
        if self.state == "accepted" and by == self.offered_by:
            raise AnsweredAlreadyError("proposal_id", f"'{self.proposal_id}' was accepted by '{by}' before")
        self._check_awaited(at)
        return self._next(at, state="declined", declined_by=by, reason=reason)

    def expire(self, now: datetime) -> Self:
        """The time for the awaited answer is over; unchanged when it is not, or none is awaited."""
        return self._next(now, state="expired") if self.awaits and now >= self.answer_until else self

    def withdraw(self, now: datetime) -> Self:
        """What it stands on is gone: the need, the offer, or one of the two members. What was agreed stays agreed."""
        return self._next(now, state="withdrawn") if self.awaits else self

    def complete(self, by: str, at: datetime, said: Outcome) -> Self:
        """One of the two says that it took place, and what came of it; completed once both have."""
        self._check_is(by, self.requested_by, self.offered_by)
        if self.state not in ("agreed", "completed"):
            raise NotTheirTurnError("proposal_id", f"'{self.proposal_id}' is {self.state}, not agreed")
        mine, other = self.requester_says, self.offerer_says
        if by == self.offered_by:
            mine, other = other, mine
        if mine == said:
            return self
        if mine is not None:
            raise AnsweredAlreadyError(
                "proposal_id", f"'{self.proposal_id}' was said to be completed, with other numbers"
            )
        told = {"offerer_says" if by == self.offered_by else "requester_says": said}
        if other is None:
            return self._next(self.since, **told)
        return self._next(at, state="completed", **told)

    def _check_is(self, by: str, *those: str) -> None:
        if by not in (self.requested_by, self.offered_by):
            raise NotOneOfTheTwoError(by)
        if by not in those:
            raise NotAllowedError("member_id", f"'{by}' does not give this answer, '{those[0]}' does")

    def _check_awaited(self, at: datetime) -> None:
        if not self.awaits:
            ended = f"was {self.state} by '{self.declined_by}'" if self.state == "declined" else f"is {self.state}"
            raise AnsweredAlreadyError("proposal_id", f"'{self.proposal_id}' {ended} already")
        if at > self.answer_until:
            raise TooLateError(
                "proposal_id", f"'{self.proposal_id}' was to be answered by {self.answer_until:%Y-%m-%d %H:%M} UTC"
            )

    def _next(self, since: datetime, **changes: Any) -> Self:
        return replace(self, revision=self.revision + 1, since=since, **changes)

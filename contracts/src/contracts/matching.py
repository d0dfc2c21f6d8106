"""The events of matching: what is needed, what is offered, taking either back, and what becomes of the two together."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from contracts.event import Event, Refused, shown
from contracts.fields import Count, Day, Id, ListedZip, LongText, Moment, Plain, Revision, Text, Url
from contracts.vocabulary import CapacityPeriod, Cip, ExpiryReason, PartnershipKind, ShopType

OF_A_PROPOSAL = ("proposal_id", "offer_id", "offered_by")


def _in_order(starts_on: Day | None, ends_on: Day | None) -> None:
    if starts_on and ends_on and ends_on < starts_on:
        raise Refused("ends_on", f"'{ends_on}' is before starts_on '{starts_on}'")


class MemberEvent(Event):
    """An event about one member's need or offer."""

    key_field: ClassVar[str | None] = "member_id"

    member_id: Id
    revision: Revision


class PartnershipRequested(MemberEvent):
    """A member needs something of a kind, near a place, within some days."""

    topic: ClassVar[str] = "partnership.requested"

    need_id: Id
    program_id: Id | None = None
    cip: Cip | None = None
    contact_id: Id | None = None
    kind: PartnershipKind
    title: Text | None = None
    zip: ListedZip
    radius_miles: int | None = Field(default=None, ge=1, le=500)
    shop_types: tuple[ShopType, ...] = ()
    students: Count | None = None
    places: int = Field(default=1, ge=1, le=1000)
    starts_on: Day | None = None
    ends_on: Day | None = None
    answer_by: Day | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        _in_order(self.starts_on, self.ends_on)
        return self


class PartnershipOffered(MemberEvent):
    """A member offers something of a kind, so many times in a period."""

    topic: ClassVar[str] = "partnership.offered"

    offer_id: Id
    kind: PartnershipKind
    zip: ListedZip
    radius_miles: int | None = Field(default=None, ge=1, le=500)
    capacity: int = Field(default=1, ge=1, le=1000)
    period: CapacityPeriod | None = None


class PartnershipWithdrawn(MemberEvent):
    """A need or an offer is taken back."""

    topic: ClassVar[str] = "partnership.withdrawn"

    need_id: Id | None = None
    offer_id: Id | None = None
    reason: LongText | None = None

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if self.need_id is None and self.offer_id is None:
            raise Refused("need_id", "is missing, and so is offer_id: one of the two is taken back")
        if self.need_id is not None and self.offer_id is not None:
            raise Refused("offer_id", "is given beside need_id: one of the two is taken back")
        return self


class Partnership(Event):
    """Where a need stands with one offer, told whole, so that who reads it needs to remember nothing.

    `revision` grows with every change of the proposal; where the need itself ended, without one, it is the need's.
    `requested_by` is the member who needs, `contact_id` the person there who asked; `offered_by` is the member who
    offers. `zip` is the need's, `distance_miles` the way from there, in whole miles. `answer_until` is when the answer
    that is awaited, or was, is due.
    """

    key_field: ClassVar[str | None] = "need_id"

    proposal_id: Id | None = None
    need_id: Id
    offer_id: Id | None = None
    revision: Revision
    kind: PartnershipKind
    title: Text | None = None
    requested_by: Id
    offered_by: Id | None = None
    contact_id: Id | None = None
    program_id: Id | None = None
    cip: Cip | None = None
    zip: ListedZip
    distance_miles: int | None = Field(default=None, ge=0, le=5000)
    students: Count | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    answer_until: Moment | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        _in_order(self.starts_on, self.ends_on)
        return self

    @model_validator(mode="after")
    def _is_between_two(self) -> Self:
        if self.offered_by == self.requested_by:
            raise Refused(
                "offered_by", f"{shown(self.offered_by)} is requested_by as well, a proposal is between two members"
            )
        return self


class Proposal(Partnership):
    """A need and an offer that were put together."""

    proposal_id: Id
    offer_id: Id
    offered_by: Id


class AwaitedAnswer(Proposal):
    """A proposal that waits for one side, which may answer by the link for as long as the answer is not due."""

    answer_until: Moment
    answer_url: Url | None = None


class PartnershipProposed(AwaitedAnswer):
    """A match was found, and it is the business' turn to answer."""

    topic: ClassVar[str] = "partnership.proposed"


class PartnershipAccepted(AwaitedAnswer):
    """The business says yes, and it is the school's turn."""

    topic: ClassVar[str] = "partnership.accepted"


class PartnershipAgreed(Proposal):
    """The school says yes as well: it is going to take place."""

    topic: ClassVar[str] = "partnership.agreed"


class PartnershipDeclined(Proposal):
    """One of the two says no."""

    topic: ClassVar[str] = "partnership.declined"

    declined_by: Id
    reason: LongText | None = None

    @model_validator(mode="after")
    def _is_declined_by_one_of_the_two(self) -> Self:
        if self.declined_by not in (self.requested_by, self.offered_by):
            raise Refused("declined_by", f"{shown(self.declined_by)} is neither requested_by nor offered_by")
        return self


class PartnershipCompleted(Proposal):
    """Both sides say that it took place, and what came of it: hours and dollars as far as they were told."""

    topic: ClassVar[str] = "partnership.completed"

    students_reached: Count | None = None
    hours_given: Plain | None = None
    value_donated: Plain | None = None


class PartnershipExpired(Partnership):
    """A proposal ended without an answer, or the need itself because nobody is left to ask."""

    topic: ClassVar[str] = "partnership.expired"

    reason: ExpiryReason

    @model_validator(mode="after")
    def _ends_a_proposal_or_the_need(self) -> Self:
        given = [field for field in (*OF_A_PROPOSAL, "distance_miles") if getattr(self, field) is not None]
        if self.reason == "no_candidate" and given:
            raise Refused(given[0], "is given, but reason 'no_candidate' ends the need itself")
        if self.reason == "no_answer" or given:
            for field in OF_A_PROPOSAL:
                if getattr(self, field) is None:
                    raise Refused(field, "is missing, a proposal has one")
        return self

"""The events of matching: what is needed, what is offered, and taking either back."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from contracts.event import Event, Refused
from contracts.fields import Count, Day, Id, ListedZip, LongText, Revision, Text
from contracts.vocabulary import CapacityPeriod, Cip, PartnershipKind, ShopType


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
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise Refused("ends_on", f"'{self.ends_on}' is before starts_on '{self.starts_on}'")
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

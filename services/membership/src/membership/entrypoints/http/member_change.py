"""The body of PATCH /v1/members/{id}: any field of the public profile, people, and what only an operator may say."""

from typing import Any, ClassVar

from contracts.event import Event
from contracts.fields import Day, State, Text, ZipCode
from contracts.membership import ExternalId, JoinContact, Location, Program
from contracts.vocabulary import MemberStatus, Ownership, SchoolLevel, ShopSize, ShopType
from pydantic import Field

from membership.adapters import facts
from membership.usecases.update_member import Change


class MemberChange(Event):
    """A change; what is not named stays. It is validated like an event, but never published."""

    topic: ClassVar[str] = "a member"

    name: Text | None = None
    address: Text | None = None
    city: Text | None = None
    state: State | None = None
    zip: ZipCode | None = None
    external_ids: tuple[ExternalId, ...] = Field(default=(), max_length=50)
    shop_type: ShopType | None = None
    size: ShopSize | None = None
    ownership: Ownership | None = None
    locations: tuple[Location, ...] = Field(default=(), max_length=5000)
    level: SchoolLevel | None = None
    programs: tuple[Program, ...] = Field(default=(), max_length=500)
    contacts: tuple[JoinContact, ...] = Field(default=(), max_length=50)
    status: MemberStatus | None = None
    verified_on: Day | None = None

    @property
    def only_operators_may(self) -> str | None:
        """The first field that a member may not set itself."""
        return next((name for name in ("status", "verified_on") if name in self.model_fields_set), None)

    def as_change(self) -> Change:
        """The change in the words of the domain."""
        said: dict[str, Any] = {
            "external_ids": facts.external_ids_of(self.external_ids),
            "locations": facts.locations_of(self.locations),
            "programs": facts.programs_of(self.programs),
        }
        scalars = ("name", "address", "city", "state", "zip", "shop_type", "size", "ownership", "level")
        said |= {name: getattr(self, name) for name in scalars}
        named = {name: value for name, value in said.items() if name in self.model_fields_set}
        return Change(named, facts.reaches_of(self.contacts), self.status, self.verified_on)

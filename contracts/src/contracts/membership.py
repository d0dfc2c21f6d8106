"""The events of membership: who takes part, who may speak for whom, and what programs achieve."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from contracts.event import Event, Fact, Refused
from contracts.fields import (
    Count,
    Day,
    Email,
    Id,
    Language,
    LongText,
    Moment,
    Period,
    Phone,
    Revision,
    Slug,
    State,
    Text,
    TimeZone,
    Url,
    ZipCode,
)
from contracts.vocabulary import (
    Accreditation,
    Channel,
    Cip,
    Credential,
    GatheringKind,
    JoinOutcome,
    MemberKind,
    MemberStatus,
    MessageClass,
    Ownership,
    PartnerScope,
    SchoolLevel,
    ShopSize,
    ShopType,
)


class ExternalId(Fact):
    """What another registry calls this member: scheme `ipeds`, `pa-ois` ..."""

    scheme: Slug
    id: Text


class Location(Fact):
    """One shop of an owner."""

    location_id: Id
    zip: ZipCode
    shop_type: ShopType | None = None


class Program(Fact):
    """One program of a school."""

    program_id: Id
    cip: Cip
    enrolled: Count | None = None
    curricula: tuple[Slug, ...] = Field(default=(), max_length=50)
    accreditations: tuple[Accreditation, ...] = ()


class MemberProfile(Event):
    """What a member says of itself in public."""

    kind: MemberKind
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


class MemberState(MemberProfile):
    """The whole public state of a member at one revision; a technician has no name and no address here."""

    key_field: ClassVar[str | None] = "member_id"

    member_id: Id
    revision: Revision
    status: MemberStatus
    verified_on: Day | None = None

    @model_validator(mode="after")
    def _technicians_stay_nameless(self) -> Self:
        if self.kind == "technician":
            for field in ("name", "address"):
                if getattr(self, field) is not None:
                    raise Refused(field, "a technician has none in public")
        return self


class MemberJoined(MemberState):
    """Somebody new takes part."""

    topic: ClassVar[str] = "member.joined"


class MemberUpdated(MemberState):
    """Something about a member changed: profile, status, verification, departure."""

    topic: ClassVar[str] = "member.updated"


class JoinContact(Fact):
    """A person named in an application."""

    name: Text | None = None
    email: Email | None = None
    phone: Phone | None = None
    roles: tuple[Slug, ...] = Field(default=(), max_length=20)
    timezone: TimeZone | None = None


class MemberJoinRequested(MemberProfile):
    """Somebody wants to take part, or a partner says so for them."""

    topic: ClassVar[str] = "member.join-requested"
    key_field: ClassVar[str | None] = "request_id"

    request_id: Id
    contacts: tuple[JoinContact, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if self.kind != "technician":
            for field in ("name", "zip"):
                if not getattr(self, field):
                    raise Refused(field, f"is missing, a {self.kind} has one")
        return self


class MemberJoinSettled(Event):
    """What became of an application."""

    topic: ClassVar[str] = "member.join-settled"
    key_field: ClassVar[str | None] = "request_id"

    request_id: Id
    outcome: JoinOutcome
    member_id: Id | None = None
    reason: LongText | None = None

    @model_validator(mode="after")
    def _outcome_is_complete(self) -> Self:
        if self.outcome == "refused" and self.reason is None:
            raise Refused("reason", "is missing, a refusal has one")
        if self.outcome != "refused" and self.member_id is None:
            raise Refused("member_id", f"is missing, outcome {self.outcome!r} has one")
        return self


class Consent(Fact):
    """What a person allowed or forbade: one class of message over one channel, when, and how we know."""

    channel: Channel
    class_: MessageClass = Field(alias="class")
    given: bool
    at: Moment
    source: Text


class ContactChanged(Event):
    """A person's contact data at one revision. Erased means that no data is left but the fact of it."""

    topic: ClassVar[str] = "contact.changed"
    key_field: ClassVar[str | None] = "contact_id"

    contact_id: Id
    revision: Revision
    member_id: Id | None = None
    name: Text | None = None
    email: Email | None = None
    phone: Phone | None = None
    roles: tuple[Slug, ...] = Field(default=(), max_length=20)
    timezone: TimeZone | None = None
    language: Language | None = None
    erased: bool = False
    consents: tuple[Consent, ...] = Field(default=(), max_length=100)

    @model_validator(mode="after")
    def _erased_is_empty(self) -> Self:
        if self.erased:
            for field in ("name", "email", "phone", "roles", "timezone", "language", "consents"):
                if getattr(self, field):
                    raise Refused(field, "an erased contact has no data")
        elif self.member_id is None:
            raise Refused("member_id", "is missing")
        return self


class GrantChanged(Event):
    """Which scopes a partner may use for a member from now on; none means that the grant is gone."""

    topic: ClassVar[str] = "grant.changed"
    key_field: ClassVar[str | None] = "member_id"

    member_id: Id
    partner: Slug
    revision: Revision
    scopes: tuple[PartnerScope, ...]


class CredentialEarned(Event):
    """How many of a program's students earned a credential in a period: absolute, so that a repeat changes nothing."""

    topic: ClassVar[str] = "credential.earned"
    key_field: ClassVar[str | None] = "member_id"

    member_id: Id
    program_id: Id
    credential: Credential
    period: Period
    revision: Revision
    count: Count
    expires_on: Day | None = None


class GatheringScheduled(Event):
    """A webinar or a career fair is to take place."""

    topic: ClassVar[str] = "gathering.scheduled"
    key_field: ClassVar[str | None] = "gathering_id"

    gathering_id: Id
    revision: Revision
    title: Text
    kind: GatheringKind
    starts_at: Moment
    minutes: int = Field(ge=1, le=60 * 24 * 14)
    places: Count | None = None
    url: Url | None = None
    audiences: tuple[Slug, ...] = Field(default=(), max_length=20)

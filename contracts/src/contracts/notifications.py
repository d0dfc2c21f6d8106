"""The events of notifications: what is to be told and what became of it, what people say back, and the stories."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, JsonValue, model_validator

from contracts.event import Event, Refused
from contracts.fields import Day, Id, Language, LongText, Moment, Revision, Slug, Text, Url
from contracts.vocabulary import Answer, Channel, MessageClass, NotificationOutcome

WITH_A_REASON = ("held", "suppressed", "failed")


class NotificationRequested(Event):
    """Tell this member's people in these roles that, or this one person alone."""

    topic: ClassVar[str] = "notification.requested"
    key_field: ClassVar[str | None] = "member_id"

    request_id: Id
    member_id: Id
    contact_id: Id | None = None
    roles: tuple[Slug, ...] = Field(default=(), max_length=20)
    class_: MessageClass = Field(alias="class")
    template: Slug
    data: dict[str, JsonValue] = Field(default_factory=dict)
    not_before: Moment | None = None

    @model_validator(mode="after")
    def _is_for_roles_or_for_one(self) -> Self:
        if self.contact_id is not None and self.roles:
            raise Refused("roles", "are given beside contact_id, which names the one person")
        return self


class NotificationSettled(Event):
    """What became of one message to one person over one channel, and why.

    `cause` is the `ce_id` of the event that the message was about. `notification_id` stays the same through all
    revisions: a message that was held is sent later, one that was sent may be delivered.
    """

    topic: ClassVar[str] = "notification.settled"
    key_field: ClassVar[str | None] = "member_id"

    notification_id: Id
    revision: Revision
    member_id: Id
    contact_id: Id
    cause: Id
    template: Slug
    class_: MessageClass = Field(alias="class")
    channel: Channel
    outcome: NotificationOutcome
    reason: LongText | None = None
    at: Moment

    @model_validator(mode="after")
    def _what_did_not_go_out_says_why(self) -> Self:
        if self.outcome in WITH_A_REASON and self.reason is None:
            raise Refused("reason", f"is missing, outcome {self.outcome!r} has one")
        return self


class PartnershipAnswered(Event):
    """A person answered a proposal for their member by a reply: yes or no, to whichever of the two questions is open."""

    topic: ClassVar[str] = "partnership.answered"
    key_field: ClassVar[str | None] = "need_id"

    need_id: Id
    proposal_id: Id
    member_id: Id
    contact_id: Id
    answer: Answer
    channel: Channel
    answered_at: Moment


class ConsentStated(Event):
    """A person allowed or forbade classes of message over one channel; an empty list of classes means all of them.

    `classes` has no default: nobody allows everything because a field was forgotten. Of two statements the later
    `at` holds.
    """

    topic: ClassVar[str] = "consent.stated"
    key_field: ClassVar[str | None] = "contact_id"

    contact_id: Id
    member_id: Id | None = None
    channel: Channel
    classes: tuple[MessageClass, ...]
    given: bool
    at: Moment
    source: Text


class MediaPublished(Event):
    """An awareness story to syndicate."""

    topic: ClassVar[str] = "media.published"
    key_field: ClassVar[str | None] = "media_id"

    media_id: Id
    revision: Revision
    title: Text
    summary: LongText | None = None
    url: Url
    audiences: tuple[Slug, ...] = Field(default=(), max_length=20)
    languages: tuple[Language, ...] = Field(default=(), max_length=20)
    starts_on: Day | None = None

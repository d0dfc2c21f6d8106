"""The events of notifications: what is to be told, and the stories that are syndicated."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, JsonValue

from contracts.event import Event
from contracts.fields import Day, Id, Language, LongText, Moment, Revision, Slug, Text, Url
from contracts.vocabulary import MessageClass


class NotificationRequested(Event):
    """Tell this member's people in these roles that."""

    topic: ClassVar[str] = "notification.requested"
    key_field: ClassVar[str | None] = "member_id"

    request_id: Id
    member_id: Id
    roles: tuple[Slug, ...] = Field(default=(), max_length=20)
    class_: MessageClass = Field(alias="class")
    template: Slug
    data: dict[str, JsonValue] = Field(default_factory=dict)
    not_before: Moment | None = None


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

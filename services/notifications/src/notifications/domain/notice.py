"""A notice: something that people of one member are to be told, because of one cause."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# Who speaks for a member where no one person is named.
DECIDES_AT_A_SHOP = ("owner", "manager")
DECIDES_AT_A_SCHOOL = ("instructor", "owner")

BOTH = ("email", "sms")
EMAIL = ("email",)
SMS = ("sms",)


@dataclass(frozen=True, slots=True)
class Notice:
    """Whom to tell what: one person (`contact_id`), else the member's people in these roles, else all of its people;
    with `alone` that one person and nobody else.

    `data` is what the template says; `about` the thing that it is about, e.g. a proposal. After `late_after` nobody
    wants to hear of it any more, before `not_before` not yet.
    """

    template: str
    class_: str
    member_id: str
    contact_id: str | None = None
    alone: bool = False
    roles: tuple[str, ...] = ()
    channels: tuple[str, ...] = EMAIL
    data: dict[str, Any] = field(default_factory=dict)
    about: str | None = None
    not_before: datetime | None = None
    late_after: datetime | None = None

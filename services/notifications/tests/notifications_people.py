"""Members, people and partnerships as they come over the log, with values that have character."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.fields import moment_text
from contracts.matching import (
    PartnershipAccepted,
    PartnershipAgreed,
    PartnershipDeclined,
    PartnershipExpired,
    PartnershipProposed,
)
from contracts.membership import ContactChanged, MemberJoined

SMS_YES = {
    "channel": "sms",
    "class": "match",
    "given": True,
    "at": "2026-01-02T03:04:05Z",
    "source": "confirming reply",
}


def unique() -> str:
    return uuid.uuid4().hex[:10]


def phone_number() -> str:
    """One of the numbers that are nobody's, made different by the area code."""
    number = uuid.uuid4().int
    return f"+1{200 + number % 700:03}55501{number // 1000 % 100:02}"


@dataclass(frozen=True)
class Person:
    """A member with one person who speaks for it."""

    kind: str
    member_name: str
    name: str
    roles: tuple[str, ...]
    key: str = field(default_factory=unique)

    @property
    def member_id(self) -> str:
        return f"m-{self.key}"

    @property
    def contact_id(self) -> str:
        return f"c-{self.key}"

    @property
    def email(self) -> str:
        return f"{self.name.lower()}-{self.key}@example.com"

    def joins(self) -> MemberJoined:
        return MemberJoined.model_validate(
            {
                "member_id": self.member_id,
                "revision": 1,
                "kind": self.kind,
                "status": "active",
                "name": self.member_name,
            }
        )

    def contact(self, revision: int = 2, **fields: Any) -> ContactChanged:
        """By default not the first revision, so that no welcome is in the way."""
        body = {
            "contact_id": self.contact_id,
            "revision": revision,
            "member_id": self.member_id,
            "name": self.name,
            "email": self.email,
            "roles": list(self.roles),
            "timezone": "America/New_York",
            **fields,
        }
        return ContactChanged.model_validate(body)

    def erased(self, revision: int = 9) -> ContactChanged:
        return ContactChanged(contact_id=self.contact_id, revision=revision, erased=True)


def shop(name: str = "Elm Street Garage") -> Person:
    return Person("business", name, "Pat", ("owner",))


def school(name: str = "York Tech") -> Person:
    return Person("school", name, "Robin", ("instructor",))


@dataclass(frozen=True)
class Between:
    """A proposal between a school and a shop."""

    asker: Person
    offerer: Person
    key: str = field(default_factory=unique)

    def _body(self, revision: int, **fields: Any) -> dict[str, Any]:
        return {
            "proposal_id": f"p-{self.key}",
            "need_id": f"n-{self.key}",
            "offer_id": f"o-{self.key}",
            "revision": revision,
            "kind": "guest_speaker",
            "title": "Brake day",
            "requested_by": self.asker.member_id,
            "offered_by": self.offerer.member_id,
            "zip": "17401",
            "distance_miles": 12,
            "students": 22,
            "starts_on": "2027-02-01",
            "ends_on": "2027-02-28",
            **fields,
        }

    def _awaited(self, revision: int, **fields: Any) -> dict[str, Any]:
        due = moment_text(datetime.now(UTC) + timedelta(hours=72))
        url = f"https://driveline.example.com/answers/{self.key}"
        return self._body(revision, **{"answer_until": due, "answer_url": url, **fields})

    def proposed(self, **fields: Any) -> PartnershipProposed:
        return PartnershipProposed.model_validate(self._awaited(1, **fields))

    def accepted(self, **fields: Any) -> PartnershipAccepted:
        return PartnershipAccepted.model_validate(self._awaited(2, **fields))

    def agreed(self) -> PartnershipAgreed:
        return PartnershipAgreed.model_validate(self._body(3))

    def declined(self, by: Person, revision: int = 2) -> PartnershipDeclined:
        return PartnershipDeclined.model_validate(self._body(revision, declined_by=by.member_id))

    def expired(self, revision: int = 3) -> PartnershipExpired:
        return PartnershipExpired.model_validate(self._body(revision, reason="no_answer"))

    def nobody(self) -> PartnershipExpired:
        """The need itself ended."""
        none = dict.fromkeys(("proposal_id", "offer_id", "offered_by", "distance_miles"))
        return PartnershipExpired.model_validate(self._body(4, reason="no_candidate") | none)

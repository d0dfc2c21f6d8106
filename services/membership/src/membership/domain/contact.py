"""A person who can be reached for a member; the only personal data that membership keeps."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from membership.domain.errors import RuleBrokenError

CLASSES = ("transactional", "match", "digest", "marketing")


@dataclass(frozen=True, slots=True)
class Reach:
    """How somebody says that a person can be reached, email and phone already in their normal form."""

    name: str | None
    email: str | None
    phone: str | None
    roles: tuple[str, ...] = ()
    timezone: str | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Consent:
    """What the person said of one class of message over one channel, when, and how we know."""

    channel: str
    class_: str
    given: bool
    at: datetime
    source: str

    def holds_against(self, other: "Consent") -> bool:
        """Whether this one stands when both were stated: the later one; of two at one moment the refusal."""
        return (self.at, not self.given, self.source) > (other.at, not other.given, other.source)


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact at one revision. Consents are stated by the person alone, never by the form that named them."""

    contact_id: str
    revision: int
    member_id: str
    reach: Reach
    consents: tuple[Consent, ...] = ()
    erased: bool = False

    @classmethod
    def add(cls, contact_id: str, member_id: str, reach: Reach) -> Self:
        """A new contact, without any consent yet."""
        if not (reach.email or reach.phone):
            raise RuleBrokenError("contacts", "a contact needs an email or a phone")
        return cls(contact_id, 1, member_id, reach)

    def change(self, reach: Reach) -> Self:
        """What is known now; saying the same again changes nothing."""
        if self.erased:
            raise RuleBrokenError("contact_id", f"'{self.contact_id}' was erased")
        return self if reach == self.reach else replace(self, revision=self.revision + 1, reach=reach)

    def state(self, channel: str, classes: Iterable[str], given: bool, at: datetime, source: str) -> Self:
        """What the person allows or forbids; no class means all of them. Old news and repeats change nothing.

        Whoever was erased is not there to be written to: nothing is taken down about them any more.
        """
        if self.erased:
            return self
        standing = {(consent.channel, consent.class_): consent for consent in self.consents}
        for class_ in tuple(classes) or CLASSES:
            said = Consent(channel, class_, given, at, source)
            known = standing.get((channel, class_))
            if known is None or said.holds_against(known):
                standing[channel, class_] = said
        consents = tuple(standing[key] for key in sorted(standing))
        return self if consents == self.consents else replace(self, revision=self.revision + 1, consents=consents)

    def erase(self) -> Self:
        """Forget the person; the id and the revision stay, so that everybody else forgets too."""
        if self.erased:
            return self
        return replace(self, revision=self.revision + 1, reach=Reach(None, None, None), consents=(), erased=True)


def same_person(known: Iterable[Contact], reach: Reach) -> Contact | None:
    """The contact among the known ones that has this email, or this phone."""
    for contact in known:
        mine = contact.reach
        if not contact.erased and (
            (reach.email and mine.email == reach.email) or (reach.phone and mine.phone == reach.phone)
        ):
            return contact
    return None

"""A person who can be reached for a member; the only personal data that membership keeps."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

from membership.domain.errors import RuleBrokenError


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
class Contact:
    """One contact at one revision. Consents are stated by the person alone, never by the form that named them."""

    contact_id: str
    revision: int
    member_id: str
    reach: Reach
    consents: tuple[dict[str, Any], ...] = ()
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

"""A person who can be reached, as far as notifications may know."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Contact:
    """How a person is reached at one revision."""

    contact_id: str
    revision: int
    member_id: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    roles: tuple[str, ...] = ()
    timezone: str | None = None
    language: str | None = None
    consents: tuple[dict[str, Any], ...] = ()
    erased: bool = False

    def kept(self) -> Self:
        """What may be kept: of an erased person the id and revision alone, whatever else the event carries."""
        return type(self)(self.contact_id, self.revision, erased=True) if self.erased else self

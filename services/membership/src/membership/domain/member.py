"""A member: the public state that everybody may know, and what can happen to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Self

from membership.domain.errors import RuleBrokenError
from membership.domain.status import FIRST, check_step

# A technician is a person: these never enter the public state.
PERSONAL = ("name", "address", "city")
SMALL_GROUP_AT_MOST = 5  # locations; more than these make a multi-shop operator


@dataclass(frozen=True, slots=True)
class ExternalId:
    """The name of a member in somebody else's register, such as `pa-ois` `CN91`."""

    scheme: str
    id: str


@dataclass(frozen=True, slots=True)
class Location:
    """One shop of an owner."""

    location_id: str
    zip: str
    shop_type: str | None


@dataclass(frozen=True, slots=True)
class Program:
    """One program of a school."""

    program_id: str
    cip: str
    enrolled: int | None = None
    curricula: tuple[str, ...] = ()
    accreditations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """What a member says of itself, or a register says of it."""

    kind: str
    name: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    external_ids: tuple[ExternalId, ...] = ()
    shop_type: str | None = None
    size: str | None = None
    ownership: str | None = None
    locations: tuple[Location, ...] = ()
    level: str | None = None
    programs: tuple[Program, ...] = ()

    def public(self) -> "Profile":
        """The profile without what may not be public: a technician has no name and no address."""
        return replace(self, name=None, address=None, city=None) if self.kind == "technician" else self


@dataclass(frozen=True, slots=True)
class Member:
    """A member at one revision; every verb returns the member at the next one, or itself when nothing changed."""

    member_id: str
    revision: int
    status: str
    verified_on: date | None
    profile: Profile

    @classmethod
    def join(cls, member_id: str, profile: Profile, verified_on: date | None = None) -> Self:
        """A new member; `verified_on` is given when a register vouches for it."""
        return cls(member_id, 1, FIRST[profile.kind], verified_on, profile.public())

    def merge(self, other: Profile, verified_on: date | None = None, *, rejoin: bool = False) -> Self:
        """Take in what a second application of the same owner adds; nothing that is known is overwritten."""
        if other.kind != self.profile.kind:
            raise RuleBrokenError("kind", f"'{other.kind}' is asked for, but this member is a {self.profile.kind}")
        mine, other = self.profile, other.public()
        locations = _with_locations(mine.locations, other.locations)
        changes: dict[str, Any] = {
            "external_ids": tuple(dict.fromkeys((*mine.external_ids, *other.external_ids))),
            "locations": locations,
            "programs": _with_programs(mine.programs, other.programs),
            "ownership": _ownership(mine.ownership or other.ownership, len(locations)),
        }
        for scalar in ("name", "address", "city", "state", "zip", "shop_type", "size", "level"):
            changes[scalar] = getattr(mine, scalar) or getattr(other, scalar)
        status = FIRST[mine.kind] if rejoin and self.status == "left" else self.status
        return self._at_next(replace(mine, **changes), status, _earlier(self.verified_on, verified_on))

    def change(self, said: Mapping[str, Any]) -> Self:
        """Replace the named fields of the profile."""
        known = {f.name for f in fields(Profile)} - {"kind"}
        for field in said:
            if field not in known:
                raise RuleBrokenError(field, "cannot be changed")
            if self.profile.kind == "technician" and field in PERSONAL and said[field] is not None:
                raise RuleBrokenError(field, "a technician has none")
        return self._at_next(replace(self.profile, **said), self.status, self.verified_on)

    def verify(self, on: date) -> Self:
        """Somebody vouched for the member on that day; the earliest such day counts."""
        return self._at_next(self.profile, self.status, _earlier(self.verified_on, on))

    def confirm(self, on: date) -> Self:
        """A technician's email or phone answered on that day."""
        if self.profile.kind != "technician":
            raise RuleBrokenError("kind", f"a {self.profile.kind} is verified, not confirmed")
        status = "active" if self.status == "pending" else self.status
        return self._at_next(self.profile, status, self.verified_on or on)

    def go_to(self, status: str) -> Self:
        """Take the membership to another standing."""
        check_step(self.status, status)
        return self._at_next(self.profile, status, self.verified_on)

    def leave(self) -> Self:
        """End the membership; leaving twice changes nothing."""
        return self.go_to("left")

    def _at_next(self, profile: Profile, status: str, verified_on: date | None) -> Self:
        if (profile, status, verified_on) == (self.profile, self.status, self.verified_on):
            return self
        return replace(self, revision=self.revision + 1, profile=profile, status=status, verified_on=verified_on)


def _with_programs(mine: tuple[Program, ...], other: Iterable[Program]) -> tuple[Program, ...]:
    known = {program.program_id: program for program in mine}
    for program in other:
        known.setdefault(program.program_id, program)
    return tuple(known.values())


def _with_locations(mine: tuple[Location, ...], other: Iterable[Location]) -> tuple[Location, ...]:
    known = {location.location_id: location for location in mine}
    for location in other:
        named = known.get(location.location_id)
        if named is not None and named.zip != location.zip:
            # Two applications may both call their only shop `l-1`.
            location = replace(location, location_id=f"{location.location_id}-{location.zip}")
        known.setdefault(location.location_id, location)
    return tuple(known.values())


def _ownership(said: str | None, locations: int) -> str | None:
    if said not in (None, "single") or locations < 2:
        return said
    return "small_group" if locations <= SMALL_GROUP_AT_MOST else "mso"


def _earlier(one: date | None, other: date | None) -> date | None:
    return min(one, other) if one and other else one or other

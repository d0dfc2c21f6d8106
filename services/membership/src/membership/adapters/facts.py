"""What the rest of the house is told: members, contacts and grants as the events of `contracts`."""

from collections.abc import Iterable
from typing import Any

from contracts.membership import (
    ContactChanged,
    GrantChanged,
    MemberJoined,
    MemberJoinRequested,
    MemberState,
    MemberUpdated,
)
from contracts.parsing import refusal
from pydantic import ValidationError

from contracts import membership as contract
from membership.domain.contact import Contact, Reach
from membership.domain.errors import RuleBrokenError
from membership.domain.grants import Grant
from membership.domain.member import ExternalId, Location, Member, Profile, Program

_SCALARS = ("kind", "name", "address", "city", "state", "zip", "shop_type", "size", "ownership", "level")


def _state(member: Member) -> dict[str, Any]:
    profile = member.profile
    return {
        "member_id": member.member_id,
        "revision": member.revision,
        "status": member.status,
        "verified_on": member.verified_on,
        **{field: getattr(profile, field) for field in _SCALARS},
        "external_ids": [{"scheme": e.scheme, "id": e.id} for e in profile.external_ids],
        "locations": [
            {"location_id": p.location_id, "zip": p.zip, "shop_type": p.shop_type} for p in profile.locations
        ],
        "programs": [
            {
                "program_id": p.program_id,
                "cip": p.cip,
                "enrolled": p.enrolled,
                "curricula": p.curricula,
                "accreditations": p.accreditations,
            }
            for p in profile.programs
        ],
    }


def state_of(member: Member) -> MemberState:
    """The whole public state of a member: `member.joined` at its first revision, `member.updated` later.

    Raises RuleBrokenError for a member that the contract has no room for, such as a name of 300 characters.
    """
    model = MemberJoined if member.revision == 1 else MemberUpdated
    try:
        return model.model_validate(_state(member))
    except ValidationError as why:
        refused = refusal(why, model.topic)
        raise RuleBrokenError(refused.field, refused.problem) from None


def contact_changed(contact: Contact) -> ContactChanged:
    """A contact at its revision; of an erased one nothing but the fact."""
    if contact.erased:
        return ContactChanged(contact_id=contact.contact_id, revision=contact.revision, erased=True)
    reach = contact.reach
    return ContactChanged.model_validate(
        {
            "contact_id": contact.contact_id,
            "revision": contact.revision,
            "member_id": contact.member_id,
            "name": reach.name,
            "email": reach.email,
            "phone": reach.phone,
            "roles": reach.roles,
            "timezone": reach.timezone,
            "language": reach.language,
            "erased": False,
            "consents": [
                {"channel": c.channel, "class": c.class_, "given": c.given, "at": c.at, "source": c.source}
                for c in contact.consents
            ],
        }
    )


def grant_changed(grant: Grant) -> GrantChanged:
    """A grant as it is from now on."""
    fields = {"member_id": grant.member_id, "partner": grant.partner, "revision": grant.revision}
    return GrantChanged.model_validate(fields | {"scopes": sorted(grant.scopes)})


def profile_of(request: MemberJoinRequested) -> Profile:
    """What an application says of the member."""
    return Profile(
        **{field: getattr(request, field) for field in _SCALARS},
        external_ids=external_ids_of(request.external_ids),
        locations=locations_of(request.locations),
        programs=programs_of(request.programs),
    )


def external_ids_of(said: Iterable[contract.ExternalId]) -> tuple[ExternalId, ...]:
    """As domain values."""
    return tuple(ExternalId(e.scheme, e.id) for e in said)


def locations_of(said: Iterable[contract.Location]) -> tuple[Location, ...]:
    """As domain values."""
    return tuple(Location(p.location_id, p.zip, p.shop_type) for p in said)


def programs_of(said: Iterable[contract.Program]) -> tuple[Program, ...]:
    """As domain values."""
    return tuple(Program(p.program_id, p.cip, p.enrolled, p.curricula, p.accreditations) for p in said)


def reaches_of(said: Iterable[contract.JoinContact]) -> tuple[Reach, ...]:
    """The people that somebody names."""
    return tuple(Reach(c.name, c.email, c.phone, c.roles, c.timezone) for c in said)

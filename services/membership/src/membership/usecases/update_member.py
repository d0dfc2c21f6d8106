"""Update: what a member says anew about itself, and what an operator says about its standing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chassis.outbox import Outbox
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import facts, members, reachable
from membership.domain import identity
from membership.domain.contact import Reach
from membership.domain.errors import RuleBrokenError, UnknownMemberError
from membership.domain.identity import Identity
from membership.domain.member import Member
from membership.usecases.note_people import note_people


@dataclass(frozen=True, slots=True)
class Change:
    """Fields of the profile to be replaced, people to be added, and, from an operator, status and verification."""

    profile: Mapping[str, Any] = field(default_factory=dict)
    people: Sequence[Reach] = ()
    status: str | None = None
    verified_on: date | None = None


class UpdateMember:
    """Applies a change in the caller's transaction."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def __call__(self, session: AsyncSession, member_id: str, change: Change) -> Member:
        """The member after the change; one revision later if anything public is different."""
        old = (await members.load(session, [member_id])).get(member_id)
        if old is None:
            raise UnknownMemberError(member_id)
        new = old.change(change.profile)
        if change.verified_on is not None:
            new = (
                new.confirm(change.verified_on) if new.profile.kind == "technician" else new.verify(change.verified_on)
            )
        if change.status is not None:
            new = new.go_to(change.status)
        if new != old:
            new = replace(new, revision=old.revision + 1)
            marks = identity.of_profile(new.profile)
            await members.begin_joining(session, marks)
            _check_own(member_id, marks, await members.find(session, marks))
            await members.save(session, [new])
            await members.remember(session, [(mark, member_id) for mark in marks])
            await self._outbox.emit(session, facts.state_of(new))
        if change.people:
            zip5 = new.profile.zip
            people = [reachable.normal(reach, f"contacts.{i}", zip5) for i, reach in enumerate(change.people)]
            await note_people(session, self._outbox, {member_id: people})
        return new


def _check_own(member_id: str, marks: Sequence[Identity], known: Mapping[tuple[str, str], str]) -> None:
    """An entry of a register belongs to one member; who says that it is theirs as well is told so."""
    for mark in marks:
        if mark.kind == "external" and known.get((mark.kind, mark.value), member_id) != member_id:
            raise RuleBrokenError("external_ids", f"'{mark.value}' is another member's")

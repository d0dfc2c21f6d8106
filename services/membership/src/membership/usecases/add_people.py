"""Add people: to the contacts of one member, or of many at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chassis.database import Database
from chassis.outbox import Outbox
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import members, reachable
from membership.domain.contact import Contact, Reach
from membership.domain.errors import RuleBrokenError, UnknownMemberError
from membership.domain.member import Member
from membership.usecases.note_people import note_people


@dataclass(slots=True)
class Added:
    """By member the ids of the people that were named for it, in order; and what was refused, by line."""

    people: dict[str, list[str]] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Line:
    """What one line of an import says."""

    number: int
    member_id: str
    people: Sequence[Reach]


class AddPeople:
    """Adds or changes contacts; whoever is known by email or phone is changed, not doubled."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def to_one(self, session: AsyncSession, member_id: str, people: Sequence[Reach]) -> list[Contact]:
        """In the caller's transaction: all or none. Returns who these people are now."""
        known = await members.load(session, [member_id])
        reaches = _checked(known, member_id, people)
        return (await note_people(session, self._outbox, {member_id: reaches}))[member_id]

    async def to_many(self, lines: Sequence[Line], added: Added) -> None:
        """In one transaction; a line that cannot be applied is refused, the others are."""
        async with self._database.transaction() as session:
            known = await members.load(session, [line.member_id for line in lines])
            good: dict[str, list[Reach]] = {}
            for line in lines:
                try:
                    reaches = _checked(known, line.member_id, line.people)
                except RuleBrokenError as why:
                    added.refused.append((line.number, str(why)))
                else:
                    good.setdefault(line.member_id, []).extend(reaches)
            for member_id, contacts in (await note_people(session, self._outbox, good)).items():
                added.people.setdefault(member_id, []).extend(contact.contact_id for contact in contacts)


def _checked(known: Mapping[str, Member], member_id: str, people: Sequence[Reach]) -> list[Reach]:
    if member_id not in known:
        raise UnknownMemberError(member_id)
    zip5 = known[member_id].profile.zip
    reaches = [reachable.normal(reach, f"contacts.{i}", zip5) for i, reach in enumerate(people)]
    for i, reach in enumerate(reaches):
        if not (reach.email or reach.phone):
            raise RuleBrokenError(f"contacts.{i}", "needs an email or a phone")
    return reaches

"""Join: a new member, or the member that is there, with what the second application adds."""

from dataclasses import dataclass

from chassis.outbox import Outbox
from contracts.membership import MemberJoinRequested
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import facts, grants, members, reachable
from membership.domain import identity
from membership.domain.errors import RuleBrokenError
from membership.domain.member import Member
from membership.usecases.ids import new_id
from membership.usecases.note_people import note_people

SCOPE = "members:write"


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of an application: `joined`, `existing` (nothing new in it) or `merged`."""

    outcome: str
    member: Member


class JoinMember:
    """Applies an application in the caller's transaction."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def __call__(self, session: AsyncSession, request: MemberJoinRequested, partner: str | None = None) -> Joined:
        """Raises RuleBrokenError for an application that cannot be granted.

        `partner` is whoever sent the application for the member; None is the member itself or an operator. A partner
        may introduce a member and add shops to one, but not put its own people among the contacts of somebody else's.
        """
        profile = facts.profile_of(request)
        people = [
            reachable.normal(reach, f"contacts.{i}", request.zip)
            for i, reach in enumerate(facts.reaches_of(request.contacts))
        ]
        if profile.kind == "technician" and not any(reach.email or reach.phone for reach in people):
            raise RuleBrokenError("contacts", "a technician joins with an email or a phone")
        emails = tuple(reach.email for reach in people if reach.email)
        phones = tuple(reach.phone for reach in people if reach.phone)
        asked = identity.of_request(partner, request.request_id)
        marks = [asked, *identity.of_profile(profile, emails, phones)]
        await members.begin_joining(session, marks)
        known = await members.find(session, marks)
        known_id = next((known[m.kind, m.value] for m in marks if (m.kind, m.value) in known), None)
        if known_id is None:
            member = Member.join(new_id("m"), profile)
            await members.add(session, [member])
            outcome, trusted = "joined", True
        else:
            old = (await members.load(session, [known_id]))[known_id]
            if (asked.kind, asked.value) in known:
                return Joined("existing", old)
            trusted = partner is None or await self._granted(session, partner, known_id)
            member = old.merge(identity.with_its_shop(old.profile, profile), rejoin=trusted)
            outcome = "existing" if member == old else "merged"
            await members.save(session, [] if member == old else [member])
        await members.remember(session, [(mark, member.member_id) for mark in marks])
        if outcome != "existing":
            await self._outbox.emit(session, facts.state_of(member))
        if trusted:
            await note_people(session, self._outbox, {member.member_id: people})
        return Joined(outcome, member)

    async def _granted(self, session: AsyncSession, partner: str, member_id: str) -> bool:
        standing = await grants.standing(session, partner, [member_id])
        return SCOPE in standing.granted.get(member_id, frozenset())

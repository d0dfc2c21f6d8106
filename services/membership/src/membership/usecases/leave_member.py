"""Leave: the membership ends, and with it everything that partners may do in the member's name."""

from chassis.outbox import Outbox
from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import facts, grants, members
from membership.domain.errors import UnknownMemberError
from membership.domain.member import Member


class LeaveMember:
    """Ends a membership in the caller's transaction."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def __call__(self, session: AsyncSession, member_id: str) -> Member:
        """Leaving twice changes nothing."""
        old = (await members.load(session, [member_id])).get(member_id)
        if old is None:
            raise UnknownMemberError(member_id)
        gone = old.leave()
        taken_back = [
            grant.restate(frozenset()) for grant in await grants.of_member(session, member_id) if grant.scopes
        ]
        await grants.save(session, taken_back)
        await self._outbox.emit_many(session, [facts.grant_changed(grant) for grant in taken_back])
        if gone != old:
            await members.save(session, [gone])
            await self._outbox.emit(session, facts.state_of(gone))
        return gone

"""Note a member: what a message says of it."""

from contracts.membership import MemberState
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters.newest import keep_newest
from notifications.adapters.tables import MEMBER


async def note_member(session: AsyncSession, member: MemberState) -> None:
    """An old or repeated revision changes nothing, and is no error."""
    row = {
        "member_id": member.member_id,
        "revision": member.revision,
        "kind": member.kind,
        "status": member.status,
        "name": member.name,
    }
    await keep_newest(session, MEMBER, row)

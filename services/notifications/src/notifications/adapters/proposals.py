"""How far each proposal has come, by its revision."""

from sqlalchemy import literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.adapters.tables import PROPOSAL


async def keep_proposal(session: AsyncSession, proposal_id: str, revision: int, *, accepted: bool) -> bool | None:
    """Write down a newer revision; whether the proposal was accepted before it. None if this is no newer one."""
    known = select(PROPOSAL.c.accepted).where(PROPOSAL.c.proposal_id == proposal_id).with_for_update()
    was_accepted = bool((await session.execute(known)).scalar_one_or_none())
    statement = insert(PROPOSAL).values(proposal_id=proposal_id, revision=revision, accepted=accepted)
    newer = statement.on_conflict_do_update(
        index_elements=["proposal_id"],
        set_={"revision": revision, "accepted": or_(PROPOSAL.c.accepted, literal(accepted))},
        where=PROPOSAL.c.revision < revision,
    ).returning(PROPOSAL.c.proposal_id)
    written = (await session.execute(newer)).scalar_one_or_none()
    return was_accepted if written is not None else None

"""Read one proposal with its need and the names of the two, for a page that asks for an answer."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import known_members, needs, proposals
from matching.domain.errors import NotFoundError
from matching.domain.need import Need
from matching.domain.proposal import Proposal


@dataclass(frozen=True, slots=True)
class Seen:
    """A proposal and what has to be known to tell of it."""

    need: Need
    proposal: Proposal
    names: dict[str, str]


async def read_proposal(session: AsyncSession, proposal_id: str) -> Seen:
    """Changes and holds nothing; raises NotFoundError."""
    proposal = await proposals.read(session, proposal_id)
    need = await needs.read(session, proposal.need_id) if proposal else None
    if proposal is None or need is None:
        raise NotFoundError("proposal_id", proposal_id)
    names = await known_members.names(session, [proposal.requested_by, proposal.offered_by])
    return Seen(need, proposal, names)

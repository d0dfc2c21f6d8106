"""Read: a need with what was proposed for it, and all that a member takes part in."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import known_members, needs, offers, proposals
from matching.domain.errors import NotFoundError
from matching.domain.need import Need
from matching.domain.offer import Offer
from matching.domain.proposal import Proposal


@dataclass(frozen=True, slots=True)
class Whole:
    """A need and its proposals, in the order in which they were made."""

    need: Need
    proposals: list[Proposal]

    @property
    def outcome(self) -> str | None:
        """What the need came to, or None while somebody is still looked for."""
        if self.need.state == "open":
            return None
        if any(proposal.holds for proposal in self.proposals):
            return "agreed"
        return "withdrawn" if self.need.state == "withdrawn" else "expired"


@dataclass(frozen=True, slots=True)
class Partnerships:
    """All that a member takes part in: its needs, its offers, the proposals on either side with the needs of others."""

    member_id: str
    needs: list[Whole]
    offers: list[Offer]
    proposals: list[Proposal]
    of_needs: dict[str, Need]
    names: dict[str, str]


async def read_need(session: AsyncSession, need_id: str) -> Whole:
    """One need; raises NotFoundError."""
    need = await needs.read(session, need_id)
    if need is None:
        raise NotFoundError("need_id", need_id)
    return Whole(need, await proposals.of_need(session, need_id))


async def read_needs(session: AsyncSession, state: str | None, after: str, limit: int) -> list[Whole]:
    """A page of all needs, in the order of their ids."""
    return await _whole(session, await needs.page(session, state, after, limit))


async def read_partnerships(session: AsyncSession, member_id: str, limit: int) -> Partnerships:
    """The newest of everything, so many of each."""
    asked = await _whole(session, await needs.of_member(session, member_id, limit))
    made = await proposals.of_member(session, member_id, limit)
    others = {proposal.requested_by for proposal in made} | {proposal.offered_by for proposal in made}
    others |= {proposal.offered_by for whole in asked for proposal in whole.proposals}
    return Partnerships(
        member_id,
        asked,
        await offers.of_member(session, member_id, limit),
        made,
        await needs.many(session, (proposal.need_id for proposal in made)),
        await known_members.names(session, others | {member_id}),
    )


async def _whole(session: AsyncSession, found: list[Need]) -> list[Whole]:
    made = await proposals.of_needs(session, [need.need_id for need in found])
    return [Whole(need, [p for p in made if p.need_id == need.need_id]) for need in found]

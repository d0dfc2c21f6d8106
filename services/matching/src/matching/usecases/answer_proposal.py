"""Answer: one of the two says yes or no to a proposal, over whatever way the answer came."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.outbox import Outbox
from contracts.event import Event
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import facts, metrics, needs, proposals
from matching.adapters.links import Link, Links
from matching.domain.deadlines import requester_answers_until
from matching.domain.errors import NotFoundError
from matching.domain.need import Need
from matching.domain.proposal import Proposal
from matching.domain.terms import Terms
from matching.usecases.follow_up import FollowUp, Then


class AnswerProposal:
    """Applies answers in the caller's transaction. Who gave the same answer before gets what it led to, unchanged."""

    def __init__(self, outbox: Outbox, follow_up: FollowUp, links: Links, terms: Terms, then: Then) -> None:
        self._outbox = outbox
        self._follow_up = follow_up
        self._links = links
        self._terms = terms
        self._then = then

    async def accept(self, session: AsyncSession, proposal_id: str, by: str, at: datetime | None = None) -> "Answered":
        """The offerer says yes; it is the requester's turn then."""
        now = datetime.now(UTC)
        until = requester_answers_until(now, self._terms)  # from now, however long the answer was on its way
        found = await self._apply(session, proposal_id, lambda proposal: proposal.accept(by, at or now, until))
        if found.changed:
            link = await self._links.url(Link(proposal_id, "requester", until))
            await self._follow_up.need_at(session, found.need.need_id, until)
            await self._tell(session, "accept", found, facts.accepted(found.need, found.proposal, link))
        return found

    async def agree(self, session: AsyncSession, proposal_id: str, by: str, at: datetime | None = None) -> "Answered":
        """The requester says yes as well."""
        at = at or datetime.now(UTC)
        found = await self._apply(session, proposal_id, lambda proposal: proposal.agree(by, at))
        if found.changed:
            await self._tell(session, "agree", found, facts.agreed(found.need, found.proposal))
        return found

    async def yes(self, session: AsyncSession, proposal_id: str, by: str, at: datetime | None = None) -> "Answered":
        """Yes, from whichever side."""
        proposal = await proposals.read(session, proposal_id)
        say = self.agree if proposal is not None and by == proposal.requested_by else self.accept
        return await say(session, proposal_id, by, at)

    async def decline(
        self, session: AsyncSession, proposal_id: str, by: str, at: datetime | None = None, reason: str | None = None
    ) -> "Answered":
        """One of the two says no; the offer's capacity is free again, and the next one is asked."""
        at = at or datetime.now(UTC)
        found = await self._apply(session, proposal_id, lambda proposal: proposal.decline(by, at, reason))
        if found.changed:
            await self._follow_up.offer_soon(session, found.proposal.offer_id)
            await self._tell(session, "decline", found, facts.declined(found.need, found.proposal))
        return found

    async def _apply(self, session: AsyncSession, proposal_id: str, verb: Callable[[Proposal], Proposal]) -> "Answered":
        need, before = await hold_proposal(session, proposal_id)
        after = verb(before)
        if after != before:
            await proposals.save(session, after)
        return Answered(need, before, after)

    async def _tell(self, session: AsyncSession, answer: str, found: "Answered", event: Event) -> None:
        await self._outbox.emit(session, event)
        took = (found.proposal.since - found.before.since).total_seconds()
        metrics.ANSWER_SECONDS.labels(answer).observe(max(0.0, took))  # the clock of who said when may be another
        await self._then(session, found.need.need_id)


@dataclass(frozen=True, slots=True)
class Answered:
    """The need, and the proposal before and after the answer."""

    need: Need
    before: Proposal
    proposal: Proposal

    @property
    def changed(self) -> bool:
        """False for an answer that was given before."""
        return self.proposal != self.before


async def hold_proposal(session: AsyncSession, proposal_id: str) -> tuple[Need, Proposal]:
    """A proposal and its need, whose row guards it, held until the transaction ends; raises NotFoundError."""
    seen = await proposals.read(session, proposal_id)
    need = await needs.hold(session, seen.need_id) if seen is not None else None
    proposal = await proposals.read(session, proposal_id)
    if need is None or proposal is None:
        raise NotFoundError("proposal_id", proposal_id)
    return need, proposal

"""Withdraw: a need or an offer is taken back; what waits for an answer on its account ends, what was agreed stays."""

from contracts.matching import PartnershipWithdrawn
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import offers, proposals, withdrawals
from matching.usecases.follow_up import FollowUp, Then


class WithdrawPartnership:
    """Applies a withdrawal in the caller's transaction; it may come before what it takes back."""

    def __init__(self, follow_up: FollowUp, then: Then) -> None:
        self._follow_up = follow_up
        self._then = then

    async def __call__(self, session: AsyncSession, said: PartnershipWithdrawn) -> None:
        """Of another member's need or offer it takes back nothing."""
        if said.need_id is not None:
            await withdrawals.remember(session, "need", said.need_id, said.member_id, said.revision)
            await self._then(session, said.need_id)
        elif said.offer_id is not None:
            await self._offer(session, said.offer_id, said.member_id, said.revision)

    async def _offer(self, session: AsyncSession, offer_id: str, member_id: str, revision: int) -> None:
        offer = await offers.hold(session, offer_id)
        await withdrawals.remember(session, "offer", offer_id, member_id, revision)
        if offer is None or offer.member_id != member_id or offer.withdrawn or revision < offer.revision:
            return
        await offers.save(session, offer.take_back())
        await self._follow_up.needs_soon(session, await proposals.needs_awaiting_offer(session, offer_id))

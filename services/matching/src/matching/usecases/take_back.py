"""Take back over HTTP: a need or an offer is withdrawn at once, and told in the same transaction."""

from chassis.outbox import Outbox
from sqlalchemy.ext.asyncio import AsyncSession

from matching.adapters import facts, needs, offers, withdrawals
from matching.adapters.withdrawals import Thing
from matching.usecases.withdraw_partnership import WithdrawPartnership


class TakeBack:
    """Withdraws what the caller was shown to own; doing so twice changes nothing."""

    def __init__(self, outbox: Outbox, withdraw: WithdrawPartnership) -> None:
        self._outbox = outbox
        self._withdraw = withdraw

    async def need(self, session: AsyncSession, need_id: str) -> None:
        """Only a need for which somebody is still looked for; what was agreed stays agreed."""
        need = await needs.hold(session, need_id)
        if need is not None and need.state == "open":
            await self._tell(session, "need", need_id, need.member_id, need.revision)

    async def offer(self, session: AsyncSession, offer_id: str) -> None:
        """Who was proposed to somebody and waits for an answer is let go as well."""
        offer = await offers.hold(session, offer_id)
        if offer is not None and not offer.withdrawn:
            await self._tell(session, "offer", offer_id, offer.member_id, offer.revision)

    async def _tell(self, session: AsyncSession, thing: Thing, thing_id: str, member_id: str, revision: int) -> None:
        newest = max(revision, await withdrawals.newest(session, thing, thing_id, member_id))
        said = facts.withdrawn(thing, thing_id, member_id, newest + 1)
        await self._withdraw(session, said)
        await self._outbox.emit(session, said)

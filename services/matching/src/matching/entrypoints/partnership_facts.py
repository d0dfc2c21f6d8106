"""From Kafka: what is needed, offered and taken back, and answers that came by message."""

from chassis.errors import Unapplicable
from contracts.codec import CloudEvent
from contracts.event import Event
from contracts.matching import PartnershipOffered, PartnershipRequested, PartnershipWithdrawn
from contracts.notifications import PartnershipAnswered
from sqlalchemy.ext.asyncio import AsyncSession

from matching.domain.errors import RuleBrokenError
from matching.usecases.apply_answer import ApplyAnswer
from matching.usecases.offer_partnership import OfferPartnership
from matching.usecases.request_partnership import RequestPartnership
from matching.usecases.withdraw_partnership import WithdrawPartnership

TOPICS = ("partnership.requested", "partnership.offered", "partnership.withdrawn", "partnership.answered")


class PartnershipFacts:
    """Translates and delegates. What the rules refuse can never be applied: it goes to the dead letters, with the reason."""

    def __init__(
        self,
        request: RequestPartnership,
        offer: OfferPartnership,
        withdraw: WithdrawPartnership,
        answer: ApplyAnswer,
    ) -> None:
        self._request = request
        self._offer = offer
        self._withdraw = withdraw
        self._answer = answer

    async def handle(self, event: Event, _ce: CloudEvent, session: AsyncSession) -> None:
        """One event, in the transaction of its batch."""
        try:
            match event:
                case PartnershipRequested():
                    await self._request(session, event)
                case PartnershipOffered():
                    await self._offer(session, event)
                case PartnershipWithdrawn():
                    await self._withdraw(session, event)
                case PartnershipAnswered():
                    await self._answer(session, event)
        except RuleBrokenError as why:
            raise Unapplicable(str(why)) from None

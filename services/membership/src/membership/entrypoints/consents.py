"""From Kafka: what people said about being written to (`consent.stated`), applied to their contacts."""

from chassis.errors import Unapplicable
from chassis.outbox import Outbox
from contracts.codec import CloudEvent
from contracts.event import Event
from contracts.notifications import ConsentStated
from sqlalchemy.ext.asyncio import AsyncSession

from membership.domain.errors import RuleBrokenError
from membership.usecases.note_consent import note_consent

TOPICS = ("consent.stated",)


class Consents:
    """Translates a statement and notes it."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def handle(self, event: Event, _ce: CloudEvent, session: AsyncSession) -> None:
        """A statement of nobody we know goes to the dead letters."""
        assert isinstance(event, ConsentStated)  # noqa: S101
        try:
            await note_consent(
                session,
                self._outbox,
                event.contact_id,
                event.channel,
                event.classes,
                event.given,
                event.at,
                event.source,
            )
        except RuleBrokenError as why:
            raise Unapplicable(str(why)) from None

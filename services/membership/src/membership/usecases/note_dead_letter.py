"""Note a dead letter: a stage after the intake could not apply an accepted event, so its receipt becomes a refusal."""

from sqlalchemy.ext.asyncio import AsyncSession

from membership.adapters import partners, receipts
from membership.adapters.receipts import Receipt
from membership.adapters.refusals import Refusal, Refusals


class NoteDeadLetter:
    """Tells the submitter, on its receipt and, a partner, on its topic of refusals."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals

    async def __call__(self, session: AsyncSession, submitter: str, refusal: Refusal) -> None:
        """`submitter` is as receipts name it: `partner:<name>`, `member:<id>` or `client:<id>`."""
        marks = (refusal.ce_id, refusal.ce_source, refusal.ce_type)
        kind, _, name = submitter.partition(":")
        # Somebody who was never registered, or an event of another house, has no topic to be told on.
        if kind == "partner" and await partners.partner_scopes(session, name) is not None:
            await self._refusals.send(name, [refusal])
        await receipts.refuse_later(session, submitter, Receipt(*marks, "refused", refusal.reason))

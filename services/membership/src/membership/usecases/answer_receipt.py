"""Answer for a receipt: whoever submitted an event learns what became of it, and nobody else does."""

from chassis.database import Database

from membership.adapters import receipts
from membership.adapters.receipts import Receipt


class AnswerReceipt:
    """Reads receipts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, ce_id: str, submitter: str | None) -> list[Receipt]:
        """One for each source that used this id, newest first; `submitter` None is an operator, who sees everybody's."""
        async with self._database.session() as session:
            return await receipts.read(session, ce_id, submitter)

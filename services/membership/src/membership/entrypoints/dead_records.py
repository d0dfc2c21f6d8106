"""From Kafka: dead letters of every service, told to whoever submitted what could not be applied."""

from collections.abc import Sequence

from chassis.apply import Record
from contracts.event import one_line
from sqlalchemy.ext.asyncio import AsyncSession

from contracts import topics
from membership.adapters.refusals import Refusal
from membership.usecases.note_dead_letter import NoteDeadLetter

TOPICS = tuple(topic.name for topic in topics.TOPICS if topic.name.endswith(".dead"))


class DeadRecords:
    """Translates dead letters; what names nobody who submitted it is passed over."""

    def __init__(self, note: NoteDeadLetter) -> None:
        self._note = note

    async def apply(self, records: Sequence[Record], session: AsyncSession) -> None:
        """Nothing is rejected here: a dead letter of a dead letter would go round for ever."""
        for record in records:
            headers = {name: one_line(value.decode("utf-8", "replace"), 500) for name, value in record.headers if value}
            submitter, ce_id = _submitter(headers), headers.get("ce_id")
            if submitter is None or ce_id is None:
                continue
            refusal = Refusal(
                ce_id[:200],
                headers.get("ce_source", ""),
                headers.get("ce_type", ""),
                f"{headers.get('dead_reason', 'could not be applied')} (at {headers.get('dead_topic', 'a later stage')})",
                record.topic,
                record.partition,
                record.offset,
                record.key,
            )
            await self._note(session, submitter, refusal)


def _submitter(headers: dict[str, str]) -> str | None:
    # On its own topic a partner may have written anything into the header `ce_partner`: there the topic tells.
    own = headers.get("dead_topic", "").removeprefix("partner.")
    if own and own != headers.get("dead_topic"):
        return f"partner:{own}"
    partner = headers.get("ce_partner")
    return f"partner:{partner}" if partner else headers.get("ce_submitter")

"""What was refused of a partner, published to `partner.<name>.rejected` for its systems to read."""

from asyncio import Future
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.producer import Producer
from contracts.event import canonical_json
from contracts.topics import partner_topics

TYPE = "driveline.partner.rejected.v1"
SOURCE = "driveline/membership.intake"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused event: its own marks as far as they could be read, why, and where its bytes still lie."""

    ce_id: str
    ce_source: str
    ce_type: str
    reason: str
    topic: str
    partition: int
    offset: int
    key: bytes | None = None


class Refusals:
    """Publishes refusals."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    async def send(self, partner: str, refused: Sequence[Refusal]) -> None:
        """Returns when Kafka has them all. The same refusal always yields the same bytes."""
        topic = partner_topics(partner)[1].name
        sent: list[Future[Any]] = []
        for refusal in refused:
            body = {
                "ce_id": refusal.ce_id,
                "ce_source": refusal.ce_source,
                "ce_type": refusal.ce_type,
                "reason": refusal.reason,
                "topic": refusal.topic,
                "partition": refusal.partition,
                "offset": refusal.offset,
            }
            headers: list[tuple[str, bytes | None]] = [
                ("content-type", b"application/json"),
                ("ce_specversion", b"1.0"),
                ("ce_id", f"{refusal.topic}/{refusal.partition}/{refusal.offset}".encode()),
                ("ce_source", SOURCE.encode()),
                ("ce_type", TYPE.encode()),
                ("reason", refusal.reason.encode()),
            ]
            key = refusal.key if refusal.key is not None else refusal.ce_id.encode()
            sent.append(await self._producer.send_soon(topic, canonical_json(body), key=key, headers=headers))
        await self._producer.confirm(sent)

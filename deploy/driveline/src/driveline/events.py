"""From a line of a file to a record for Kafka, or the reason why not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.codec import decode_kafka, encode_kafka, parse
from contracts.event import Refused
from contracts.topics import topic_of

from contracts import strict_json
from driveline.errors import UserError

PARTNER = "partner."


@dataclass(frozen=True, slots=True)
class Record:
    """What goes to Kafka for one line."""

    topic: str
    key: str
    headers: Sequence[tuple[str, str | bytes | None]]
    value: bytes


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbered lines, from 1; empty ones are passed over."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def record_of(line: bytes, topic: str | None = None, *, checked: bool = True) -> Record:
    """The record for one line; Refused says what is wrong. Unchecked, only the envelope has to be right.

    Its key is the key field of the event's own topic; on a partner's topic its member, so that one member's events keep
    their order.
    """
    ce = decode_kafka([], line)
    own = topic_of(ce.type)
    to_partner = topic is not None and topic.startswith(PARTNER)
    if topic is not None and not to_partner and topic != own.name:
        raise Refused("type", f"{ce.type!r} does not belong on topic {topic}")
    key = "member_id" if to_partner else own.key
    body = parse(ce, strict=True) if checked else strict_json.loads(ce.data, "data")
    value = body.get(key or "") if isinstance(body, dict) else getattr(body, key or "", None)
    headers, data = encode_kafka(ce)
    return Record(topic or own.name, value if isinstance(value, str) else ce.id, headers, data)

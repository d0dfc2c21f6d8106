"""Reading the dead letters, and sending one back to the topic that it came from."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chassis.servers.address import librdkafka_options
from confluent_kafka import Message, Producer
from contracts.topics import SERVICES

from driveline.errors import UserError
from driveline.reader import Reader

ADDED = ("dead_topic", "dead_partition", "dead_offset", "dead_reason", "dead_attempts", "dead_at", "dead_truncated")


@dataclass(frozen=True)
class Letter:
    """One dead letter. Its id is where it stands: `topic/partition/offset`."""

    id: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    said: dict[str, str]

    def summary(self) -> dict[str, Any]:
        """What a list shows."""
        came_from = f"{self.said.get('dead_topic')}/{self.said.get('dead_partition')}/{self.said.get('dead_offset')}"
        return {
            "id": self.id,
            "at": self.said.get("dead_at"),
            "from": came_from,
            "ce_id": next((text(value) for name, value in self.headers if name == "ce_id"), None),
            "attempts": int(self.said.get("dead_attempts", "1")),
            "reason": self.said.get("dead_reason"),
        }

    def whole(self) -> dict[str, Any]:
        """Everything, for one that is looked at."""
        return {
            **self.summary(),
            "key": text(self.key),
            "headers": {name: text(value) for name, value in self.headers},
            "value": text(self.value),
        }


def text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "backslashreplace")


class DeadLetterBox:
    """The dead letters of all services on one cluster."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    def letters(self, service: str | None = None) -> Iterator[Letter]:
        """In the order of each partition."""
        if service is not None and service not in SERVICES:
            raise UserError(f"service: {service!r} is none of {', '.join(SERVICES)}")
        with Reader(self._bootstrap) as reader:
            for name in SERVICES if service is None else (service,):
                for message in reader.all_of(f"{name}.dead"):
                    yield _letter(message)

    def letter(self, letter_id: str) -> Letter:
        with Reader(self._bootstrap) as reader:
            return _letter(reader.one(*_place(letter_id)))

    def replay(self, letter: Letter) -> str:
        """Send the record as it first came to the topic and partition it came from; returns where it stands now."""
        topic, partition = letter.said["dead_topic"], int(letter.said["dead_partition"])
        value = letter.value
        if "dead_truncated" in letter.said:  # too large for the dead letters: the original has all of it
            with Reader(self._bootstrap) as reader:
                value = reader.one(topic, partition, int(letter.said["dead_offset"])).value()
        producer = Producer({**librdkafka_options(self._bootstrap), "message.max.bytes": 5 * 1024 * 1024})
        done: list[str] = []
        failed: list[str] = []

        def delivered(error: Any, message: Message) -> None:
            (failed if error else done).append(
                str(error or f"{message.topic()}/{message.partition()}/{message.offset()}")
            )

        headers: list[tuple[str, str | bytes | None]] = list(letter.headers)
        producer.produce(topic, value, letter.key, partition, headers=headers, on_delivery=delivered)
        producer.flush(30)
        if not done:
            raise UserError(f"{letter.id}: not sent to {topic}: {failed[0] if failed else 'no answer within 30 s'}")
        return done[0]


def _place(letter_id: str) -> tuple[str, int, int]:
    topic, *rest = letter_id.split("/")
    if len(rest) != 2 or not all(part.isdigit() for part in rest) or topic not in {f"{name}.dead" for name in SERVICES}:
        raise UserError(f"id: {letter_id!r} is not like membership.dead/0/17; see `driveline dead-letters list`")
    return topic, int(rest[0]), int(rest[1])


def _letter(message: Message) -> Letter:
    given: Any = message.headers() or []  # a list of pairs, whatever else its type allows
    headers: list[tuple[str, bytes | None]] = list(given)
    return Letter(
        f"{message.topic()}/{message.partition()}/{message.offset()}",
        message.key() or None,
        message.value(),
        tuple((name, value) for name, value in headers if name not in ADDED),
        {name: text(value) or "" for name, value in headers if name in ADDED},
    )


def as_lines(letter: Letter) -> str:
    """A letter for people: what is known of it, then its value, laid out if it is JSON."""
    shown = letter.whole()
    value = shown.pop("value")
    lines = [f"{name:<10} {entry}" for name, entry in shown.items() if name != "headers"]
    lines += [f"  {name}: {entry}" for name, entry in shown["headers"].items()]
    with contextlib.suppress(ValueError):
        value = json.dumps(json.loads(value or ""), indent=2, ensure_ascii=False)
    return "\n".join([*lines, "", str(value)])

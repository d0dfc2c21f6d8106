"""What an outsider puts on a Kafka topic, byte by byte, and how it is written down for the outside producer."""

import base64
import json
from dataclasses import dataclass, field, replace
from typing import Any

WRENCHWAY, PAYROLL, ASE = "wrenchway", "torque-payroll", "ase"
Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Publication:
    """One record to be published. `partition` None leaves it to the key; `pad_to` makes the value that many bytes."""

    topic: str
    ce_id: str
    key: str
    value: bytes | None
    headers: Headers = field(default=())
    partition: int | None = None
    pad_to: int = 0

    def line(self) -> str:
        """One line of JSON for the producer's file."""
        packed = None if self.value is None else base64.b64encode(self.value).decode()
        headers = [[name, None if raw is None else base64.b64encode(raw).decode()] for name, raw in self.headers]
        told = {"topic": self.topic, "key": self.key, "value": packed, "headers": headers}
        return json.dumps(told | {"partition": self.partition, "pad_to": self.pad_to})


def attributes_of(partner: str, ce_id: str, topic: str, subject: str) -> dict[str, str]:
    """The CloudEvents attributes of an event that a partner sends for an inner topic."""
    return {
        "specversion": "1.0",
        "id": ce_id,
        "source": f"https://{partner}.example.com/demo",
        "type": f"driveline.{topic}.v1",
        "subject": subject,
    }


def binary(partner: str, ce_id: str, topic: str, body: dict[str, Any], on: str | None = None) -> Publication:
    """An event in binary mode, on the partner's own topic unless `on` says another."""
    subject = str(body.get("member_id") or body.get("request_id") or ce_id)
    headers: list[tuple[str, bytes | None]] = [("content-type", b"application/json")]
    attributes = attributes_of(partner, ce_id, topic, subject)
    headers += [(f"ce_{name}", text.encode()) for name, text in attributes.items()]
    return Publication(on or f"partner.{partner}", ce_id, subject, json.dumps(body).encode(), tuple(headers))


def structured(partner: str, ce_id: str, topic: str, body: dict[str, Any]) -> Publication:
    """The same in structured mode."""
    whole = binary(partner, ce_id, topic, body)
    attributes = attributes_of(partner, ce_id, topic, whole.key)
    value = json.dumps({**attributes, "datacontenttype": "application/json", "data": body}).encode()
    return replace(whole, value=value, headers=(("content-type", b"application/cloudevents+json"),))

"""The envelope: a CloudEvent 1.0, whatever carried it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from contracts.event import Event, Refused, shown
from contracts.fields import moment_text
from contracts.topics import type_of

MAX_EVENT_BYTES = 1_048_576
# The envelope travels as headers beside the body and must fit on every topic with it.
MAX_ATTRIBUTE_BYTES = 16_384

_LENGTHS = {"id": 200, "source": 500, "type": 200, "subject": 500}
_CORE = {"specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema"}
_EXTENSION = re.compile(r"[a-z0-9]{1,40}")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, and halves of surrogate pairs
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One CloudEvent: `data` is the JSON body as received, `extensions` hold `partner`, `traceparent` and others."""

    id: str
    source: str
    type: str
    time: str | None
    subject: str | None
    data: bytes
    extensions: dict[str, str] = field(default_factory=dict)


def envelope(attributes: Mapping[str, str], data: bytes, prefix: str = "") -> CloudEvent:
    """Make a CloudEvent of attributes as text; raises Refused, naming an attribute as its sender did: with `prefix`."""
    check_attributes(attributes, prefix)
    if len(data) > MAX_EVENT_BYTES:
        raise Refused("data", f"{len(data)} bytes, at most {MAX_EVENT_BYTES}")
    return CloudEvent(
        attributes["id"],
        attributes["source"],
        attributes["type"],
        attributes.get("time"),
        attributes.get("subject") or None,
        data,
        {n: t for n, t in attributes.items() if n not in _CORE and _EXTENSION.fullmatch(n)},
    )


def check_attributes(attributes: Mapping[str, str], prefix: str = "") -> None:
    """Refuse attributes that are incomplete, too large, or not of their form."""
    version = attributes.get("specversion")
    if version != "1.0":
        raise Refused(prefix + "specversion", "is missing" if version is None else f"{shown(version)} is not '1.0'")
    for name in ("id", "source", "type"):
        if not attributes.get(name):
            raise Refused(prefix + name, "is missing" if name not in attributes else "is empty")
    for name, text in attributes.items():
        if _UNPRINTABLE.search(text):
            raise Refused(prefix + name, f"{shown(text)} holds control characters")
        if len(text) > _LENGTHS.get(name, len(text)):
            raise Refused(prefix + name, f"has {len(text)} characters, at most {_LENGTHS[name]}")
    size = sum(len(name) + len(text.encode()) for name, text in attributes.items())
    if size > MAX_ATTRIBUTE_BYTES:
        largest = max(attributes, key=lambda name: len(attributes[name]))
        raise Refused(prefix + largest, f"all attributes together have {size} bytes, at most {MAX_ATTRIBUTE_BYTES}")
    when = attributes.get("time")
    if when is not None and not _is_time(when):
        raise Refused(prefix + "time", f"{shown(when)} is not an RFC 3339 time")


def new_event(event: Event, *, source: str, subject: str | None = None, cause: CloudEvent | None = None) -> CloudEvent:
    """Wrap a fact in an envelope of its own; the subject is its key unless given, the cause's id and trace go along."""
    extensions: dict[str, str] = {}
    if cause is not None:
        extensions["causationid"] = cause.id
        extensions["correlationid"] = cause.extensions.get("correlationid", cause.id)
        extensions |= {
            name: cause.extensions[name] for name in ("traceparent", "tracestate") if name in cause.extensions
        }
    now = moment_text(datetime.now(UTC))
    return CloudEvent(
        new_id(), source, type_of(event.topic), now, subject or event.key() or None, event.canonical(), extensions
    )


def new_id() -> str:
    """Return a UUID of version 7: unique, and sorting by the time it was made."""
    value = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def attribute_text(value: Any, name: str) -> str | None:
    """Return a structured-mode attribute as text; None where it is null, which means absent."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    raise Refused(name, f"{shown(value)} is not text")


def _is_time(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        return False
    return True

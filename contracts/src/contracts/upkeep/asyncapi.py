"""The AsyncAPI 3 document of the whole system, generated from the topic table."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from contracts.topic import Topic
from contracts.topics import TOPICS, partner_topics, type_of
from contracts.upkeep.schemas import events, without_titles

PARTNER = "partner.{partner}"
TEXT = {"type": "string"}
DEAD_HEADERS = {
    "dead_topic": "the topic it came from",
    "dead_partition": "the partition it came from",
    "dead_offset": "its offset there",
    "dead_reason": "why it was put aside, in one line",
    "dead_attempts": "how often it was tried",
    "dead_at": "when it was put aside, RFC 3339 UTC",
}

INTRODUCTION = """\
Every topic of Driveline, what it carries, and who writes and reads it. Values are JSON; CloudEvents 1.0 in binary mode
(`ce_` headers), structured mode is accepted too. Partners write to `partner.<name>` only, any type that is open to them,
and read what was refused from `partner.<name>.rejected`. Money is decimal text, times are RFC 3339 in UTC."""


def document() -> dict[str, Any]:
    """Return the document as plain data."""
    own, rejected = partner_topics("name")
    channels = {t.name: _channel(t, [_message_name(t)]) for t in TOPICS if _message_name(t)}
    channels["partner"] = _partner_channel(own, PARTNER, [type_of(t.name) for t in _open_to_partners()])
    channels["partner.rejected"] = _partner_channel(rejected, f"{PARTNER}.rejected", ["refused"])
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Driveline",
            "version": "1.0.0",
            "description": INTRODUCTION,
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "The cluster of an installation",
                "variables": {"bootstrap": {"description": "host:port of any broker", "default": "localhost:9092"}},
            }
        },
        "channels": channels,
        "operations": _operations(own, rejected),
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def _open_to_partners() -> list[Topic]:
    return [t for t in TOPICS if t.scope is not None and t.event is not None]


def _message_name(topic: Topic) -> str:
    if topic.name.endswith(".dead"):
        return "dead-letter"
    return type_of(topic.name) if topic.event else ""


def _channel(topic: Topic, messages: list[str]) -> dict[str, Any]:
    kept = "for ever" if topic.retention_ms < 0 else f"{topic.retention_ms // 86_400_000} days"
    key = f"key `{topic.key}`" if topic.key else "no key" if topic.event else "the original key"
    return {
        "address": topic.name,
        "title": topic.carries,
        "description": f"Owned by {topic.owner}; {key}; kept {kept}; {topic.production_partitions} partitions in production.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [topic.cleanup],
                    "retention.ms": topic.retention_ms,
                    "max.message.bytes": topic.max_message_bytes,
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _partner_channel(topic: Topic, address: str, messages: list[str]) -> dict[str, Any]:
    channel = _channel(topic, messages)
    parameter = {"description": "The partner's name, as it was registered with membership"}
    channel |= {
        "address": address,
        "title": topic.carries.replace("name", "the partner"),
        "parameters": {"partner": parameter},
    }
    channel["bindings"]["kafka"]["topic"] = address
    return channel


def _operations(own: Topic, rejected: Topic) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for topic in (t for t in TOPICS if _message_name(t)):
        for writer in topic.writers:
            found[f"{writer}.sends.{topic.name}"] = _operation("send", topic.name, writer)
        for reader in (*topic.readers, *topic.later_readers):
            found[f"{reader}.receives.{topic.name}"] = _operation(
                "receive", topic.name, reader, later=reader not in topic.readers
            )
    found["partner.sends.partner"] = _operation("send", "partner", "partner")
    for reader in own.readers:
        found[f"{reader}.receives.partner"] = _operation("receive", "partner", reader)
    for writer in rejected.writers:
        found[f"{writer}.sends.partner.rejected"] = _operation("send", "partner.rejected", writer)
    found["partner.receives.partner.rejected"] = _operation("receive", "partner.rejected", "partner")
    return found


def _operation(action: str, channel: str, who: str, *, later: bool = False) -> dict[str, Any]:
    verb = {"send": "writes", "receive": "is going to read" if later else "reads"}[action]
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": f"{who} {verb} {channel}",
        "x-group": who,
        **({"x-later": True} if later else {}),
    }


def _messages() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for topic in TOPICS:
        if topic.event is not None:
            scope = f" A partner needs the scope `{topic.scope}`." if topic.scope else ""
            name = type_of(topic.name)
            found[name] = {
                "name": name,
                "title": topic.carries,
                "summary": f"{(topic.event.__doc__ or '').splitlines()[0]}{scope}",
                "contentType": "application/json",
                "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
                "payload": {"$ref": f"#/components/schemas/{topic.event.__name__}"},
            }
    found["dead-letter"] = _put_aside("dead-letter", "A record that could not be applied", "DeadLetterHeaders")
    found["refused"] = _put_aside("refused", "A partner's record that was refused", "CloudEventHeaders")
    return found


def _put_aside(name: str, title: str, headers: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "summary": "Key and value as they came, bytes that may be anything",
        "contentType": "application/octet-stream",
        "headers": {"$ref": f"#/components/schemas/{headers}"},
        "payload": {"description": "The original bytes"},
    }


def _schemas() -> dict[str, Any]:
    models = [(event, "validation") for event in events().values()]
    _, bundle = models_json_schema(models, by_alias=True, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    attributes = {f"ce_{name}": TEXT for name in ("id", "source", "type", "time", "subject")}
    return {
        "CloudEventHeaders": {
            "type": "object",
            "properties": {"content-type": TEXT, "ce_specversion": {"const": "1.0"}, **attributes, "traceparent": TEXT},
            "required": ["ce_specversion", "ce_id", "ce_source", "ce_type"],
        },
        "DeadLetterHeaders": {
            "type": "object",
            "properties": {name: {"type": "string", "description": says} for name, says in DEAD_HEADERS.items()},
            "required": list(DEAD_HEADERS),
        },
        **without_titles(bundle["$defs"]),
    }

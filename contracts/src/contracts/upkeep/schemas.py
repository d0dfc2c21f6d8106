"""The JSON Schema of every event, as partners get it."""

from __future__ import annotations

from typing import Any

from contracts.event import Event
from contracts.topics import TOPICS, type_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def events() -> dict[str, type[Event]]:
    """Return every event that has a shape, by the name of its topic."""
    return {t.name: t.event for t in TOPICS if t.event is not None}


def schema_of(event: type[Event]) -> dict[str, Any]:
    """Return the JSON Schema of one event's body."""
    schema = without_titles(event.model_json_schema(by_alias=True))
    return {
        "$schema": DIALECT,
        "$id": f"urn:driveline:{event.topic}:v1",
        "title": type_of(event.topic),
        **schema,
    }


def without_titles(schema: Any) -> Any:
    """Drop the titles that only repeat a field's name in capitals."""
    if isinstance(schema, list):
        return [without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    # Under `properties` a key called "title" is a field of that name, not a title.
    return {
        key: {name: without_titles(inner) for name, inner in value.items()}
        if key in ("properties", "$defs")
        else without_titles(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }

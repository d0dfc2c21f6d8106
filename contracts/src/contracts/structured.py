"""Structured mode: the whole CloudEvent as one JSON object."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from contracts import strict_json
from contracts.cloud_event import CloudEvent, attribute_text, check_attributes, envelope
from contracts.event import Refused, canonical_json, shown


def from_structured(value: Any, whole: str) -> CloudEvent:
    """Make a CloudEvent of a decoded JSON object; `whole` is what a refusal calls it. Raises Refused."""
    if not isinstance(value, dict):
        raise Refused(whole, f"{shown(value)} is not a CloudEvent, which is a JSON object")
    texts = {name: attribute_text(v, name or "''") for name, v in value.items() if name not in ("data", "data_base64")}
    attributes = {name: text for name, text in texts.items() if text is not None}
    require_json(attributes.get("datacontenttype"), "datacontenttype")
    check_attributes(attributes)  # before the body, because a plain body without an envelope is the usual mistake
    return envelope(attributes, _body(value))


def to_structured(ce: CloudEvent) -> bytes:
    """Return a CloudEvent as one line of JSON. Raises Refused when its data is not JSON."""
    attributes = {
        "id": ce.id,
        "source": ce.source,
        "type": ce.type,
        "time": ce.time,
        "subject": ce.subject,
        **ce.extensions,
    }
    given = {name: text for name, text in attributes.items() if text is not None}
    body = strict_json.loads(ce.data, "data")
    return canonical_json({"specversion": "1.0", "datacontenttype": "application/json", **given, "data": body})


def require_json(content_type: str | None, field: str) -> None:
    """Refuse a body that says it is anything but JSON; nothing said means JSON."""
    media = media_type(content_type or "")
    if media and media != "application/json" and not media.endswith("+json"):
        raise Refused(field, f"{shown(media)} is not application/json")


def media_type(content_type: str) -> str:
    """Return the media type of a Content-Type, without parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def _body(value: dict[str, Any]) -> bytes:
    if "data" in value:
        try:
            return canonical_json(value["data"])
        except RecursionError:
            raise Refused("data", "is nested too deeply") from None
    packed = value.get("data_base64")
    if packed is None:
        raise Refused("data", "is missing")
    if not isinstance(packed, str):
        raise Refused("data_base64", f"{shown(packed)} is not text")
    try:
        return base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("data_base64", "is not base64") from None

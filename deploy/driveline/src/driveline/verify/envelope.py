"""CloudEvents on Kafka, read once more from the specification: which record is an event, of what type, what body."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from driveline.verify import strict
from driveline.verify.effective import Nothing

MOST_BYTES = 1_048_576
MOST_ATTRIBUTE_BYTES = 16_384
LENGTHS = {"id": 200, "source": 500, "type": 200, "subject": 500}
TRACE = ("traceparent", "tracestate")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def read_body(topic: str, headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> dict[str, Any]:
    """The body of the event that a record on this topic carries, or Nothing with the reason."""
    if value is None:
        raise Nothing("value: null")
    if len(value) > MOST_BYTES:
        raise Nothing("value: too large")
    texts = _texts(headers)
    media = _media(texts.get("content-type", ""))
    bare = not media and not any(name.startswith("ce_") for name in texts)
    if bare or media == "application/cloudevents+json":
        attributes, data = _structured(strict.read_json(value))
    elif media in ("", "application/json") or (media.endswith("+json") and not media.startswith("application/cloud")):
        attributes = {name.removeprefix("ce_"): text for name, text in texts.items() if name.startswith("ce_")}
        data = value
    else:
        raise Nothing("content-type: not JSON")
    # Trace headers are attributes too; in structured mode they are taken over unchecked.
    traced = {name: texts[name] for name in TRACE if texts.get(name)}
    _check(attributes if bare or media == "application/cloudevents+json" else attributes | traced, data)
    if attributes["type"] != f"driveline.{topic}.v1":
        raise Nothing("type: of another topic")
    body = strict.read_json(data)
    if not isinstance(body, dict):
        raise Nothing("data: not an object")
    return body


def _texts(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for given, raw in headers:
        name = "content-type" if given.lower() == "content-type" else given
        if raw is None:
            raise Nothing("header: null")
        try:
            text = raw.decode()
        except UnicodeDecodeError as fault:
            raise Nothing("header: not UTF-8") from fault
        if name in texts and (name.startswith("ce_") or name == "content-type"):
            raise Nothing("header: given twice")
        texts[name] = text
    return texts


def _media(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _structured(value: Any) -> tuple[dict[str, str], bytes]:
    if not isinstance(value, dict):
        raise Nothing("value: not an object")
    attributes = {}
    for name, given in value.items():
        if name in ("data", "data_base64") or given is None:
            continue
        if not isinstance(given, (str, int)):
            raise Nothing("envelope: an attribute that is not text")
        attributes[name] = given if isinstance(given, str) else str(given).lower()
    kind = _media(attributes.get("datacontenttype", ""))
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise Nothing("datacontenttype: not JSON")
    if "data" in value:
        return attributes, strict.canonical(value["data"])
    packed = value.get("data_base64")
    if not isinstance(packed, str):
        raise Nothing("data: missing")
    try:
        return attributes, base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise Nothing("data_base64: not base64") from fault


def _check(attributes: Mapping[str, str], data: bytes) -> None:
    if sum(len(name) + len(text.encode("utf-8", "surrogatepass")) for name, text in attributes.items()) > (
        MOST_ATTRIBUTE_BYTES
    ):
        raise Nothing("envelope: too large")
    if attributes.get("specversion") != "1.0":
        raise Nothing("specversion: not 1.0")
    if not all(attributes.get(name) for name in ("id", "source", "type")):
        raise Nothing("envelope: without id, source or type")
    for name, text in attributes.items():
        if _CONTROL.search(text) or len(text) > LENGTHS.get(name, MOST_ATTRIBUTE_BYTES):
            raise Nothing("envelope: control characters, or too long")
    if "time" in attributes and not _is_time(attributes["time"]):
        raise Nothing("time: not RFC 3339")
    if len(data) > MOST_BYTES:
        raise Nothing("data: too large")


def _is_time(text: str) -> bool:
    try:
        return _TIME.fullmatch(text) is not None and bool(datetime.fromisoformat(text.upper()))
    except ValueError:
        return False

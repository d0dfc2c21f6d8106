"""CloudEvents over HTTP: binary, structured and batch mode in."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from contracts import strict_json
from contracts.cloud_event import MAX_EVENT_BYTES, CloudEvent, envelope
from contracts.event import Refused
from contracts.kafka_codec import TRACE_HEADERS
from contracts.structured import from_structured, media_type, require_json

MAX_BATCH_BYTES = 8 * MAX_EVENT_BYTES


def decode_http(content_type: str, headers: Mapping[str, str], body: bytes) -> list[CloudEvent]:
    """Return the CloudEvents of a request; raises Refused for the first that is none, with its place in a batch."""
    found: list[CloudEvent] = []
    for i, ce in enumerate(decode_each(content_type, headers, body)):
        if isinstance(ce, Refused):
            raise ce.within(f"[{i}]") if media_type(content_type) == "application/cloudevents-batch+json" else ce
        found.append(ce)
    return found


def decode_each(content_type: str, headers: Mapping[str, str], body: bytes) -> list[CloudEvent | Refused]:
    """Return for each event of a request what it is or why it is none, so that a bad one leaves its neighbours alone.

    Raises Refused when the request as a whole cannot be read.
    """
    media = media_type(content_type)
    texts = {name.lower(): text for name, text in headers.items()}
    if media == "application/cloudevents-batch+json":
        return _batch(body)
    if len(body) > MAX_EVENT_BYTES:
        raise Refused("body", f"{len(body)} bytes, at most {MAX_EVENT_BYTES}")
    trace = {n: texts[n] for n in TRACE_HEADERS if texts.get(n)}
    bare = media in ("", "application/json") and not any(name.startswith("ce-") for name in texts)
    if media == "application/cloudevents+json" or bare:
        ce = from_structured(strict_json.loads(body, "body"), "body")
        ce.extensions.update(trace)
        return [ce]
    if media.startswith("application/cloudevents"):
        raise Refused("content-type", f"{media!r} is not a format that is read here")
    require_json(media, "content-type")
    attributes = {name[3:]: _unquoted(name, text) for name, text in texts.items() if name.startswith("ce-")}
    return [envelope(attributes | trace, body, prefix="ce-")]


def _batch(body: bytes) -> list[CloudEvent | Refused]:
    if len(body) > MAX_BATCH_BYTES:
        raise Refused("body", f"{len(body)} bytes, at most {MAX_BATCH_BYTES} in a batch")
    values = strict_json.loads(body, "body")
    if not isinstance(values, list):
        raise Refused("body", "is not a batch, which is a JSON list of CloudEvents")
    found: list[CloudEvent | Refused] = []
    for value in values:
        try:
            found.append(from_structured(value, "body"))
        except Refused as refused:
            found.append(refused)
    return found


def _unquoted(name: str, text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Refused(name, "is not percent-encoded UTF-8") from None

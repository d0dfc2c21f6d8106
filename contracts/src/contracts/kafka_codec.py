"""CloudEvents on Kafka: binary mode out, binary and structured mode in."""

from __future__ import annotations

from collections.abc import Sequence

from contracts import strict_json
from contracts.cloud_event import MAX_EVENT_BYTES, CloudEvent, envelope
from contracts.event import Refused
from contracts.structured import from_structured, media_type, require_json

# W3C trace context travels under its own names, where every tracing library looks for it.
TRACE_HEADERS = ("traceparent", "tracestate")


def decode_kafka(headers: Sequence[tuple[str, bytes | None]], value: bytes | None) -> CloudEvent:
    """Return the CloudEvent of a record in binary or structured mode; raises only Refused, whatever the bytes."""
    if value is None:
        raise Refused("value", "is null; only an erased contact has a record without a value")
    if len(value) > MAX_EVENT_BYTES:
        raise Refused("value", f"{len(value)} bytes, at most {MAX_EVENT_BYTES}")
    texts = _texts(headers)
    media = media_type(texts.get("content-type", ""))
    bare = media in ("", "application/json") and not any(name.startswith("ce_") for name in texts)
    if media == "application/cloudevents+json" or bare:
        ce = from_structured(strict_json.loads(value, "value"), "value")
        ce.extensions.update({n: texts[n] for n in TRACE_HEADERS if texts.get(n)})
        return ce
    if media.startswith("application/cloudevents"):
        raise Refused("content-type", f"{media!r} is not a format that is read here")
    require_json(media, "content-type")
    attributes = {name[3:]: text for name, text in texts.items() if name.startswith("ce_")}
    attributes |= {n: texts[n] for n in TRACE_HEADERS if texts.get(n)}
    return envelope(attributes, value, prefix="ce_")


def encode_kafka(ce: CloudEvent) -> tuple[list[tuple[str, bytes]], bytes]:
    """Return headers and value of a CloudEvent in binary mode; raises Refused for one that no reader would take."""
    attributes = {
        "specversion": "1.0",
        "id": ce.id,
        "source": ce.source,
        "type": ce.type,
        "time": ce.time,
        "subject": ce.subject,
    }
    checked = envelope({n: t for n, t in attributes.items() if t is not None} | ce.extensions, ce.data, prefix="ce_")
    headers = [("content-type", b"application/json")]
    headers += [(f"ce_{name}", text.encode()) for name, text in attributes.items() if text is not None]
    headers += [
        (n if n in TRACE_HEADERS else f"ce_{n}", text.encode()) for n, text in sorted(checked.extensions.items())
    ]
    return headers, ce.data


def _texts(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, raw in headers:
        if raw is None:
            raise Refused(name or "''", "is a header without a value")
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as e:
            raise Refused(name or "''", f"is a header that is not UTF-8 at byte {e.start}") from None
        known = "content-type" if name.lower() == "content-type" else name
        if known in texts and (known.startswith("ce_") or known == "content-type"):
            raise Refused(known, "is given twice")
        texts[known] = text
    return texts

"""Whatever the bytes: an event or a refusal, never anything else."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pytest
from contracts.codec import CloudEvent, decode_each, decode_http, decode_kafka, encode_kafka, parse, partition_of
from contracts.event import Event, Refused
from contracts.topics import TOPICS, type_of
from hypothesis import example, given
from hypothesis import strategies as st
from known_events import patient, payloads

T = TypeVar("T")

SHAPED = [t.name for t in TOPICS if t.event]
BODIES = [(p.parent.name, json.loads(p.read_text())) for p in payloads()]
LIKELY = [
    "",
    "0",
    "-1",
    "1e9",
    "27.50",
    "9" * 400,
    "17350",
    "2026-02-30",
    "tech_a",
    "\x00",
    "\ud800",
    "\N{WRENCH}",
    "a\nb",
    "*",
    "|",
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(LIKELY),
    st.just(10**400),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(
    [
        "content-type",
        "ce_id",
        "ce_source",
        "ce_type",
        "ce_specversion",
        "ce_time",
        "ce_subject",
        "ce_partner",
        "traceparent",
        "",
    ]
) | st.text(max_size=12)
media = st.sampled_from(
    [b"application/json", b"application/cloudevents+json", b"application/cloudevents-batch+json", b"text/plain"]
)
types = st.sampled_from([type_of(t).encode() for t in SHAPED])
headers = st.lists(st.tuples(names, st.none() | st.binary(max_size=30) | media | types | st.just(b"1.0")), max_size=12)
complete = [
    ("ce_specversion", b"1.0"),
    ("ce_id", b"e-1"),
    ("ce_source", b"s"),
    ("ce_type", b"driveline.pay.submitted.v1"),
]


def holds(attempt: Callable[[], T]) -> T | Refused:
    """Return what an attempt gives, or its refusal, which has to be one readable line."""
    try:
        return attempt()
    except Refused as e:
        refused = e
    assert refused.field
    assert str(refused) == f"{refused.field}: {refused.problem}"
    assert str(refused).isprintable()
    assert len(str(refused)) < 1300
    return refused


def read(ce: CloudEvent | Refused) -> None:
    """Read an envelope's fact, tolerantly and strictly; whatever one of them takes must be publishable."""
    if isinstance(ce, Refused):
        return
    holds(lambda: encode_kafka(ce))
    for strict in (True, False):
        event = holds(partial(parse, ce, strict=strict))
        if isinstance(event, Event):
            assert 0 <= partition_of(event.key(), 6) < 6
            assert json.loads(event.canonical())


@patient
@given(headers, st.none() | st.binary(max_size=200))
@example([], b"[" * 100_000)
@example([], b'{"data":' * 100_000)
@example([], b'{"specversion":"1.0","id":"1","source":"s","type":"t","data":' + b"[" * 900 + b"]" * 900 + b"}")
@example(complete, b'{"a":' * 100_000)
@example(complete, b"\xef\xbb\xbf{}")
@example(complete, '{"a":1}'.encode("utf-16"))
@example([(chr(0xD800), b"x")], b"{}")
def test_any_record(record_headers: list[tuple[str, bytes | None]], value: bytes | None) -> None:
    read(holds(lambda: decode_kafka(record_headers, value)))


@patient
@given(st.sampled_from(SHAPED), values)
def test_any_json_as_any_event(topic: str, body: Any) -> None:
    data = json.dumps(body).encode("utf-8", "replace")
    read(CloudEvent("e-1", "s", type_of(topic), None, None, data))


@patient
@given(
    st.dictionaries(
        names | st.sampled_from(["specversion", "id", "source", "type", "data", "data_base64", "time"]),
        values,
        max_size=8,
    )
)
def test_any_json_as_a_structured_event(body: dict[str, Any]) -> None:
    data = json.dumps(
        {"specversion": "1.0", "id": "e-1", "source": "s", "type": type_of("pay.submitted")} | body
    ).encode()
    read(holds(lambda: decode_kafka([], data)))


@patient
@given(st.sampled_from(BODIES), st.data())
def test_an_event_with_fields_changed_dropped_and_added(body: tuple[str, dict[str, Any]], data: st.DataObject) -> None:
    topic, fields = body[0], dict(body[1])
    for name in data.draw(st.lists(st.sampled_from(sorted(fields)), max_size=3)):
        fields[name] = data.draw(values)
    for name in data.draw(st.lists(st.sampled_from(sorted(fields)), max_size=2, unique=True)):
        del fields[name]
    fields |= data.draw(st.dictionaries(st.text(max_size=8), values, max_size=2))
    read(CloudEvent("e-1", "s", type_of(topic), None, None, json.dumps(fields).encode()))


@patient
@given(st.sampled_from(BODIES), st.integers(0, 2**32))
def test_an_event_with_bytes_changed(body: tuple[str, dict[str, Any]], seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(json.dumps(body[1]).encode())
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data))
        data[at : at + chance.choice([0, 1, 1, 8])] = bytes(
            chance.choice(b'{}[]":,\\\x00\xff0e-.') for _ in range(chance.randrange(3))
        )
    read(CloudEvent("e-1", "s", type_of(body[0]), None, None, bytes(data)))


@patient
@given(
    st.sampled_from(["", "application/json", "application/cloudevents+json", "application/cloudevents-batch+json"])
    | st.text(max_size=9),
    st.dictionaries(
        st.sampled_from(["ce-id", "ce-type", "ce-source", "ce-specversion", "CE-time", "ce-x"]), st.text(max_size=12)
    ),
    st.binary(max_size=60)
    | values.map(lambda v: json.dumps(v).encode())
    | values.map(lambda v: json.dumps([v, v]).encode()),
)
def test_any_request(content_type: str, request_headers: dict[str, str], body: bytes) -> None:
    holds(lambda: decode_http(content_type, request_headers, body))
    found = holds(lambda: decode_each(content_type, request_headers, body))
    for ce in [] if isinstance(found, Refused) else found:
        read(ce)


@pytest.mark.parametrize(("topic", "body"), BODIES, ids=[f"{t}-{i}" for i, (t, _) in enumerate(BODIES)])
def test_what_is_whole_is_taken(topic: str, body: dict[str, Any]) -> None:
    ce = CloudEvent("e-1", "s", type_of(topic), None, None, json.dumps(body).encode())
    assert json.loads(parse(decode_kafka(*encode_kafka(ce)), strict=True).canonical()) == body

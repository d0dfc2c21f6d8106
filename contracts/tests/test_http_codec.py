"""CloudEvents over HTTP: binary, structured and batch."""

from __future__ import annotations

import json

import pytest
from contracts.codec import MAX_BATCH_BYTES, decode_each, decode_http
from contracts.event import Refused
from known_events import HOURLY, PAY

BINARY = {"CE-SpecVersion": "1.0", "ce-id": "e-1", "ce-source": "urn:shop", "ce-type": "driveline.pay.submitted.v1"}
ONE = {"specversion": "1.0", "id": "e-1", "source": "urn:shop", "type": "driveline.pay.submitted.v1", "data": HOURLY}
BATCH = "application/cloudevents-batch+json"


def test_binary_mode() -> None:
    (read,) = decode_http(
        "application/json",
        BINARY | {"ce-subject": "Caf%C3%A9 4%25", "traceparent": "00-a-b-01"},
        json.dumps(PAY).encode(),
    )
    assert (read.id, read.subject, read.extensions) == ("e-1", "Café 4%", {"traceparent": "00-a-b-01"})
    assert json.loads(read.data) == PAY


@pytest.mark.parametrize(
    "content_type",
    ["application/cloudevents+json", "application/cloudevents+json; charset=UTF-8", "application/json", ""],
)
def test_structured_mode(content_type: str) -> None:
    (read,) = decode_http(content_type, {"host": "membership"}, json.dumps(ONE).encode())
    assert (read.id, json.loads(read.data)) == ("e-1", HOURLY)


def test_batch_mode() -> None:
    read = decode_http(BATCH, {}, json.dumps([ONE, ONE | {"id": "e-2"}]).encode())
    assert [ce.id for ce in read] == ["e-1", "e-2"]
    assert decode_http(BATCH, {}, b"[]") == []


def test_a_bad_event_of_a_batch_leaves_its_neighbours_alone() -> None:
    bad = {k: v for k, v in ONE.items() if k != "source"}
    first, second, third = decode_each(BATCH, {}, json.dumps([ONE, bad, ONE | {"id": "e-3"}]).encode())
    assert not isinstance(first, Refused)
    assert str(second) == "source: is missing"
    assert not isinstance(third, Refused)
    assert third.id == "e-3"


@pytest.mark.parametrize(
    ("content_type", "headers", "body", "reason"),
    [
        (BATCH, {}, json.dumps([ONE, {}]).encode(), "[1].specversion: is missing"),
        (BATCH, {}, json.dumps([7]).encode(), "[0].body: 7 is not a CloudEvent, which is a JSON object"),
        (BATCH, {}, json.dumps(ONE).encode(), "body: is not a batch, which is a JSON list of CloudEvents"),
        (BATCH, {}, b" " * (MAX_BATCH_BYTES + 1), "body: 8388609 bytes, at most 8388608 in a batch"),
        (BATCH, {}, json.dumps([ONE | {"data": "x" * 1_048_576}]).encode(), "[0].data: 1048578 bytes, at most 1048576"),
        ("application/json", BINARY, b"x" * 2_097_152, "body: 2097152 bytes, at most 1048576"),
        (
            "application/json",
            {},
            b"{",
            "body: is not JSON: expecting property name enclosed in double quotes at character 1",
        ),
        ("application/json", {"ce-id": "e-1"}, b"{}", "ce-specversion: is missing"),
        ("application/json", BINARY | {"ce-id": "%FF"}, b"{}", "ce-id: is not percent-encoded UTF-8"),
        ("text/plain", BINARY, b"{}", "content-type: 'text/plain' is not application/json"),
        (
            "application/cloudevents+xml",
            {},
            b"<a/>",
            "content-type: 'application/cloudevents+xml' is not a format that is read here",
        ),
    ],
)
def test_a_request_that_is_no_event_is_refused(
    content_type: str, headers: dict[str, str], body: bytes, reason: str
) -> None:
    with pytest.raises(Refused) as caught:
        decode_http(content_type, headers, body)
    assert str(caught.value) == reason

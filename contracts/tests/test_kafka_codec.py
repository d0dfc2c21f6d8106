"""CloudEvents on Kafka: what is written, what is read, what is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from contracts.codec import CloudEvent, decode_kafka, encode_kafka, to_structured
from contracts.event import Refused
from known_events import HOURLY, PAY, enveloped

BODY = json.dumps(PAY).encode()
BINARY: list[tuple[str, bytes | None]] = [
    ("content-type", b"application/json"),
    ("ce_specversion", b"1.0"),
    ("ce_id", b"e-1"),
    ("ce_source", b"urn:shop"),
    ("ce_type", b"driveline.pay.submitted.v1"),
    ("ce_time", b"2026-11-23T10:00:00Z"),
    ("ce_subject", b"shop-42"),
    ("ce_partner", b"wrenchway"),
    ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
]
READ = CloudEvent(
    "e-1", "urn:shop", "driveline.pay.submitted.v1", "2026-11-23T10:00:00Z", "shop-42", BODY,
    {"partner": "wrenchway", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
)  # fmt: skip
STRUCTURED = {
    "specversion": "1.0", "id": "e-1", "source": "urn:shop", "type": "driveline.pay.submitted.v1",
    "time": "2026-11-23T10:00:00Z", "subject": "shop-42", "datacontenttype": "application/json", "partner": "wrenchway",
    "data": HOURLY,
}  # fmt: skip


def without(*names: str) -> list[tuple[str, bytes | None]]:
    """Return the headers of a good record without some."""
    return [(name, value) for name, value in BINARY if name not in names]


def structured(**changes: Any) -> tuple[Sequence[tuple[str, bytes | None]], bytes]:
    """Return a record in structured mode."""
    return [("content-type", b"application/cloudevents+json; charset=utf-8")], json.dumps(STRUCTURED | changes).encode()


def test_binary_mode_is_read() -> None:
    assert decode_kafka(BINARY, BODY) == READ


def test_binary_mode_is_written_with_the_headers_that_the_binding_names() -> None:
    headers, value = encode_kafka(READ)
    assert sorted(headers) == sorted(BINARY)
    assert value == BODY


def test_the_body_is_kept_byte_for_byte() -> None:
    odd = b'{ "rate" : "38.00",\n "unknown": 1.50e1 }'
    assert decode_kafka(BINARY, odd).data == odd


def test_headers_of_others_and_unknown_types_are_passed_over() -> None:
    headers = [
        *without("ce_type"),
        ("ce_type", b"com.example.unheard.of"),
        ("x-b3", b"1"),
        ("ce_Foo-Bar", b"no attribute"),
    ]
    read = decode_kafka(headers, BODY)
    assert read == replace(READ, type="com.example.unheard.of")


def test_time_and_subject_may_be_absent() -> None:
    read = decode_kafka(without("ce_time", "ce_subject", "ce_partner", "traceparent", "content-type"), BODY)
    assert (read.time, read.subject, read.extensions) == (None, None, {})
    assert [name for name, _ in encode_kafka(read)[0]] == [
        "content-type",
        "ce_specversion",
        "ce_id",
        "ce_source",
        "ce_type",
    ]


def test_structured_mode_is_read() -> None:
    read = decode_kafka(*structured())
    assert (read.id, read.source, read.subject, read.extensions) == (
        "e-1",
        "urn:shop",
        "shop-42",
        {"partner": "wrenchway"},
    )
    assert json.loads(read.data) == HOURLY


def test_structured_mode_is_read_without_a_content_type_too() -> None:
    _, value = structured()
    assert decode_kafka([], value) == decode_kafka(*structured())


def test_structured_mode_takes_attributes_that_are_no_text_and_data_in_base64() -> None:
    read = decode_kafka(*structured(sampled=True, sequence=7, ended=None))
    assert read.extensions == {"partner": "wrenchway", "sampled": "true", "sequence": "7"}
    packed = {k: v for k, v in STRUCTURED.items() if k != "data"} | {"data_base64": "eyJyYXRlIjoiMzgifQ=="}
    assert decode_kafka([], json.dumps(packed).encode()).data == b'{"rate":"38"}'


def test_what_one_mode_writes_the_other_reads() -> None:
    read = decode_kafka([("content-type", b"application/cloudevents+json")], to_structured(READ))
    assert json.loads(read.data) == PAY
    assert replace(read, data=BODY) == READ


@pytest.mark.parametrize(
    ("headers", "value", "reason"),
    [
        (BINARY, None, "value: is null; only an erased contact has a record without a value"),
        (BINARY, b"x" * 2_097_152, "value: 2097152 bytes, at most 1048576"),
        ([*BINARY, ("trace", None)], BODY, "trace: is a header without a value"),
        ([*without("ce_subject"), ("ce_subject", None)], BODY, "ce_subject: is a header without a value"),
        ([*without("ce_id"), ("ce_id", b"\xff\xfe")], BODY, "ce_id: is a header that is not UTF-8 at byte 0"),
        ([*BINARY, ("note", b"caf\xe9")], BODY, "note: is a header that is not UTF-8 at byte 3"),
        ([*BINARY, ("ce_id", b"e-2")], BODY, "ce_id: is given twice"),
        (without("ce_id"), BODY, "ce_id: is missing"),
        (without("ce_source"), BODY, "ce_source: is missing"),
        (without("ce_type"), BODY, "ce_type: is missing"),
        (without("ce_specversion"), BODY, "ce_specversion: is missing"),
        ([*without("ce_specversion"), ("ce_specversion", b"0.3")], BODY, "ce_specversion: '0.3' is not '1.0'"),
        ([*without("ce_id"), ("ce_id", b"")], BODY, "ce_id: is empty"),
        ([*without("ce_id"), ("ce_id", b"a" * 201)], BODY, "ce_id: has 201 characters, at most 200"),
        ([*without("ce_id"), ("ce_id", b"a\nb")], BODY, r"ce_id: 'a\nb' holds control characters"),
        ([*without("ce_time"), ("ce_time", b"yesterday")], BODY, "ce_time: 'yesterday' is not an RFC 3339 time"),
        ([*without("ce_time"), ("ce_time", b"2026-02-30T00:00:00Z")], BODY, "ce_time: '2026-02-30T00:00:00Z' is not an RFC 3339 time"),
        ([*BINARY, ("ce_padding", b"a" * 20_000)], BODY, "ce_padding: all attributes together have 20190 bytes, at most 16384"),
        ([*without("content-type"), ("content-type", b"text/csv")], BODY, "content-type: 'text/csv' is not application/json"),
        ([("content-type", b"application/cloudevents+avro")], BODY, "content-type: 'application/cloudevents+avro' is not a format that is read here"),
        ([("content-type", b"application/cloudevents-batch+json")], b"[]", "content-type: 'application/cloudevents-batch+json' is not a format that is read here"),
        ([], b"rate=38", "value: is not JSON: expecting value at character 0"),
        ([], b"[]", "value: a list is not a CloudEvent, which is a JSON object"),
        ([], b"{}", "specversion: is missing"),
        ([], b"", "value: is not JSON: expecting value at character 0"),
        (*structured(id=None), "id: is missing"),
        (*structured(id=["e-1"]), "id: a list is not text"),
        (*structured(time=""), "time: '' is not an RFC 3339 time"),
        (*structured(datacontenttype="text/xml"), "datacontenttype: 'text/xml' is not application/json"),
        ([], b'{"id":"1","id":"2"}', "id: is given twice"),
        ([], json.dumps({k: v for k, v in STRUCTURED.items() if k != "data"}).encode(), "data: is missing"),
        ([], json.dumps({k: v for k, v in STRUCTURED.items() if k != "data"} | {"data_base64": "%"}).encode(), "data_base64: is not base64"),
    ],
)  # fmt: skip
def test_a_record_that_is_no_event_is_refused(
    headers: Sequence[tuple[str, bytes | None]], value: bytes | None, reason: str
) -> None:
    with pytest.raises(Refused) as caught:
        decode_kafka(headers, value)
    assert str(caught.value) == reason


def test_what_no_reader_would_take_is_not_written() -> None:
    with pytest.raises(Refused, match="data: 1048577 bytes, at most 1048576"):
        encode_kafka(replace(enveloped(PAY), data=b" " * 1_048_577))
    with pytest.raises(Refused, match="ce_id: is empty"):
        encode_kafka(replace(enveloped(PAY), id=""))

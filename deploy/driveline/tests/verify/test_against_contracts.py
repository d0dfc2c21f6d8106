"""Verify judges records by code of its own; here both judges see the same bytes and must agree, field by field."""

import json
from typing import Any

import pytest
from contracts.codec import decode_kafka, parse
from contracts.event import Refused, canonical_json
from contracts.exchange import BenefitsSubmitted, LaborRateSubmitted, PositionPay
from contracts.topics import COLLECTED, topic_of
from contracts.vocabulary import BENEFIT_UNIT, BENEFITS, LABOR_RATE_KINDS, PAY_PLANS, RATE_UNIT
from driveline.verify import records, strict
from driveline.verify.effective import Nothing
from driveline.verify.envelope import read_body
from hypothesis import example, given, settings
from hypothesis import strategies as st

from .bodies import GONE, benefit_body, labor_rate_body, member_body, pay_body

WITHDRAWN = {"submission_id": "9b1c", "revision": 2, "member_id": "shop-42", "measure": "pay"}
TOPIC_BODIES = {
    "pay.submitted": pay_body(),
    "technician-pay.submitted": pay_body(),
    "benefits.submitted": benefit_body(),
    "labor-rate.submitted": labor_rate_body(),
    "member.joined": member_body(),
    "member.updated": member_body(kind="technician", name=None, address=GONE),
    "submission.withdrawn": WITHDRAWN,
}
ODD: list[Any] = [
    None, True, False, 0, 1, -1, 1.0, 1.5, 2**53 - 1, 2**53, 2**63 - 1, "", "0", "0.0", "1", "40", "100", "100.0001", "26.00",
    "99999999", "9999999", "1e3", "-1", "+1", " 1", "1 ", "1\n", "NaN", "１２", "x" * 200, "x" * 201, "a\x7fb", "a\x85b", "a\nb",
    "é", "\u2028", "😀" * 200, [], ["A1"], ["A1", None], ["Z9"], ["A1"] * 100, ["A1"] * 101, {}, {"a": 1}, "2026-06-30", "2026-6-30",
    "2026-02-29", "20260630", "2026-06-30T00:00:00Z", "0000-01-01", "9999-12-31", "17350", "00000", "00601", "173500", "technician",
    "business", "active", "left", "pay", "benefits", "PA", "pa", "single", "career_center", "year", "clock_hour", "percent", "flag_hour",
    [{"scheme": "pa-ois", "id": "CN91", "more": 1}], [{"scheme": "PA", "id": "CN91"}], [{"scheme": "pa"}], ["x"],
    [{"location_id": "l-1", "zip": "00000"}], [{"location_id": "l-1", "zip": "17350", "shop_type": None}], [{"location_id": 1}],
    [{"program_id": "p-1", "cip": "47.0604"}], [{"program_id": "p-1", "cip": "47.0607"}],
    [{"program_id": "p-1", "cip": "47.0604", "enrolled": None, "curricula": ["icar_academy"], "accreditations": ["mast"]}],
    [{"program_id": "p-1", "cip": "47.0604", "enrolled": 1_000_001}], [{"program_id": "p-1", "cip": "47.0604", "curricula": None}],
    "366.0001", "health", "pto_days", "uniforms", "days_year", "percent_of_pay", "paint_materials", "body", "19.995", *PAY_PLANS, GONE,
]  # fmt: skip
PLAIN = st.builds(lambda a, b: f"{a}.{b}" if b else a, st.from_regex(r"[0-9]{1,3}", fullmatch=True),
                  st.one_of(st.just(""), st.from_regex(r"[0-9]{1,4}", fullmatch=True)))  # fmt: skip


def headers_of(topic: str) -> list[tuple[str, bytes | None]]:
    attributes = {"specversion": "1.0", "id": "e-1", "source": "test", "type": f"driveline.{topic}.v1"}
    return [
        ("content-type", b"application/json"),
        *((f"ce_{name}", text.encode()) for name, text in attributes.items()),
    ]


def verifys(topic: str, headers: list[tuple[str, bytes | None]], value: bytes | None) -> records.Fact | None:
    try:
        return records.read_fact(topic, read_body(topic, headers, value))
    except Nothing:
        return None


def contracts_(topic: str, headers: list[tuple[str, bytes | None]], value: bytes | None) -> Any:
    try:
        ce = decode_kafka(headers, value)
        return parse(ce, strict=False) if topic_of(ce.type).name == topic else None
    except Refused:
        return None


def agree(topic: str, headers: list[tuple[str, bytes | None]], value: bytes | None) -> bool:
    """Whether both took it; fails where they differ."""
    here, there = verifys(topic, headers, value), contracts_(topic, headers, value)
    assert (here is None) == (there is None), (here, there)
    if isinstance(here, records.Pay):
        assert isinstance(there, PositionPay)
        assert here.cents == there.effective_cents()
    if isinstance(here, records.LaborRate):
        assert isinstance(there, LaborRateSubmitted)
        assert here.cents == there.posted_cents()
    if isinstance(here, records.Benefit):
        assert isinstance(there, BenefitsSubmitted)
        assert (here.value == records.NOT_OFFERED) == (not there.offered)
        assert (here.value >= 0) == (there.offered and there.amount is not None)
    if here is not None:
        assert (here.member_id, here.revision) == (there.member_id, there.revision)
    return here is not None


@pytest.mark.parametrize("topic", TOPIC_BODIES)
def test_both_take_the_good_one(topic: str) -> None:
    assert agree(topic, headers_of(topic), json.dumps(TOPIC_BODIES[topic]).encode())


@pytest.mark.parametrize("topic", TOPIC_BODIES)
def test_both_judge_every_odd_value_in_every_field_alike(topic: str) -> None:
    good = TOPIC_BODIES[topic] | (dict.fromkeys(("hours_flagged", "base_rate"), "1") if "pay" in topic else {})
    taken = [
        agree(
            topic,
            headers_of(topic),
            json.dumps({k: v for k, v in (good | {field: odd}).items() if v is not GONE}).encode(),
        )
        for field in [*good, "weekly_extra", "something_new"]
        for odd in ODD
    ]
    assert 100 < sum(taken) < len(taken) - 100


@given(
    plan=st.sampled_from(PAY_PLANS),
    numbers=st.fixed_dictionaries(
        {"rate": PLAIN, "hours_clocked": PLAIN},
        optional=dict.fromkeys(
            ("hours_flagged", "hours_guaranteed", "base_rate", "labor_sales_week", "weekly_extra", "annual_bonus"),
            PLAIN,
        ),
    ),
)
@settings(max_examples=400)
def test_both_compute_the_same_effective_pay(plan: str, numbers: dict[str, str]) -> None:
    body = pay_body(plan=plan, rate_unit=RATE_UNIT[plan], **numbers)
    agree("pay.submitted", headers_of("pay.submitted"), json.dumps(body).encode())


LARGE = st.builds(lambda a, b: f"{a}.{b:04}", st.sampled_from([99, 100, 365, 366, 249_999, 250_000]), st.integers(0, 9999))  # fmt: skip


@given(
    benefit=st.sampled_from(BENEFITS),
    offered=st.booleans(),
    amount=st.none() | PLAIN | LARGE | st.sampled_from(["100", "366", "250000", "100.0001", "366.0001", "250000.0001"]),
    unit=st.sampled_from([None, "own", *BENEFIT_UNIT.values()]),
)
@settings(max_examples=400)
def test_both_judge_the_answer_to_a_benefit_alike(
    benefit: str, offered: bool, amount: str | None, unit: str | None
) -> None:
    unit = BENEFIT_UNIT.get(benefit) if unit == "own" else unit
    body = benefit_body(benefit=benefit, offered=offered, amount=amount, unit=unit)
    agree("benefits.submitted", headers_of("benefits.submitted"), json.dumps(body).encode())


@given(
    kind=st.sampled_from(LABOR_RATE_KINDS), posted=PLAIN | st.sampled_from(["4.995", "19.995", "200.005", "500.0049"])
)
@settings(max_examples=200)
def test_both_judge_a_posted_rate_alike(kind: str, posted: str) -> None:
    body = labor_rate_body(kind=kind, posted_rate=posted)
    agree("labor-rate.submitted", headers_of("labor-rate.submitted"), json.dumps(body).encode())


WHOLE = json.dumps(pay_body(), ensure_ascii=False).encode()


@given(st.integers(0, len(WHOLE)), st.integers(0, 4), st.binary(max_size=6) | st.sampled_from(
    [b"\\ud800", b"\\u0000", b'","rate":"1', b"NaN", b"1e999", b"9" * 30, b"-0", b"\xef\xbb\xbf", b"[" * 3000, b"null"]))  # fmt: skip
@example(0, 0, b"\xef\xbb\xbf")
@example(len(WHOLE) - 1, 0, b',"note":"\\ud83d\\ude00"')
@example(len(WHOLE) - 1, 0, b',"note":"\\ud83d"')
@example(len(WHOLE) - 1, 0, b',"note":1e999')
@example(len(WHOLE) - 1, 0, b',"note":9223372036854775808')
@example(len(WHOLE) - 1, 0, b',"note":9223372036854775807')
@settings(max_examples=400)
def test_both_read_the_same_bytes_alike(at: int, gone: int, put: bytes) -> None:
    agree("pay.submitted", headers_of("pay.submitted"), WHOLE[:at] + put + WHOLE[at + gone :])


ENVELOPES: list[dict[str, bytes | None]] = [
    {},
    {"ce_specversion": b"0.3"},
    {"ce_id": b""},
    {"ce_id": b"x" * 201},
    {"ce_source": b"x" * 501},
    {"ce_type": b"driveline.member.joined.v1"},
    {"ce_type": b"driveline.pay.submitted.v2"},
    {"ce_time": b"2026-11-23T00:00:00Z"},
    {"ce_time": b"2026-11-23T00:00:00.123456789+01:00"},
    {"ce_time": b"yesterday"},
    {"ce_time": b"2026-13-01T00:00:00Z"},
    {"ce_subject": b"shop-42"},
    {"ce_subject": None},
    {"traceparent": None},
    {"traceparent": b"00-aa"},
    {"traceparent": b"a\nb"},
    {"ce_note": b"\xff"},
    {"ce_note": b"a\x1fb"},
    {"ce_note": b"x" * 17_000},
    {"content-type": b"application/json; charset=utf-8"},
    {"content-type": b"application/vnd.x+json"},
    {"content-type": b"text/plain"},
    {"content-type": b"application/cloudevents-batch+json"},
    {"content-type": b"application/cloudevents+avro"},
    {"Content-Type": b"application/json"},
    {"content-type": b""},
    {"other": b"\x00"},
]


@pytest.mark.parametrize("changed", ENVELOPES)
def test_both_judge_an_envelope_alike(changed: dict[str, bytes | None]) -> None:
    headers = dict(headers_of("pay.submitted")) | changed
    agree("pay.submitted", list(headers.items()), WHOLE)
    for missing in headers:
        agree("pay.submitted", [item for item in headers.items() if item[0] != missing], WHOLE)
    agree("pay.submitted", [*headers.items(), *headers.items()], WHOLE)


STRUCTURED = {"specversion": "1.0", "id": "e-1", "source": "test", "type": "driveline.pay.submitted.v1"}


@pytest.mark.parametrize(
    ("changed", "taken"),
    [
        ({"data": pay_body()}, True),
        ({"data": pay_body(), "datacontenttype": "application/json"}, True),
        ({"data": pay_body(), "datacontenttype": "text/xml"}, False),
        ({"data": pay_body(), "id": 17}, True),
        ({"data": pay_body(), "id": 1.5}, False),
        ({"data": pay_body(), "retry": True, "time": None}, True),
        ({"data": pay_body(), "note": ["x"]}, False),
        ({"data": None}, False),
        ({}, False),
        ({"data_base64": "e30="}, False),
        ({"data_base64": __import__("base64").b64encode(WHOLE).decode()}, True),
        ({"data_base64": "%%"}, False),
    ],
)
@pytest.mark.parametrize(
    "media", [b"application/cloudevents+json", b"application/cloudevents+json; charset=utf-8", None]
)
def test_both_judge_structured_mode_alike(changed: dict[str, Any], taken: bool, media: bytes | None) -> None:
    headers: list[tuple[str, bytes | None]] = [("content-type", media)] if media else []
    assert agree("pay.submitted", headers, json.dumps(STRUCTURED | changed).encode()) is taken


@pytest.mark.parametrize("value", [None, b"", b"null", b"[]", b"{}", b"x" * 1_048_577, b" " * 1_048_570 + b"{}"])
def test_both_leave_what_is_no_event(value: bytes | None) -> None:
    assert not agree("pay.submitted", headers_of("pay.submitted"), value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_both_spell_json_alike(value: Any) -> None:
    assert strict.canonical(value) == canonical_json(value)


def test_every_collected_topic_has_a_reading() -> None:
    assert set(COLLECTED) == set(TOPIC_BODIES)

"""What a sender reads: one line that names the field and says what is wrong with its value."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contracts.codec import parse
from contracts.event import Refused, one_line, shown
from known_events import HOURLY, PAY, enveloped, label, payloads, refused


@pytest.mark.parametrize("path", refused(), ids=label)
def test_every_refused_sample_says_why(path: Path) -> None:
    sample = json.loads(path.read_text())
    with pytest.raises(Refused) as caught:
        parse(enveloped(sample["data"], path.parent.parent.name), strict=True)
    assert str(caught.value) == sample["reason"]


@pytest.mark.parametrize("path", payloads(), ids=label)
def test_an_unknown_field_is_refused_of_producers_and_passed_over_by_consumers(path: Path) -> None:
    topic, body = path.parent.name, json.loads(path.read_text())
    newer = enveloped(body | {"since_next_year": {"a": [1.5, None]}}, topic)
    with pytest.raises(Refused) as caught:
        parse(newer, strict=True)
    assert str(caught.value) == f"since_next_year: is not a field of {topic}"
    assert parse(newer, strict=False) == parse(enveloped(body, topic), strict=True)


def test_an_unknown_field_deep_inside_is_refused_by_its_path() -> None:
    body = {"member_id": "s", "revision": 1, "kind": "school", "status": "active"}
    body |= {
        "programs": [{"program_id": "p-1", "cip": "47.0604"}, {"program_id": "p-2", "cip": "47.0604", "room": "B"}]
    }
    with pytest.raises(Refused) as caught:
        parse(enveloped(body, "member.joined"), strict=True)
    assert str(caught.value) == "programs.1.room: is not a field of member.joined"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "data: is not JSON: expecting value at character 0"),
        (b"{", "data: is not JSON: expecting property name enclosed in double quotes at character 1"),
        (b"[1]", "data: a list is not a JSON object"),
        (b'"pay"', "data: 'pay' is not a JSON object"),
        (b"null", "data: null is not a JSON object"),
        (b"\xff{}", "data: is not UTF-8 at byte 0"),
        (b"[" * 100_000, "data: is nested too deeply"),
        (b'{"a":' * 100_000, "data: is nested too deeply"),
        (b'{"rate":"1","rate":"2"}', "rate: is given twice"),
        (b'{"a":{"b":[0,{"rate":1,"rate":1}]}}', "a.b.1.rate: is given twice"),
        (b'{"rate":NaN}', "rate: NaN is not JSON"),
        (b'{"rate":-Infinity}', "rate: -Infinity is not JSON"),
        (b'{"rate":1e999}', "rate: '1e999' is out of range"),
        (b'{"revision":99999999999999999999999999}', "revision: is a whole number of 26 characters, beyond 64 bits"),
        (b'{"revision":' + b"9" * 5000 + b"}", "revision: is a whole number of 5000 characters, beyond 64 bits"),
        (rb'{"member_id":"\ud83d"}', r"member_id: '\ud83d' holds what text cannot: NUL or half a character"),
        (rb'{"a":[{"b":"x\u0000"}]}', r"a.0.b: 'x\x00' holds what text cannot: NUL or half a character"),
        (rb'{"\udc00":1}', r"data: '\udc00' holds what text cannot: NUL or half a character"),
    ],
)
def test_what_is_hardly_json_is_refused(body: bytes, reason: str) -> None:
    for strict in (True, False):
        with pytest.raises(Refused) as caught:
            parse(enveloped(body), strict=strict)
        assert str(caught.value) == reason


def test_a_whole_character_in_two_escapes_is_text() -> None:
    body = json.dumps(HOURLY | {"member_id": "shop-\N{WRENCH}"}).encode()
    assert b"\\ud83d\\udd27" in body
    assert parse(enveloped(body), strict=True).key() == "shop-\N{WRENCH}"


def test_an_escaped_backslash_before_u0000_is_text() -> None:
    body = json.dumps(HOURLY | {"member_id": r"shop\u0000"}).encode()
    assert parse(enveloped(body), strict=True).key() == r"shop\u0000"


@pytest.mark.parametrize(
    ("ce_type", "reason"),
    [
        ("driveline.pay.submitted.v2", "type: 'driveline.pay.submitted.v2' is not a type of Driveline"),
        ("pay.submitted", "type: 'pay.submitted' is not a type of Driveline"),
        ("driveline.membership.dead.v1", "type: 'driveline.membership.dead.v1' is not a type of Driveline"),
        ("driveline.gathering.registered.v1", "type: 'driveline.gathering.registered.v1' has no published shape yet"),
    ],
)
def test_a_type_without_a_shape_is_refused(ce_type: str, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        parse(replace(enveloped(PAY), type=ce_type), strict=False)
    assert str(caught.value) == reason


def test_a_long_value_is_cut_short() -> None:
    with pytest.raises(Refused) as caught:
        parse(enveloped(HOURLY | {"role": "x" * 100_000}), strict=True)
    assert str(caught.value).startswith("role: 'xxxxxxx")
    assert len(str(caught.value)) < 700


def test_a_refusal_survives_its_way_to_another_process() -> None:
    refusal = Refused("rate", "is 0")
    again = pickle.loads(pickle.dumps(refusal))  # noqa: S301  # our own bytes
    assert (str(again), again.field, again.problem) == ("rate: is 0", "rate", "is 0")


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\u2028b", "\x1b[31mred", "a\x00b", "\ud800"])
def test_a_refusal_is_one_line_whatever_it_quotes(text: str) -> None:
    said = str(Refused(text, text))
    assert len(said.splitlines()) == 1
    assert said.isprintable()
    assert said.encode("utf-8")


@pytest.mark.parametrize(
    ("value", "picture"),
    [
        (None, "null"),
        (True, "true"),
        (7, "7"),
        ("a", "'a'"),
        ([1], "a list"),
        ({"a": 1}, "an object"),
        (10**400, "a huge integer"),
    ],
)
def test_values_are_shown_as_their_sender_knows_them(value: Any, picture: str) -> None:
    assert shown(value) == picture


def test_one_line_says_that_something_is_left_out() -> None:
    assert one_line("x" * 1000) == "x" * 597 + "..."

"""Whatever a partner sends is refused alone, with a reason that it can read; on an inner topic the same bytes end in the
dead letters. Nothing is lost, nothing stops."""

import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from contracts.codec import partition_of
from market import REJECTED, TOPIC, join, members, pay, submitted
from outside import Record, binary, structured
from up_command import Up

TWO_MIB = 2 * 1024 * 1024


@dataclass(frozen=True)
class Bad:
    """A record that must be refused, and the beginning of the reason."""

    name: str
    record: Record
    reason: str


def bad(ours: str, other: str) -> list[Bad]:
    """Each kind of bad input that the issue names; `other` has granted nothing."""

    def event(name: str, value: Any, reason: str, **more: Any) -> Bad:
        return Bad(f"{name}@{ours}", binary("pay.submitted", f"{name}@{ours}", value, TOPIC, **more), reason)

    def entry(**fields: Any) -> dict[str, Any]:
        return pay(ours, "bad") | fields

    return [
        event("not-json", b'{"submission_id": ', "data: is not JSON"),
        event("not-an-object", b'"pay"', "data: 'pay' is not a JSON object"),
        event("wrong-type", entry(revision="two"), "revision: 'two' is not a whole number"),
        event("number-for-text", entry(rate=31.5), "rate: 31.5 is not"),
        event("unknown-role", entry(role="wizard"), "role: 'wizard' is not one of 'lube_tech', "),
        event("unknown-zip", entry(zip="00000"), "zip: '00000' is not in the ZIP table"),
        event("impossible-pay", entry(rate="900"), "rate: comes to an effective 900.00 an hour, outside 5.00 to 250.00"),
        event("too-large", b'"' + b"x" * (TWO_MIB - 2) + b'"', "value: 2097152 bytes, at most 1048576"),
        event("null-header", entry(), "ce_shop: is a header without a value", headers=[("ce_shop", None)]),
        event("null-value", None, "value: is null"),
        event("no-grant", pay(other, "bad"), f"member_id: '{other}' has not granted 'pay:write' to 'wrenchway'"),
        event("no-such-member", pay("shop-42", "bad"), "member_id: 'shop-42' is not a member"),
        event("somebody-elses", entry(submission_id="ase/9b1c"),
              "submission_id: 'ase/9b1c' is in the name space of 'ase', not yours"),
    ]  # fmt: skip


# What membership alone can know: on an inner topic, where only its intake writes, these would be right.
ONLY_THE_INTAKE_KNOWS = ("no-grant", "no-such-member", "somebody-elses")


@pytest.fixture(scope="module")
def ours(up: Up) -> str:
    return members(up, 1)[0]


@pytest.fixture(scope="module")
def other(up: Up) -> str:
    with up.api() as api:
        return join(api)


def applied(up: Up, prefix: str, member_id: str) -> set[str]:
    """The submissions of a member that reached the inner topic."""
    mark = f'"member_id":"{member_id}"'.encode()  # as the intake writes it: other tests put anything on this topic
    records = [record for record in up.log("pay.submitted") if mark in (record.value or b"")]
    return {body["submission_id"] for body in (r.body for r in records) if prefix in body["submission_id"]}


def test_a_partner_is_refused_record_by_record_and_its_neighbours_go_on(up: Up, ours: str, other: str) -> None:
    found = bad(ours, other)
    # The partition is forced: all of them, good and bad in turn, come to the intake in one batch.
    mixed: list[Record] = []
    for number, one in enumerate(found):
        mixed.append(submitted(pay(ours, f"beside-{number}"), f"beside-{number}@{ours}", partition=3))
        mixed.append(Record(one.record.topic, one.record.value, one.record.headers, b"any key", 3))
    up.publish([*mixed, submitted(pay(ours, "beside-last"), f"beside-last@{ours}", partition=3)])
    up.settle()

    neighbours = {f"wrenchway/beside-{number}" for number in range(len(found))} | {"wrenchway/beside-last"}
    assert applied(up, "wrenchway/beside-", ours) == neighbours

    told = {record.body["ce_id"]: record.body["reason"] for record in up.log(REJECTED)}
    with up.api() as api:
        for one in found:
            assert told[one.name].startswith(one.reason), told[one.name]
            receipt = api.get(f"/v1/receipts/{one.name}").json()
            assert (receipt["outcome"], receipt["reason"]) == ("refused", told[one.name])
            assert "\n" not in receipt["reason"]
        for number in range(len(found)):
            assert api.get(f"/v1/receipts/beside-{number}@{ours}").json()["outcome"] == "accepted"


def test_the_same_over_http_with_the_reason_in_the_answer(up: Up, ours: str, other: str) -> None:
    with up.api() as api:
        vendor = api.post("/v1/partners", json={"name": "vendor", "scopes": ["pay:write"], "new_secret": True}).json()
        form = {"grant_type": "client_credentials"} | {k: vendor[k] for k in ("client_id", "client_secret")}
        token = api.post("/oauth/token", data=form).json()["access_token"]
        api.post("/v1/grants", json={"partner": "vendor", "scopes": ["pay:write"], "member_ids": [ours]})
    batch = [
        structured("pay.submitted", "http-good", pay(ours, "http-good")),
        structured("pay.submitted", "http-role", pay(ours, "bad", role="wizard")),
        structured("pay.submitted", "http-grant", pay(other, "bad")),
        structured("pay.submitted", "http-theirs", pay(ours, "wrenchway/9b1c")),
    ]
    headers = {"authorization": f"Bearer {token}", "content-type": "application/cloudevents-batch+json"}
    with httpx.Client(base_url=up.running["membership"], headers=headers, timeout=30) as partner:
        answer = partner.post("/v1/events", content=json.dumps(batch))
        reasons = {receipt["ce_id"]: receipt["reason"] for receipt in answer.json()["receipts"]}
        assert answer.status_code == 202
        assert reasons["http-good"] is None
        assert reasons["http-role"].startswith("role: 'wizard' is not one of")
        assert reasons["http-grant"] == f"member_id: '{other}' has not granted 'pay:write' to 'vendor'"
        assert (
            reasons["http-theirs"] == "submission_id: 'wrenchway/9b1c' is in the name space of 'wrenchway', not yours"
        )
        assert partner.get("/v1/receipts/http-role").json()["outcome"] == "refused"
        assert partner.get(f"/v1/receipts/revised-0@{ours}").status_code == 404  # another partner's
        assert partner.post("/v1/events", content=b"x" * 100).status_code == 400
        one = {"content-type": "application/cloudevents+json"}
        assert partner.post("/v1/events", content=b"x" * TWO_MIB, headers=one).status_code == 413
        single = partner.post("/v1/events", content=json.dumps(batch[2]), headers=one)
        assert (single.status_code, single.json()["error"]) == (403, reasons["http-grant"])
    up.settle()
    assert applied(up, "vendor/", ours) == {"vendor/http-good"}


def test_the_same_bytes_on_an_inner_topic_end_in_the_dead_letters(up: Up, ours: str, other: str) -> None:
    found = [one for one in bad(ours, other) if not one.name.startswith(ONLY_THE_INTAKE_KNOWS)]
    home = partition_of(ours, 6)
    mixed: list[Record] = []
    for number, one in enumerate(found):
        beside = pay(ours, f"inner/beside-{number}")
        mixed.append(
            binary("pay.submitted", f"inner-{number}", beside, "pay.submitted", key=ours.encode(), partition=home)
        )
        mixed.append(Record("pay.submitted", one.record.value, one.record.headers, ours.encode(), home))
    up.publish(mixed)
    up.settle()

    letters = {letter["ce_id"]: letter for letter in up.dead_letters("exchange")}
    for one in found:
        letter = letters[one.name]
        assert letter["from"].startswith(f"pay.submitted/{home}/")
        assert letter["reason"].startswith(one.reason), letter["reason"]
    shown = up.driveline("dead-letters", "show", letters[f"unknown-role@{ours}"]["id"], "--json").json
    assert json.loads(shown["value"])["role"] == "wizard"
    assert shown["key"] == ours
    up.release()
    verified = up.driveline("verify", "--json", seconds=240)
    assert (verified.code, verified.json["clean"]) == (0, True)


def test_an_application_that_cannot_be_read_ends_in_the_dead_letters_of_membership(up: Up, ours: str) -> None:
    name = f"join-not-json@{ours}"
    up.publish([binary("member.join-requested", name, b"{", "member.join-requested")])
    up.settle()
    listed = up.driveline("dead-letters", "list", "--service", "membership", "--json").json["dead_letters"]
    [letter] = [letter for letter in listed if letter["ce_id"] == name]
    assert letter["reason"].startswith("data: is not JSON")
    replayed = up.driveline("dead-letters", "replay", letter["id"], "--json")
    assert replayed.json["sent_to"].startswith("member.join-requested/")
    up.settle()
    again = [letter for letter in up.dead_letters("membership") if letter["ce_id"] == name]
    assert len(again) == 2  # it is still not JSON


def test_a_record_in_the_wrong_partition_is_sent_on_to_its_own(up: Up, ours: str) -> None:
    home = partition_of(ours, 6)
    wrong = (home + 1) % 6
    body, name = pay(ours, "inner/astray"), f"astray@{ours}"
    up.publish([binary("pay.submitted", name, body, "pay.submitted", key=ours.encode(), partition=wrong)])
    up.settle()
    places = [record.partition for record in up.log("pay.submitted") if record.header("ce_id") == name]
    assert sorted(place for place in places if place is not None) == sorted([wrong, home])


def test_an_old_revision_is_no_error(up: Up, ours: str) -> None:
    before = len(up.dead_letters("exchange"))
    revisions = [3, 1, 2, 3, 1]
    up.publish([submitted(pay(ours, "revised", revision=r), f"revised-{n}@{ours}") for n, r in enumerate(revisions)])
    up.settle()
    with up.api() as api:
        outcomes = [api.get(f"/v1/receipts/revised-{n}@{ours}").json()["outcome"] for n in range(len(revisions))]
    assert outcomes == ["accepted"] * 5
    assert len(up.dead_letters("exchange")) == before


def test_what_a_later_stage_refuses_is_told_to_its_partner(up: Up, ours: str) -> None:
    """An accepted event of wrenchway that the exchange cannot apply: here, one that was spoilt on the inner topic."""
    value = json.dumps(pay(ours, "wrenchway/spoilt", zip="00000")).encode()
    name = f"spoilt@{ours}"
    spoilt = binary("pay.submitted", name, value, "pay.submitted", key=ours.encode(),
                    partition=partition_of(ours, 6), headers=[("ce_partner", b"wrenchway")])  # fmt: skip
    up.publish([spoilt])
    up.settle()
    with up.api() as api:
        receipt = api.get(f"/v1/receipts/{name}").json()
    assert receipt["outcome"] == "refused"
    assert receipt["reason"] == "zip: '00000' is not in the ZIP table (at pay.submitted)"
    [told] = [record.body for record in up.log(REJECTED) if record.body["ce_id"] == name]
    assert told["reason"] == receipt["reason"]

"""Events as values: frozen, spelled one way, wrapped with their cause."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from contracts.codec import CloudEvent, new_event, new_id
from contracts.exchange import ExchangeEpoch, LaborRateSubmitted, PaySubmitted
from contracts.membership import Consent, ContactChanged, MemberUpdated
from known_events import HOURLY
from pydantic import ValidationError

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_an_event_does_not_change() -> None:
    pay = PaySubmitted.model_validate(HOURLY)
    with pytest.raises(ValidationError):
        pay.rate = "30"  # type: ignore[misc]


def test_an_event_has_one_spelling() -> None:
    member = MemberUpdated(
        member_id="shop-\N{WRENCH}",
        revision=3,
        kind="business",
        status="left",
        verified_on=date(2026, 1, 15),
        name=None,
    )
    assert member.canonical() == (
        b'{"kind":"business","member_id":"shop-\\ud83d\\udd27","name":null,"revision":3,"status":"left","verified_on":"2026-01-15"}'
    )


def test_a_keyword_of_python_is_a_field_like_any_other() -> None:
    at = datetime(2026, 1, 2, 4, 4, 5, tzinfo=timezone(timedelta(hours=1)))
    consent = Consent(channel="sms", class_="match", given=True, at=at, source="confirming reply")
    contact = ContactChanged(contact_id="c-1", revision=1, member_id="shop-42", consents=(consent,))
    assert contact.canonical() == (
        b'{"consents":[{"at":"2026-01-02T03:04:05Z","channel":"sms","class":"match","given":true,"source":"confirming reply"}],'
        b'"contact_id":"c-1","member_id":"shop-42","revision":1}'
    )


def test_keys() -> None:
    epoch = ExchangeEpoch(
        epoch=1, serial=0, kind="release", policies={"pay": "pay-2026"}, cutoffs={"pay": date(2026, 8, 25)},
        offsets={"pay.submitted": {0: 17}}, partitions=6, released_at=datetime(2026, 11, 23, tzinfo=UTC),
    )  # fmt: skip
    assert epoch.key() == ""
    assert b'"offsets":{"pay.submitted":{"0":17}}' in epoch.canonical()
    assert PaySubmitted.model_validate(HOURLY).key() == "shop-42"


@pytest.mark.parametrize(
    ("posted", "cents"), [("19.995", 20_00), ("145", 145_00), ("145.005", 145_01), ("500.0049", 500_00)]
)
def test_a_posted_rate_is_rounded_once(posted: str, cents: int) -> None:
    rate = {"submission_id": "l-1", "revision": 1, "member_id": "shop-42", "shop_type": "independent_repair", "zip": "17350",
            "kind": "diesel_door", "effective_on": "2026-06-30", "posted_rate": posted}  # fmt: skip
    assert LaborRateSubmitted.model_validate(rate).posted_cents() == cents


def test_a_new_envelope() -> None:
    before = datetime.now(UTC)
    ce = new_event(PaySubmitted.model_validate(HOURLY), source="driveline/exchange")
    assert ce.type == "driveline.pay.submitted.v1"
    assert (ce.source, ce.subject, ce.extensions) == ("driveline/exchange", "shop-42", {})
    assert ce.data == PaySubmitted.model_validate(HOURLY).canonical()
    assert ce.time is not None
    assert ce.time.endswith("Z")
    assert before <= datetime.fromisoformat(ce.time) <= datetime.now(UTC)


def test_an_envelope_says_what_caused_it() -> None:
    first = CloudEvent("e-1", "urn:shop", "t", None, None, b"{}", {"partner": "wrenchway", "traceparent": TRACE})
    second = new_event(PaySubmitted.model_validate(HOURLY), source="driveline/exchange", subject="s", cause=first)
    third = new_event(PaySubmitted.model_validate(HOURLY), source="driveline/exchange", cause=second)
    assert second.extensions == {"causationid": "e-1", "correlationid": "e-1", "traceparent": TRACE}
    assert third.extensions == {"causationid": second.id, "correlationid": "e-1", "traceparent": TRACE}


def test_ids_are_uuids_of_version_7_that_sort_by_time() -> None:
    ids = [uuid.UUID(new_id()) for _ in range(1000)]
    assert {(i.version, i.variant) for i in ids} == {(7, uuid.RFC_4122)}
    assert len(set(ids)) == 1000
    milliseconds = [i.int >> 80 for i in ids]
    assert milliseconds == sorted(milliseconds)
    assert abs(milliseconds[-1] / 1000 - datetime.now(UTC).timestamp()) < 60

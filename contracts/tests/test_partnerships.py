"""The life of a partnership as events: one key, one spelling, and what only some of them carry."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from contracts.codec import parse
from contracts.event import Refused
from contracts.matching import (
    AwaitedAnswer,
    Partnership,
    PartnershipAgreed,
    PartnershipExpired,
    PartnershipProposed,
    Proposal,
)
from contracts.notifications import ConsentStated, NotificationSettled, PartnershipAnswered
from contracts.topics import topic
from contracts.upkeep.schemas import events
from known_events import SAMPLES, enveloped
from pydantic import ValidationError

LIFE = {"proposed", "accepted", "agreed", "declined", "completed", "expired"}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def sample(topic_name: str, name: str) -> dict[str, Any]:
    """Return one sample's body."""
    body: dict[str, Any] = json.loads((SAMPLES / topic_name / f"v1-{name}.json").read_text())
    return body


def test_all_of_one_need_falls_into_one_partition() -> None:
    of_a_need = {t for t, event in events().items() if event.key_field == "need_id"}
    assert of_a_need == {f"partnership.{step}" for step in LIFE} | {"partnership.answered"}
    assert {t for t, event in events().items() if issubclass(event, Partnership)} == of_a_need - {
        "partnership.answered"
    }
    assert {topic(t).production_partitions for t in of_a_need} == {6}


def test_a_proposal_has_one_spelling() -> None:
    proposed = PartnershipProposed(
        proposal_id="pr-1", need_id="n-7", offer_id="o-9", revision=1, kind="guest_speaker", requested_by="school-3",
        offered_by="shop-42", zip="17401", distance_miles=19, starts_on=date(2027, 2, 1), answer_until=NOON,
    )  # fmt: skip
    assert proposed.key() == "n-7"
    assert proposed.canonical() == (
        b'{"answer_until":"2026-11-23T12:00:00Z","distance_miles":19,"kind":"guest_speaker","need_id":"n-7","offer_id":"o-9",'
        b'"offered_by":"shop-42","proposal_id":"pr-1","requested_by":"school-3","revision":1,"starts_on":"2027-02-01","zip":"17401"}'
    )


def test_the_own_end_of_a_need_is_of_no_proposal() -> None:
    ended = PartnershipExpired(
        need_id="n-7", revision=1, kind="job", requested_by="school-3", zip="17401", reason="no_candidate"
    )
    assert not isinstance(ended, Proposal)
    assert ended.key() == "n-7"
    assert ended.canonical() == (
        b'{"kind":"job","need_id":"n-7","reason":"no_candidate","requested_by":"school-3","revision":1,"zip":"17401"}'
    )


def test_a_link_that_answers_goes_to_those_who_need_it_and_ends() -> None:
    with_link = {t for t, event in events().items() if "answer_url" in event.model_fields}
    assert with_link == {"partnership.proposed", "partnership.accepted"}
    for name in with_link:
        row, event = topic(name), events()[name]
        assert issubclass(event, AwaitedAnswer)
        assert event.model_fields["answer_until"].is_required()
        assert {*row.writers, *row.readers, *row.later_readers} <= {"matching", "membership", "notifications"}
        assert row.scope is None


@pytest.mark.parametrize("step", sorted(LIFE - {"expired"}))
@pytest.mark.parametrize("field", ["proposal_id", "offer_id", "offered_by"])
def test_whatever_befalls_a_proposal_names_it(step: str, field: str) -> None:
    body = sample(f"partnership.{step}", "minimal")
    for strict in (True, False):
        with pytest.raises(Refused) as missing:
            parse(enveloped({k: v for k, v in body.items() if k != field}, f"partnership.{step}"), strict=strict)
        assert str(missing.value) == f"{field}: is missing"


@pytest.mark.parametrize("step", sorted(LIFE))
def test_nobody_is_matched_with_themselves(step: str) -> None:
    body = sample(f"partnership.{step}", "minimal") | {"offered_by": "school-3"}
    with pytest.raises(Refused) as caught:
        parse(enveloped(body, f"partnership.{step}"), strict=False)
    assert str(caught.value) == ("offered_by: 'school-3' is requested_by as well, a proposal is between two members")


def test_a_newer_writer_s_link_is_passed_over_where_the_contract_has_none() -> None:
    body = sample("partnership.agreed", "minimal")
    newer = enveloped(body | {"answer_url": "https://example.com/a"}, "partnership.agreed")
    assert parse(newer, strict=False) == PartnershipAgreed.model_validate(body)


def test_what_a_person_said_has_a_time_and_no_revision() -> None:
    assert "revision" not in PartnershipAnswered.model_fields
    assert "revision" not in ConsentStated.model_fields
    stop = ConsentStated(contact_id="c-1", channel="sms", classes=(), given=False, at=NOON, source="STOP by SMS")
    assert stop.key() == "c-1"
    assert stop.canonical() == (
        b'{"at":"2026-11-23T12:00:00Z","channel":"sms","classes":[],"contact_id":"c-1","given":false,"source":"STOP by SMS"}'
    )


def test_nobody_allows_everything_by_a_forgotten_field() -> None:
    with pytest.raises(ValidationError, match="classes"):
        ConsentStated(contact_id="c-1", channel="sms", given=True, at=NOON, source="START by SMS")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("outcome", "needs_reason"),
    [("sent", False), ("delivered", False), ("unknown", False), ("held", True), ("suppressed", True), ("failed", True)],
)
def test_what_did_not_go_out_says_why(outcome: str, needs_reason: bool) -> None:
    body = sample("notification.settled", "minimal") | {"outcome": outcome}
    if needs_reason:
        with pytest.raises(Refused) as caught:
            parse(enveloped(body, "notification.settled"), strict=False)
        assert str(caught.value) == f"reason: is missing, outcome '{outcome}' has one"
        body |= {"reason": "said so"}
    settled = parse(enveloped(body, "notification.settled"), strict=True)
    assert isinstance(settled, NotificationSettled)
    assert (settled.outcome, settled.key()) == (outcome, "shop-42")

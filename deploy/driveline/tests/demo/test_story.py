"""The story: what must stand stands by the rules, what must be refused is refused by the contracts, each kind for its field."""

import base64
import json
from collections import Counter, defaultdict
from datetime import date
from typing import Any

import pytest
from contracts.codec import decode_kafka, parse
from contracts.event import Refused
from contracts.partitions import partition_of
from driveline.demo.draw import Position, positions
from driveline.demo.market import real_shops, synthetic_shops
from driveline.demo.publication import PAYROLL, Publication, binary
from driveline.demo.spoil import KINDS, NO_GRANT
from driveline.demo.story import INSIDERS, WAYS, Roll, Story, tell
from driveline.verify.effective import Nothing
from driveline.verify.envelope import read_body
from driveline.verify.policies import POLICIES
from driveline.verify.records import Fact, read_fact, read_member
from driveline.verify.standing import standing

TODAY = date(2026, 11, 23)
CUTOFF = date(2026, 8, 25)
# Refused for who sends it, which the contracts alone cannot tell.
BY_SENDER = {
    "member that nobody knows",
    "somebody else's submission",
    "partner without the scope",
    NO_GRANT.label,
    "type not open to partners",
}


@pytest.fixture(scope="module")
def market() -> tuple[list[Position], Roll]:
    shops = real_shops(5)[:900] + synthetic_shops(5)[:400]
    refs = [shop.ref for shop in shops]
    payroll = frozenset(refs[::9])
    roll = Roll({ref: f"m-{ref}" for ref in refs}, payroll, frozenset(refs[1::101]) - payroll, frozenset(refs[3::97]))
    return list(positions(shops, 5)), roll


@pytest.fixture(scope="module")
def story(market: tuple[list[Position], Roll]) -> Story:
    return tell(*market, TODAY, 5, 6)


def body_of(publication: Publication) -> tuple[str, dict[str, Any]]:
    for topic in ("pay.submitted", "submission.withdrawn"):
        try:
            return topic, read_body(topic, publication.headers, publication.value)
        except Nothing:
            continue
    raise AssertionError(publication)


def test_every_way_of_telling_occurs_about_as_often_as_it_should(story: Story) -> None:
    assert set(story.told) == set(WAYS)
    assert sum(story.told.values()) + sum(kind is NO_GRANT for kind in story.refused.values()) == story.entries
    assert story.told["revised"] / story.entries == pytest.approx(0.05, abs=0.015)


def test_what_the_story_says_stands_is_what_rule_1_lets_stand(
    market: tuple[list[Position], Roll], story: Story
) -> None:
    facts: list[Fact] = [
        read_member(
            {"member_id": m, "revision": 1, "kind": "business", "status": "active", "verified_on": "2026-07-01"}
        )
        for ref, m in market[1].member_of.items()
        if ref not in market[1].not_counted
    ]
    for publication in story.published:
        if publication.ce_id in story.refused or publication.ce_id.startswith("demo-broken"):
            continue
        topic, body = body_of(publication)
        if body["member_id"] in {market[1].member_of[ref] for ref in market[1].ungranted}:
            continue
        fact = read_fact(topic, body)
        assert fact is not None
        facts.append(fact)
    stands = [(pay.member_id, pay.value) for pay in standing(facts, POLICIES["pay-2026"], CUTOFF)]
    told = [(market[1].member_of[entry.shop.ref], entry.cents) for entry in story.standing]
    assert Counter(stands) == Counter(told)
    assert len(told) > 1000


def test_each_kind_of_bad_input_is_refused_for_the_field_it_names(story: Story) -> None:
    by_kind = defaultdict(list)
    for publication in story.published:
        if publication.ce_id in story.refused:
            by_kind[story.refused[publication.ce_id].label].append(publication)
    assert {label: len(found) for label, found in by_kind.items() if label != NO_GRANT.label} == {
        kind.label: kind.count for kind in KINDS
    }
    for kind in KINDS:
        for bad in by_kind[kind.label]:
            value = bad.value if bad.value is None else bad.value.ljust(bad.pad_to)
            if kind.label in BY_SENDER:
                decode_kafka(bad.headers, value)
                continue
            with pytest.raises(Refused) as refused:
                parse(decode_kafka(bad.headers, value), strict=True)
            assert refused.value.field == kind.field, kind.label


def test_bad_input_by_its_sender_is_sent_by_that_sender(story: Story) -> None:
    topics = {
        label: {
            p.topic for p in story.published if story.refused.get(p.ce_id) and story.refused[p.ce_id].label == label
        }
        for label in BY_SENDER
    }
    assert topics == {
        "member that nobody knows": {"partner.wrenchway"},
        "somebody else's submission": {f"partner.{PAYROLL}"},
        "partner without the scope": {"partner.ase"},
        NO_GRANT.label: {"partner.wrenchway"},
        "type not open to partners": {"partner.wrenchway"},
    }


def test_revisions_come_in_order_unless_they_are_told_not_to(story: Story) -> None:
    seen: dict[str, list[int]] = defaultdict(list)
    for publication in story.published:
        if publication.ce_id not in story.refused and publication.topic.startswith("partner."):
            body = body_of(publication)[1]
            seen[body["submission_id"]].append(body["revision"])
    turned = sum(revisions == [2, 1] for revisions in seen.values())
    assert turned == story.told["reordered"] + story.told["withdrawn before it came"]
    assert sum(revisions == [1, 2, 1] for revisions in seen.values()) == story.told["old revision again"]
    assert sum(revisions == [1, 1] for revisions in seen.values()) == story.told["duplicate"]


def test_a_wrong_key_is_told_apart_from_the_member(story: Story) -> None:
    wrong = [p for p in story.published if p.key.startswith("not-")]
    assert len(wrong) == story.told["under a wrong key"] > 0
    assert all(p.key == "not-" + body_of(p)[1]["member_id"] for p in wrong)


def test_insiders_put_good_records_into_wrong_partitions_and_broken_ones_anywhere(story: Story) -> None:
    inner = [p for p in story.published if p.topic == "pay.submitted"]
    strays = [p for p in inner if p.partition is not None]
    assert (len(inner), len(strays), story.dead, story.strays) == (2 * INSIDERS, INSIDERS, INSIDERS, INSIDERS)
    for stray in strays:
        assert stray.partition != partition_of(body_of(stray)[1]["member_id"], 6)


def test_the_same_arguments_tell_the_same_story(market: tuple[list[Position], Roll], story: Story) -> None:
    assert tell(*market, TODAY, 5, 6).published == story.published
    assert tell(*market, TODAY, 6, 6).published != story.published


def test_a_publication_is_written_down_byte_by_byte() -> None:
    told = json.loads(Publication("t", "c", "k", b"\xff", (("a", None), ("b", b"\x00")), 3, 10).line())
    assert told == {
        "topic": "t", "key": "k", "value": base64.b64encode(b"\xff").decode(), "headers": [["a", None], ["b", "AA=="]],
        "partition": 3, "pad_to": 10,
    }  # fmt: skip
    assert json.loads(Publication("t", "c", "k", None).line())["value"] is None
    good = binary("wrenchway", "c", "pay.submitted", {"member_id": "m-1"})
    assert (good.topic, good.key) == ("partner.wrenchway", "m-1")

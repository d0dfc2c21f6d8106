"""The topic table: complete, consistent, and kept as the design says."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from contracts.codec import MAX_EVENT_BYTES
from contracts.event import Event, Refused
from contracts.topics import COLLECTED, SERVICES, TOPICS, Topic, partner_topics, topic, topic_of, type_of
from contracts.vocabulary import SCOPES

DAY_MS = 24 * 60 * 60 * 1000


def named(found: Topic) -> str:
    """Name a topic in a test's id."""
    return found.name


def test_every_topic_of_the_design_is_there() -> None:
    assert {t.name for t in TOPICS} == {
        "member.joined", "member.updated", "member.join-requested", "member.join-settled", "contact.changed", "grant.changed",
        "member.renewal-due", "member.value-stated", "credential.earned", "pay.submitted", "benefits.submitted",
        "labor-rate.submitted", "technician-pay.submitted", "submission.withdrawn", "exchange.epoch", "benchmark.published",
        "benchmark.withdrawn", "partnership.requested", "partnership.offered", "partnership.withdrawn", "partnership.proposed",
        "partnership.accepted", "partnership.agreed", "partnership.declined", "partnership.completed", "partnership.expired",
        "media.published", "gathering.scheduled", "gathering.registered", "partnership.answered", "consent.stated",
        "notification.requested", "notification.settled",
        "membership.dead", "matching.dead", "exchange.dead", "notifications.dead",
    }  # fmt: skip
    assert Counter(t.name for t in TOPICS).most_common(1)[0][1] == 1


@pytest.mark.parametrize("row", TOPICS, ids=named)
def test_every_row_is_whole(row: Topic) -> None:
    assert row.owner in SERVICES
    assert row.writers
    assert row.carries
    assert row.scope is None or row.scope in SCOPES
    assert row.partitions <= row.production_partitions
    assert not set(row.readers) & set(row.later_readers)
    assert {g.partition(".")[0] for g in (*row.writers, *row.readers, *row.later_readers)} <= set(SERVICES)
    assert re.fullmatch(r"[a-z.-]{1,249}", row.name)
    assert row.max_message_bytes >= 4 * MAX_EVENT_BYTES  # or a 2 MiB record could not be refused with a reason


@pytest.mark.parametrize("row", [t for t in TOPICS if t.event], ids=named)
def test_an_event_knows_its_topic_and_key(row: Topic) -> None:
    assert row.event is not None
    assert row.event.topic == row.name
    assert row.event.key_field == row.key
    assert row.key is None or row.key in row.event.model_fields
    assert topic_of(type_of(row.name)) is row


def test_no_event_is_on_two_topics_or_on_none() -> None:
    def below(kind: type[Event]) -> set[type[Event]]:
        return {kind} | {x for child in kind.__subclasses__() for x in below(child)}

    # A service may read a body that is never published by an event's rules; other tests of the run may have loaded it.
    ours = {k for k in below(Event) if k.__module__.startswith("contracts.") and ".tests." not in k.__module__}
    published = {k for k in ours if "topic" in vars(k)}
    assert published == {t.event for t in TOPICS if t.event}


def test_what_the_exchange_collects_is_co_partitioned_and_kept_for_ever() -> None:
    rows = [topic(name) for name in COLLECTED]
    assert {(r.key, r.partitions, r.production_partitions, r.retention_ms, r.cleanup) for r in rows} == {
        ("member_id", 6, 48, -1, "delete")
    }
    assert {name for name in COLLECTED if "exchange" in topic(name).readers} == set(COLLECTED)


@pytest.mark.parametrize(
    ("name", "retention_ms", "cleanup", "partitions"),
    [
        ("exchange.epoch", -1, "delete", 1),
        ("contact.changed", -1, "compact", 6),
        ("member.join-requested", 7 * DAY_MS, "delete", 6),
        ("membership.dead", 30 * DAY_MS, "delete", 6),
        ("benchmark.published", 7 * DAY_MS, "delete", 6),
    ],
)
def test_what_is_kept_how_long(name: str, retention_ms: int, cleanup: str, partitions: int) -> None:
    row = topic(name)
    assert (row.retention_ms, row.cleanup, row.partitions) == (retention_ms, cleanup, partitions)


def test_who_may_write_what() -> None:
    assert {t.name for t in TOPICS if "membership.intake" in t.writers and t.scope is None} == {"membership.dead"}
    assert {t.name for t in TOPICS if t.scope and "membership.intake" not in t.writers} == set()
    contacts = topic("contact.changed")
    assert set(contacts.readers + contacts.later_readers) == {"notifications"}
    assert topic("member.join-settled").writers == ("membership",)
    # The exchange repairs what lies in the wrong partition.
    assert all("exchange" in topic(name).writers for name in COLLECTED)


def test_what_partners_may_publish() -> None:
    assert {t.name: t.scope for t in TOPICS if t.scope} == {
        "member.join-requested": "members:write",
        "pay.submitted": "pay:write",
        "benefits.submitted": "benefits:write",
        "labor-rate.submitted": "labor-rates:write",
        "technician-pay.submitted": "technician-pay:write",
        "submission.withdrawn": "submissions:write",
        "credential.earned": "credentials:write",
        "partnership.requested": "partnerships:write",
        "partnership.offered": "partnerships:write",
        "partnership.withdrawn": "partnerships:write",
        "media.published": "media:write",
        "gathering.scheduled": "gatherings:write",
        "notification.requested": "notifications:write",
    }


def test_a_partner_has_a_topic_and_a_place_for_refusals() -> None:
    own, rejected = partner_topics("wrenchway")
    assert (own.name, own.writers, own.readers) == ("partner.wrenchway", ("partner:wrenchway",), ("membership.intake",))
    assert (rejected.name, rejected.writers, rejected.readers) == (
        "partner.wrenchway.rejected",
        ("membership.intake",),
        (),
    )
    assert (own.max_message_bytes, rejected.max_message_bytes) == (4_194_304, 5_242_880)
    assert topic("exchange.dead").max_message_bytes == 5_242_880


@pytest.mark.parametrize("name", ["", "ACME", "a.b", "acme.rejected", "a b", "-acme", "é", "x" * 41, "acme\n"])
def test_a_partner_with_an_impossible_name_has_none(name: str) -> None:
    with pytest.raises(Refused, match="is not a partner's name"):
        partner_topics(name)


def test_an_unknown_topic_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        topic("pay.guessed")
    assert str(caught.value) == "topic: 'pay.guessed' is not a topic of Driveline"

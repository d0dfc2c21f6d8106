"""The topic table: every topic, what it carries, who owns, writes and reads it, and how it is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from contracts.event import Event, Refused, shown
from contracts.exchange import (
    BenchmarkPublished,
    BenchmarkWithdrawn,
    BenefitsSubmitted,
    ExchangeEpoch,
    LaborRateSubmitted,
    PaySubmitted,
    SubmissionWithdrawn,
    TechnicianPaySubmitted,
)
from contracts.matching import PartnershipOffered, PartnershipRequested, PartnershipWithdrawn
from contracts.membership import (
    ContactChanged,
    CredentialEarned,
    GatheringScheduled,
    GrantChanged,
    MemberJoined,
    MemberJoinRequested,
    MemberJoinSettled,
    MemberUpdated,
)
from contracts.notifications import MediaPublished, NotificationRequested

DAY_MS = 86_400_000
FOR_EVER = -1
MIB = 1_048_576

# Consumer groups. A process that takes part in none of them reads nothing.
MEMBERSHIP, INTAKE, MATCHING, EXCHANGE, NOTIFICATIONS = (
    "membership",
    "membership.intake",
    "matching",
    "exchange",
    "notifications",
)
SERVICES = (MEMBERSHIP, MATCHING, EXCHANGE, NOTIFICATIONS)


@dataclass(frozen=True)
class Topic:
    """One Kafka topic. `readers` are consumer groups that read it today, `later_readers` those that are going to."""

    name: str
    event: type[Event] | None
    key: str | None
    owner: str
    writers: tuple[str, ...]
    readers: tuple[str, ...] = ()
    later_readers: tuple[str, ...] = ()
    carries: str = ""
    partitions: int = 6
    production_partitions: int = 6
    retention_ms: int = 30 * DAY_MS
    cleanup: Literal["delete", "compact"] = "delete"
    scope: str | None = None
    # An event may have 1 MiB (codec.MAX_EVENT_BYTES). The broker takes more, so that what is too large arrives and is
    # refused with a reason that its sender can read, instead of an error that only the sender's client library sees.
    max_message_bytes: int = 4 * MIB


def _collected(
    name: str, event: type[Event], writers: tuple[str, ...], carries: str, scope: str | None, *more: str
) -> Topic:
    # Equal key and partition count put everything about a contributor into one shard. The exchange recomputes every
    # number from these logs and finds its place in them by offsets without gaps: kept for ever, never compacted.
    return Topic(
        name, event, "member_id", MEMBERSHIP if name.startswith("member.") else EXCHANGE, writers, (EXCHANGE,), more,
        carries, production_partitions=48, retention_ms=FOR_EVER, scope=scope,
    )  # fmt: skip


def _submitted(name: str, event: type[Event], carries: str, scope: str) -> Topic:
    return _collected(name, event, (INTAKE, EXCHANGE), carries, scope)


def _fact(name: str, event: type[Event] | None, key: str, owner: str, writers: tuple[str, ...], carries: str, *,
          scope: str | None = None, readers: tuple[str, ...] = (), later: tuple[str, ...] = (), days: int | None = None) -> Topic:  # fmt: skip
    kept = FOR_EVER if days is None else days * DAY_MS
    return Topic(name, event, key, owner, writers, readers, later, carries, retention_ms=kept, scope=scope)


def _dead(service: str) -> Topic:
    # Whatever fits on a topic must fit here with the headers that say why it was put aside.
    writers = (MEMBERSHIP, INTAKE) if service == MEMBERSHIP else (service,)
    return Topic(
        f"{service}.dead",
        None,
        None,
        service,
        writers,
        carries="what could not be applied, and why",
        max_message_bytes=5 * MIB,
    )


TOPICS: tuple[Topic, ...] = (
    _collected("member.joined", MemberJoined, (MEMBERSHIP,), "the whole public state of a new member", None, MATCHING, NOTIFICATIONS),
    _collected("member.updated", MemberUpdated, (MEMBERSHIP,), "the whole public state of a member", None, MATCHING, NOTIFICATIONS),
    # An application names people: it is kept no longer than it takes to settle it.
    _fact("member.join-requested", MemberJoinRequested, "request_id", MEMBERSHIP, (INTAKE,), "an application to join",
          scope="members:write", readers=(MEMBERSHIP,), days=7),
    _fact("member.join-settled", MemberJoinSettled, "request_id", MEMBERSHIP, (MEMBERSHIP,), "what became of an application", days=30),
    Topic("contact.changed", ContactChanged, "contact_id", MEMBERSHIP, (MEMBERSHIP,), (), (NOTIFICATIONS,),
          "a person's contact data; only notifications may read it", retention_ms=FOR_EVER, cleanup="compact"),
    _fact("grant.changed", GrantChanged, "member_id", MEMBERSHIP, (MEMBERSHIP,), "which partner may act for which member"),
    _fact("member.renewal-due", None, "member_id", MEMBERSHIP, (MEMBERSHIP,), "renewal notices", later=(NOTIFICATIONS,), days=30),
    _fact("member.value-stated", None, "member_id", MEMBERSHIP, (MEMBERSHIP,), "value statements", later=(NOTIFICATIONS,), days=30),
    _fact("credential.earned", CredentialEarned, "member_id", MEMBERSHIP, (INTAKE,), "counts by program and credential, no names",
          scope="credentials:write", later=(MEMBERSHIP,)),
    _submitted("pay.submitted", PaySubmitted, "one position's pay", "pay:write"),
    _submitted("benefits.submitted", BenefitsSubmitted, "one shop's answer to one benefit", "benefits:write"),
    _submitted("labor-rate.submitted", LaborRateSubmitted, "one posted labor rate", "labor-rates:write"),
    _submitted("technician-pay.submitted", TechnicianPaySubmitted, "a technician's own pay", "technician-pay:write"),
    _submitted("submission.withdrawn", SubmissionWithdrawn, "one submission of any of the four, taken back", "submissions:write"),
    # One partition: epochs have one order.
    Topic("exchange.epoch", ExchangeEpoch, None, EXCHANGE, (EXCHANGE,), carries="the manifest of a release or sweep",
          partitions=1, production_partitions=1, retention_ms=FOR_EVER),
    # Not for ever: when a cell is withdrawn, its numbers have to disappear here as well.
    _fact("benchmark.published", BenchmarkPublished, "cell", EXCHANGE, (EXCHANGE,), "a released benchmark",
          later=(MATCHING, NOTIFICATIONS), days=7),
    _fact("benchmark.withdrawn", BenchmarkWithdrawn, "cell", EXCHANGE, (EXCHANGE,), "a benchmark that may no longer be shown",
          later=(NOTIFICATIONS,), days=7),
    _fact("partnership.requested", PartnershipRequested, "member_id", MATCHING, (INTAKE, MATCHING), "a need",
          scope="partnerships:write", later=(MATCHING,)),
    _fact("partnership.offered", PartnershipOffered, "member_id", MATCHING, (INTAKE, MATCHING), "an offer",
          scope="partnerships:write", later=(MATCHING,)),
    _fact("partnership.withdrawn", PartnershipWithdrawn, "member_id", MATCHING, (INTAKE, MATCHING), "a need or an offer taken back",
          scope="partnerships:write", later=(MATCHING,)),
    _fact("partnership.proposed", None, "need_id", MATCHING, (MATCHING,), "a match, put to both sides", later=(NOTIFICATIONS,)),
    _fact("partnership.accepted", None, "need_id", MATCHING, (MATCHING,), "the business says yes", later=(NOTIFICATIONS,)),
    _fact("partnership.agreed", None, "need_id", MATCHING, (MATCHING,), "the school says yes", later=(NOTIFICATIONS,)),
    _fact("partnership.declined", None, "need_id", MATCHING, (MATCHING,), "one side says no", later=(NOTIFICATIONS,)),
    _fact("partnership.completed", None, "need_id", MATCHING, (MATCHING,), "both sides say it took place",
          later=(MEMBERSHIP, NOTIFICATIONS)),
    _fact("partnership.expired", None, "need_id", MATCHING, (MATCHING,), "nobody answered in time", later=(NOTIFICATIONS,)),
    _fact("partnership.answered", None, "need_id", NOTIFICATIONS, (NOTIFICATIONS,), "an answer that came back by SMS or email",
          later=(MATCHING,), days=30),
    _fact("media.published", MediaPublished, "media_id", NOTIFICATIONS, (INTAKE,), "an awareness story to syndicate",
          scope="media:write", later=(NOTIFICATIONS,)),
    _fact("gathering.scheduled", GatheringScheduled, "gathering_id", MEMBERSHIP, (INTAKE,), "a webinar or career fair",
          scope="gatherings:write", later=(MEMBERSHIP, NOTIFICATIONS)),
    _fact("gathering.registered", None, "gathering_id", MEMBERSHIP, (MEMBERSHIP,), "a member takes part", later=(NOTIFICATIONS,)),
    _fact("consent.stated", None, "contact_id", NOTIFICATIONS, (NOTIFICATIONS,), "STOP, START, a confirming reply",
          later=(MEMBERSHIP,), days=30),
    _fact("notification.requested", NotificationRequested, "member_id", NOTIFICATIONS, (INTAKE, *SERVICES), "tell this member that",
          scope="notifications:write", later=(NOTIFICATIONS,), days=30),
    _fact("notification.settled", None, "member_id", NOTIFICATIONS, (NOTIFICATIONS,), "what became of a message", later=(MEMBERSHIP, MATCHING), days=30),
    *(_dead(service) for service in SERVICES),
)  # fmt: skip

COLLECTED = (
    "member.joined",
    "member.updated",
    "pay.submitted",
    "benefits.submitted",
    "labor-rate.submitted",
    "technician-pay.submitted",
    "submission.withdrawn",
)

_BY_NAME = {t.name: t for t in TOPICS}
_TYPE = re.compile(r"driveline\.([a-z.-]+)\.v1")
_PARTNER = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def topic(name: str) -> Topic:
    """Return a topic of the table; raises Refused for any other name."""
    found = _BY_NAME.get(name)
    if found is None:
        raise Refused("topic", f"{shown(name)} is not a topic of Driveline")
    return found


def type_of(topic_name: str) -> str:
    """Return the `ce_type` of what a topic carries."""
    return f"driveline.{topic_name}.v1"


def topic_of(ce_type: str) -> Topic:
    """Return the topic that a `ce_type` belongs to; raises Refused for a type that no topic carries."""
    named = _TYPE.fullmatch(ce_type)
    found = _BY_NAME.get(named[1]) if named else None
    if found is None or found.name.endswith(".dead"):
        raise Refused("type", f"{shown(ce_type)} is not a type of Driveline")
    return found


def partner_topics(partner: str) -> tuple[Topic, Topic]:
    """Return a partner's own topic, and the one that carries what was refused of it."""
    if not _PARTNER.fullmatch(partner):
        raise Refused(
            "partner", f"{shown(partner)} is not a partner's name (lower case letters, digits and '-', at most 40)"
        )
    own = Topic(f"partner.{partner}", None, None, MEMBERSHIP, (f"partner:{partner}",), (INTAKE,),
                carries=f"whatever {partner} publishes")  # fmt: skip
    rejected = Topic(f"partner.{partner}.rejected", None, None, MEMBERSHIP, (INTAKE,), (),
                     carries=f"what was refused of {partner}, and why", max_message_bytes=5 * MIB)  # fmt: skip
    return own, rejected

"""The rows of the topic table: what each topic carries, who owns, writes and reads it, and how it is kept."""

from __future__ import annotations

from contracts.event import Event
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
from contracts.matching import (
    Partnership,
    PartnershipAccepted,
    PartnershipAgreed,
    PartnershipCompleted,
    PartnershipDeclined,
    PartnershipExpired,
    PartnershipOffered,
    PartnershipProposed,
    PartnershipRequested,
    PartnershipWithdrawn,
)
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
from contracts.notifications import (
    ConsentStated,
    MediaPublished,
    NotificationRequested,
    NotificationSettled,
    PartnershipAnswered,
)
from contracts.topic import DAY_MS, FOR_EVER, MIB, Topic

# Services, and the consumer groups named after them; the intake is a process of membership with a group of its own.
MEMBERSHIP, MATCHING, EXCHANGE, NOTIFICATIONS = "membership", "matching", "exchange", "notifications"
INTAKE = "membership.intake"
SERVICES = (MEMBERSHIP, MATCHING, EXCHANGE, NOTIFICATIONS)

Groups = tuple[str, ...]


def _collected(
    name: str,
    event: type[Event],
    owner: str,
    writers: Groups,
    carries: str,
    scope: str | None = None,
    also: Groups = (),
) -> Topic:
    # Equal key and partition count put everything about a contributor into one shard. The exchange recomputes every
    # number from these logs and finds its place in them by offsets without gaps: kept for ever, never compacted. It also
    # writes to each of them: a record in the wrong partition is published again, under its own identity, to the right one.
    return Topic(
        name, event, "member_id", owner, writers, (EXCHANGE, *also), carries=carries,
        production_partitions=48, retention_ms=FOR_EVER, scope=scope,
    )  # fmt: skip


def _submitted(name: str, event: type[Event], scope: str, carries: str) -> Topic:
    return _collected(name, event, EXCHANGE, (INTAKE, EXCHANGE), carries, scope)


def _fact(
    name: str, event: type[Event] | None, key: str, owner: str, writers: Groups, carries: str, *,
    scope: str | None = None, readers: Groups = (), later: Groups = (), days: int | None = None,
) -> Topic:  # fmt: skip
    kept = FOR_EVER if days is None else days * DAY_MS
    return Topic(name, event, key, owner, writers, readers, later, carries, retention_ms=kept, scope=scope)


def _dead(service: str) -> Topic:
    # Whatever fits on a topic must fit here together with the headers that say why it was put aside. Membership reads
    # them all: a receipt says what became of an event in later stages too.
    writers = (MEMBERSHIP, INTAKE) if service == MEMBERSHIP else (service,)
    return Topic(
        f"{service}.dead",
        None,
        None,
        service,
        writers,
        (MEMBERSHIP,),
        carries="what could not be applied, and why",
        max_message_bytes=5 * MIB,
    )


_MEMBERSHIP = (
    _collected(
        "member.joined", MemberJoined, MEMBERSHIP, (MEMBERSHIP, EXCHANGE), "the whole public state of a new member",
        also=(MATCHING, NOTIFICATIONS),
    ),
    _collected(
        "member.updated", MemberUpdated, MEMBERSHIP, (MEMBERSHIP, EXCHANGE), "the whole public state of a member",
        also=(MATCHING, NOTIFICATIONS),
    ),
    # An application names people: it is kept no longer than it takes to settle it.
    _fact(
        "member.join-requested", MemberJoinRequested, "request_id", MEMBERSHIP, (INTAKE,), "an application to join",
        scope="members:write", readers=(MEMBERSHIP,), days=7,
    ),
    _fact(
        "member.join-settled", MemberJoinSettled, "request_id", MEMBERSHIP, (MEMBERSHIP,),
        "what became of an application", days=30,
    ),
    Topic(
        "contact.changed", ContactChanged, "contact_id", MEMBERSHIP, (MEMBERSHIP,), (NOTIFICATIONS,),
        carries="how a person is reached; only notifications may read it", retention_ms=FOR_EVER, cleanup="compact",
    ),
    _fact(
        "grant.changed", GrantChanged, "member_id", MEMBERSHIP, (MEMBERSHIP,),
        "which partner may act for which member, with which scopes",
    ),
    _fact(
        "member.renewal-due", None, "member_id", MEMBERSHIP, (MEMBERSHIP,), "a renewal notice",
        later=(NOTIFICATIONS,), days=30,
    ),
    _fact(
        "member.value-stated", None, "member_id", MEMBERSHIP, (MEMBERSHIP,), "a value statement",
        later=(NOTIFICATIONS,), days=30,
    ),
    _fact(
        "credential.earned", CredentialEarned, "member_id", MEMBERSHIP, (INTAKE,),
        "counts by program and credential, no students' names", scope="credentials:write", later=(MEMBERSHIP,),
    ),
    _fact(
        "gathering.scheduled", GatheringScheduled, "gathering_id", MEMBERSHIP, (INTAKE,), "a webinar or a career fair",
        scope="gatherings:write", later=(MEMBERSHIP, NOTIFICATIONS),
    ),
    _fact(
        "gathering.registered", None, "gathering_id", MEMBERSHIP, (MEMBERSHIP,), "a member takes part",
        later=(NOTIFICATIONS,),
    ),
)  # fmt: skip

_EXCHANGE = (
    _submitted("pay.submitted", PaySubmitted, "pay:write", "one position's pay"),
    _submitted("benefits.submitted", BenefitsSubmitted, "benefits:write", "one shop's answer to one benefit"),
    _submitted("labor-rate.submitted", LaborRateSubmitted, "labor-rates:write", "one posted labor rate"),
    _submitted(
        "technician-pay.submitted", TechnicianPaySubmitted, "technician-pay:write", "a technician's own pay"
    ),
    _submitted(
        "submission.withdrawn", SubmissionWithdrawn, "submissions:write", "a submission of any of the four, taken back"
    ),
    # One partition: epochs have one order.
    Topic(
        "exchange.epoch", ExchangeEpoch, None, EXCHANGE, (EXCHANGE,), carries="the manifest of a release or sweep",
        partitions=1, production_partitions=1, retention_ms=FOR_EVER,
    ),
    # Not for ever: when a cell is withdrawn, its numbers have to disappear here as well.
    _fact(
        "benchmark.published", BenchmarkPublished, "cell", EXCHANGE, (EXCHANGE,), "a released benchmark",
        readers=(NOTIFICATIONS,), later=(MATCHING,), days=7,
    ),
    _fact(
        "benchmark.withdrawn", BenchmarkWithdrawn, "cell", EXCHANGE, (EXCHANGE,),
        "a benchmark that may no longer be shown", readers=(NOTIFICATIONS,), days=7,
    ),
)  # fmt: skip


def _of_partners(name: str, event: type[Event], carries: str) -> Topic:
    return _fact(
        name, event, "member_id", MATCHING, (INTAKE, MATCHING), carries, scope="partnerships:write", readers=(MATCHING,)
    )


def _of_partnership(name: str, event: type[Partnership], carries: str, *more: str) -> Topic:
    return _fact(name, event, "need_id", MATCHING, (MATCHING,), carries, readers=(NOTIFICATIONS,), later=more)


_MATCHING = (
    _of_partners("partnership.requested", PartnershipRequested, "a need"),
    _of_partners("partnership.offered", PartnershipOffered, "an offer"),
    _of_partners("partnership.withdrawn", PartnershipWithdrawn, "a need or an offer, taken back"),
    _of_partnership("partnership.proposed", PartnershipProposed, "a match, put to both sides"),
    _of_partnership("partnership.accepted", PartnershipAccepted, "the business says yes"),
    _of_partnership("partnership.agreed", PartnershipAgreed, "the school says yes"),
    _of_partnership("partnership.declined", PartnershipDeclined, "one side says no"),
    _of_partnership("partnership.completed", PartnershipCompleted, "both sides say that it took place", MEMBERSHIP),
    _of_partnership("partnership.expired", PartnershipExpired, "ended without an answer, or without anybody to ask"),
)

_NOTIFICATIONS = (
    _fact(
        "partnership.answered", PartnershipAnswered, "need_id", NOTIFICATIONS, (NOTIFICATIONS,),
        "an answer that came back by SMS or email", readers=(MATCHING,), days=30,
    ),
    _fact(
        "consent.stated", ConsentStated, "contact_id", NOTIFICATIONS, (NOTIFICATIONS,), "STOP, START, a confirming reply",
        readers=(MEMBERSHIP,), days=30,
    ),
    _fact(
        "media.published", MediaPublished, "media_id", NOTIFICATIONS, (INTAKE,), "an awareness story to syndicate",
        scope="media:write", later=(NOTIFICATIONS,),
    ),
    _fact(
        "notification.requested", NotificationRequested, "member_id", NOTIFICATIONS, (INTAKE, *SERVICES),
        "tell this member that", scope="notifications:write", readers=(NOTIFICATIONS,), days=30,
    ),
    _fact(
        "notification.settled", NotificationSettled, "member_id", NOTIFICATIONS, (NOTIFICATIONS,),
        "what became of a message, and why", later=(MEMBERSHIP, MATCHING), days=30,
    ),
)  # fmt: skip

TOPICS: tuple[Topic, ...] = (*_MEMBERSHIP, *_EXCHANGE, *_MATCHING, *_NOTIFICATIONS, *(_dead(s) for s in SERVICES))

"""The door to the topic table: topics by name, by the type they carry, and by partner."""

from __future__ import annotations

import re

from contracts.event import Refused, shown
from contracts.topic import FOR_EVER, MIB, Topic
from contracts.topic_table import INTAKE, MEMBERSHIP, SERVICES, TOPICS

__all__ = ["COLLECTED", "FOR_EVER", "SERVICES", "TOPICS", "Topic", "partner_topics", "topic", "topic_of", "type_of"]

# What the exchange's collector folds: one shard is partition i of every one of these.
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
        raise Refused("partner", f"{shown(partner)} is not a partner's name (lower case, digits and '-', at most 40)")
    own = Topic(
        f"partner.{partner}", None, None, MEMBERSHIP, (f"partner:{partner}",), (INTAKE,),
        carries=f"whatever {partner} publishes",
    )  # fmt: skip
    rejected = Topic(
        f"partner.{partner}.rejected", None, None, MEMBERSHIP, (INTAKE,),
        carries=f"what was refused of {partner}, and why", max_message_bytes=5 * MIB,
    )  # fmt: skip
    return own, rejected

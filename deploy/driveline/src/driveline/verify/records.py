"""From a record's body to the fact it states: a member's state, one position's pay, or a withdrawal."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from driveline.verify import shapes
from driveline.verify.calendars import read_date
from driveline.verify.effective import Nothing, hourly_cents
from driveline.verify.strict import canonical
from driveline.verify.vocabulary import MASTERS

PAY_TOPICS = {"pay.submitted": "pay", "technician-pay.submitted": "technician-pay"}
MEMBER_TOPICS = ("member.joined", "member.updated")
WITHDRAWAL_TOPIC = "submission.withdrawn"


class Member(NamedTuple):
    """One revision of a member's public state, as far as standing needs it; `digest` settles equal revisions."""

    member_id: str
    revision: int
    digest: str
    kind: str
    status: str
    verified_on: date | None


class Pay(NamedTuple):
    """One revision of one position's pay, effective hourly in cents; `digest` settles equal revisions."""

    measure: str
    member_id: str
    submission_id: str
    revision: int
    digest: str
    effective_on: date
    cents: int
    zip: str
    role: str
    shop_type: str
    experience: str
    plan: str
    size: str
    credential_level: str


class Withdrawal(NamedTuple):
    """The taking back of every revision of a submission below this one's."""

    measure: str
    member_id: str
    submission_id: str
    revision: int


Fact = Member | Pay | Withdrawal


def digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of the whole body as received, canonically spelled."""
    return hashlib.sha256(canonical(body)).hexdigest()


def credential_level(held: list[str]) -> str:
    """`master` with a whole master series, `some` with any credential, else `none`."""
    if any(series <= set(held) for series in MASTERS):
        return "master"
    return "some" if held else "none"


def _day(body: Mapping[str, Any], field: str) -> date:
    day = read_date(body[field])
    assert day is not None  # noqa: S101 - the shape was checked
    return day


def _check(body: Mapping[str, Any], shape: shapes.Shape) -> None:
    wrong = shapes.fault(body, shape)
    if wrong:
        raise Nothing(wrong)


def read_member(body: Mapping[str, Any]) -> Member:
    """The member's state, or Nothing."""
    _check(body, shapes.MEMBER)
    if body["kind"] == "technician" and not (body.get("name") is None and body.get("address") is None):
        raise Nothing("name: a technician has none")
    verified_on = None if body.get("verified_on") is None else _day(body, "verified_on")
    return Member(body["member_id"], body["revision"], digest(body), body["kind"], body["status"], verified_on)


def read_pay(body: Mapping[str, Any], measure: str) -> Pay:
    """The position's pay, or Nothing."""
    _check(body, shapes.PAY)
    return Pay(
        measure,
        body["member_id"],
        body["submission_id"],
        body["revision"],
        digest(body),
        _day(body, "effective_on"),
        hourly_cents(body),
        body["zip"],
        body["role"],
        body["shop_type"],
        body["experience"],
        body["plan"],
        body["size"],
        credential_level(body.get("credentials", [])),
    )


def read_withdrawal(body: Mapping[str, Any]) -> Withdrawal:
    """The withdrawal, or Nothing."""
    _check(body, shapes.WITHDRAWN)
    return Withdrawal(body["measure"], body["member_id"], body["submission_id"], body["revision"])


def read_fact(topic: str, body: Mapping[str, Any]) -> Fact | None:
    """The fact in a body from that topic; None for the topics of measures that are not recomputed here."""
    if topic in MEMBER_TOPICS:
        return read_member(body)
    if topic in PAY_TOPICS:
        return read_pay(body, PAY_TOPICS[topic])
    return read_withdrawal(body) if topic == WITHDRAWAL_TOPIC else None

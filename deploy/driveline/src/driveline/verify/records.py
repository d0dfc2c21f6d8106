"""From a record's body to the fact it states: a member's state, a submission of one of the four measures, or a withdrawal."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from driveline.verify import money, shapes
from driveline.verify.calendars import read_date
from driveline.verify.effective import Nothing, hourly_cents
from driveline.verify.strict import canonical
from driveline.verify.vocabulary import MASTERS, MOST_OF, POSTED, POSTED_PAINT, UNIT_OF

PAY_TOPICS = {"pay.submitted": "pay", "technician-pay.submitted": "technician-pay"}
BENEFIT_TOPIC = "benefits.submitted"
LABOR_RATE_TOPIC = "labor-rate.submitted"
MEMBER_TOPICS = ("member.joined", "member.updated")
WITHDRAWAL_TOPIC = "submission.withdrawn"
# What stands for a benefit's amount where there is none.
NOT_OFFERED, NO_AMOUNT = -2, -1


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

    @property
    def value(self) -> int:
        """What its entry says, in cents."""
        return self.cents


class Benefit(NamedTuple):
    """One revision of one shop's answer to one benefit; `value` is its amount in hundredths of the unit, NOT_OFFERED or
    NO_AMOUNT."""

    measure: str
    member_id: str
    submission_id: str
    revision: int
    digest: str
    effective_on: date
    value: int
    zip: str
    benefit: str
    shop_type: str
    size: str


class LaborRate(NamedTuple):
    """One revision of one posted labor rate, in cents an hour."""

    measure: str
    member_id: str
    submission_id: str
    revision: int
    digest: str
    effective_on: date
    cents: int
    zip: str
    kind: str
    shop_type: str

    @property
    def value(self) -> int:
        """What its entry says, in cents."""
        return self.cents


class Withdrawal(NamedTuple):
    """The taking back of every revision of a submission below this one's."""

    measure: str
    member_id: str
    submission_id: str
    revision: int


Submission = Pay | Benefit | LaborRate
Fact = Member | Submission | Withdrawal


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


def answer(body: Mapping[str, Any]) -> int:
    """What a body that has the shape of a benefit says, or Nothing: an amount in hundredths, NOT_OFFERED, NO_AMOUNT."""
    amount, unit, due = money.plain(body.get("amount")), body.get("unit"), UNIT_OF.get(body["benefit"])
    if unit is not None and unit != due:
        raise Nothing("unit: not the benefit's")
    if amount is not None:
        if due is None:
            raise Nothing("amount: the benefit has none")
        if unit is None:
            raise Nothing("unit: missing")
        if amount > MOST_OF[due]:
            raise Nothing("amount: out of range")
    if not body["offered"]:
        return NOT_OFFERED
    return NO_AMOUNT if amount is None else money.half_up(amount * 100, 1)


def read_benefit(body: Mapping[str, Any]) -> Benefit:
    """The answer to a benefit, or Nothing."""
    _check(body, shapes.BENEFIT)
    return Benefit(
        "benefits",
        body["member_id"],
        body["submission_id"],
        body["revision"],
        digest(body),
        _day(body, "effective_on"),
        answer(body),
        body["zip"],
        body["benefit"],
        body["shop_type"],
        body["size"],
    )


def posted_cents(body: Mapping[str, Any]) -> int:
    """The posted rate in cents of a body that has the shape of a labor rate, or Nothing."""
    posted = money.plain(body["posted_rate"])
    assert posted is not None  # noqa: S101 - the shape was checked
    cents = money.half_up(posted * 100, 1)
    least, most = POSTED_PAINT if body["kind"] == "paint_materials" else POSTED
    if not least <= cents <= most:
        raise Nothing("posted_rate: out of range")
    return cents


def read_labor_rate(body: Mapping[str, Any]) -> LaborRate:
    """The posted rate, or Nothing."""
    _check(body, shapes.LABOR_RATE)
    return LaborRate(
        "labor-rates",
        body["member_id"],
        body["submission_id"],
        body["revision"],
        digest(body),
        _day(body, "effective_on"),
        posted_cents(body),
        body["zip"],
        body["kind"],
        body["shop_type"],
    )


def read_withdrawal(body: Mapping[str, Any]) -> Withdrawal:
    """The withdrawal, or Nothing."""
    _check(body, shapes.WITHDRAWN)
    return Withdrawal(body["measure"], body["member_id"], body["submission_id"], body["revision"])


def read_fact(topic: str, body: Mapping[str, Any]) -> Fact:
    """The fact in a body from that topic, or Nothing."""
    if topic in MEMBER_TOPICS:
        return read_member(body)
    if topic in PAY_TOPICS:
        return read_pay(body, PAY_TOPICS[topic])
    if topic == BENEFIT_TOPIC:
        return read_benefit(body)
    if topic == LABOR_RATE_TOPIC:
        return read_labor_rate(body)
    if topic == WITHDRAWAL_TOPIC:
        return read_withdrawal(body)
    raise Nothing("a topic that is not collected")

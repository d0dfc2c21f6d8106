"""Every kind of bad input that a partner can send, each with the field that its refusal must name."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from driveline.demo.publication import ASE, PAYROLL, WRENCHWAY, Publication, binary

TWO_MIB = 2 * 1_048_576
PAY = "pay.submitted"
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spoil:
    """One kind of bad input: how often it is sent, the field its refusal names, and how a good entry becomes it."""

    label: str
    count: int
    field: str
    make: Callable[[str, Body], Publication]


def _body(**changed: Any) -> Callable[[str, Body], Publication]:
    return lambda ce_id, body: binary(WRENCHWAY, ce_id, PAY, body | changed)


def _without(name: str, **changed: Any) -> Callable[[str, Body], Publication]:
    def make(ce_id: str, body: Body) -> Publication:
        return binary(WRENCHWAY, ce_id, PAY, {key: value for key, value in (body | changed).items() if key != name})

    return make


def _raw(**changed: Any) -> Callable[[str, Body], Publication]:
    return lambda ce_id, body: replace(binary(WRENCHWAY, ce_id, PAY, body), **changed)


def _header(name: str, value: bytes | None) -> Callable[[str, Body], Publication]:
    def make(ce_id: str, body: Body) -> Publication:
        good = binary(WRENCHWAY, ce_id, PAY, body)
        return replace(good, headers=(*(item for item in good.headers if item[0] != name), (name, value)))

    return make


def _as(partner: str, topic: str = PAY, **changed: Any) -> Callable[[str, Body], Publication]:
    return lambda ce_id, body: binary(partner, ce_id, topic, body | changed)


def _of_wrenchway(ce_id: str, body: Body) -> Publication:
    return binary(PAYROLL, ce_id, PAY, body | {"submission_id": f"{WRENCHWAY}/{body['submission_id']}", "revision": 9})


KINDS = (
    Spoil("not JSON", 30, "data", _raw(value=b'{"submission_id": "9b1c", "revision": 1,,')),
    Spoil("not text at all", 10, "data", _raw(value=bytes(range(128, 256)))),
    Spoil("no value", 10, "value", _raw(value=None)),
    Spoil("2 MiB record", 3, "value", _raw(pad_to=TWO_MIB)),
    Spoil("null header", 20, "ce_subject", _header("ce_subject", None)),
    Spoil("header that is not UTF-8", 10, "ce_source", _header("ce_source", b"\xff\xfe")),
    Spoil("wrong type: revision as text", 25, "revision", _body(revision="1")),
    Spoil("wrong type: rate as a number", 25, "rate", _body(rate=38.5)),
    Spoil("unknown field", 15, "pay_band", _body(pay_band="B")),
    Spoil("unknown role", 30, "role", _body(role="wrench_wizard")),
    Spoil("unknown ZIP", 30, "zip", _body(zip="00000")),
    Spoil("impossible pay", 30, "rate", _body(plan="hourly", rate_unit="clock_hour", rate="9999.00")),
    Spoil("rate of another plan", 20, "rate_unit", _body(plan="hourly", rate_unit="year")),
    Spoil("missing input", 20, "hours_flagged", _without("hours_flagged", plan="flat_rate", rate_unit="flag_hour")),
    Spoil("date that does not exist", 15, "effective_on", _body(effective_on="2026-02-30")),
    Spoil("type not open to partners", 10, "type", _as(WRENCHWAY, "member.updated")),
    Spoil("unknown type", 10, "type", _as(WRENCHWAY, "pay.guessed")),
    Spoil("member that nobody knows", 10, "member_id", _body(member_id="m-nobody")),
    Spoil("somebody else's submission", 20, "submission_id", _of_wrenchway),
    Spoil("partner without the scope", 20, "scope", _as(ASE)),
)
NO_GRANT = Spoil("member without a grant", 0, "member_id", _as(WRENCHWAY))


def spoiled(
    bodies: list[Body], payroll_bodies: list[Body], chance: random.Random
) -> Iterator[tuple[Spoil, Publication]]:
    """Bad input made of good entries, `payroll_bodies` being those whose members granted the payroll partner."""
    for kind in KINDS:
        source = payroll_bodies if kind.label == "somebody else's submission" else bodies
        for number in range(kind.count):
            ce_id = f"demo-bad-{kind.label.replace(' ', '-').replace(':', '')}-{number}"
            body = chance.choice(source) | {"submission_id": f"bad-{number}"}
            yield kind, kind.make(ce_id, body)

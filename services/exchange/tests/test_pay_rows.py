"""The fast path of pay bodies is never more lenient than the contract, and where both read a body they read the same."""

import json
import zlib
from datetime import date
from typing import Any

import numpy as np
import pytest
from contracts.codec import parse_data
from contracts.event import Refused
from contracts.exchange import PaySubmitted
from contracts.vocabulary import CREDENTIALS, EXPERIENCES, PAY_PLANS, RATE_UNIT, ROLES, SHOP_SIZES, SHOP_TYPES
from contracts.zips import zips
from exchange.domain.lattice import Geography, Place
from exchange.entrypoints.collector.envelopes import Envelopes
from exchange.entrypoints.collector.pay_rows import PayRows, read_pay
from exchange.entrypoints.collector.rows import row_of
from exchange_log import binary
from exchange_wire import fetch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

CHAINS = Geography(Place(z.zip, z.state, z.division, z.cbsa) for z in zips().values()).chains
OFFSET = 7
LEVELS = ("none", "some", "master")

PLAIN = st.one_of(
    st.integers(0, 99).map(str),
    st.decimals(0, 130, places=2).map(str),
    st.decimals(0, 9_999_999, places=4).map(str),
    st.sampled_from(["0", "0.0001", "40", "40.5", "100", "100.0001", "9999999.9999"]),
)
# An hourly rate that is possible, as what each plan calls a rate.
RATES = {"clock_hour": "31.50", "year": "62000", "flag_hour": "28.25", "percent": "45.5"}
INPUTS = {"hours_flagged": "52.5", "hours_guaranteed": "40", "base_rate": "18", "labor_sales_week": "4100.50"}
IDS = st.one_of(
    st.sampled_from(["shop-42", "9b1c", "Café №5", "s 1", "😀"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), min_size=1, max_size=12),
)


@st.composite
def valid(draw: st.DrawFn) -> dict[str, Any]:
    """Fields of a pay event that anyone would take."""
    plan = draw(st.sampled_from(PAY_PLANS))
    body: dict[str, Any] = {
        "submission_id": draw(IDS),
        "revision": draw(st.sampled_from([1, 2, 2**53 - 1])),
        "member_id": draw(IDS),
        "role": draw(st.sampled_from(ROLES)),
        "experience": draw(st.sampled_from(EXPERIENCES)),
        "shop_type": draw(st.sampled_from(SHOP_TYPES)),
        "size": draw(st.sampled_from(SHOP_SIZES)),
        "zip": draw(st.sampled_from(["17350", "00601", "99950", "02108"])),
        "plan": plan,
        "rate": RATES[RATE_UNIT[plan]],
        "rate_unit": RATE_UNIT[plan],
        "hours_clocked": draw(st.sampled_from(["40", "37.5", "44.25", "100"])),
        "effective_on": draw(st.dates()).isoformat(),
        **INPUTS,
    }
    body |= draw(st.fixed_dictionaries({}, optional={"weekly_extra": PLAIN, "annual_bonus": PLAIN}))
    if draw(st.booleans()):
        body["credentials"] = draw(st.lists(st.sampled_from(CREDENTIALS), max_size=9))
    return body


ODD = st.sampled_from(
    [
        "null", "true", "1", "1.0", "1e0", "-1", "0", "-0", "9007199254740992", "18446744073709551616", "1" * 400, "NaN",
        '""', '" "', '"1e3"', '"+1"', '"-1"', '"01"', '"1."', '".5"', '"１"', '"1.00000"', '"12345678"', '"1_0"', '"0"',
        '"1\\u0030"', '"00000"', '"1735"', '"１7350"', '"2026-02-30"', '"2026-W26-2"', '"20260630"', '"2026-6-30"',
        '"0001-01-01"', '"9999-12-31"', '"٢٠٢٦-٠٦-٣٠"', '"2026-06-30 "', "[]", "{}", '["A1"]', '["A1","A1"]', '["Z9"]',
        "[null]", "[[]]", '["A1",]', '"tech_a"', '"Tech_A"', '"flag_hour"', '"clock_hour"', '"a\nb"', '"a\x7fb"',
        '"a\u0085b"', '"' + "x" * 201 + '"', "'x'", "1 2", '"\\ud800"', '"a\x00b"', '"\\u0000"',
    ]
)  # fmt: skip
SPACE = st.sampled_from(["", "", "", "", " ", "\n\t", "\r", "\x0b", "\xa0", "\ufeff"])


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid body with one to three things wrong, or merely odd."""
    fields = [(json.dumps(name), json.dumps(value, ensure_ascii=False)) for name, value in draw(valid()).items()]
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(fields) - 1))
        name, value = fields[place]
        match draw(st.sampled_from(["odd", "drop", "twice", "unknown", "escape", "plain", "order"])):
            case "odd":
                fields[place] = (name, draw(ODD))
            case "drop" if len(fields) > 1:
                del fields[place]
            case "twice":
                fields.insert(draw(st.integers(0, len(fields))), (name, draw(st.one_of(st.just(value), ODD))))
            case "unknown":
                fields.append((draw(st.sampled_from(['"wage"', '""', '"rate "', '"Rate"', '"data"'])), draw(ODD)))
            case "escape":
                fields[place] = (name.replace("e", "\\u0065"), value.replace("t", "\\u0074"))
            case "plain":
                fields[place] = (name, json.dumps(draw(PLAIN)))
            case _:
                draw(st.randoms(use_true_random=False)).shuffle(fields)
    text = ",".join(f"{draw(SPACE)}{name}{draw(SPACE)}:{value}" for name, value in fields)
    whole = f"{draw(SPACE)}{{{text}}}{draw(SPACE)}".encode("utf-8", "surrogatepass")
    match draw(st.sampled_from(["", "", "", "cut", "byte", "tail"])):
        case "cut":
            return whole[: draw(st.integers(0, len(whole)))]
        case "byte":
            at = draw(st.integers(0, len(whole) - 1))
            return whole[:at] + bytes([draw(st.integers(0, 255))]) + whole[at + 1 :]
        case "tail":
            return whole + draw(st.sampled_from([b"x", b"{}", b",", b"\x00", b"\xff"]))
    return whole


def read(*bodies: bytes | None) -> PayRows:
    found = Envelopes("driveline.pay.submitted.v1")(
        fetch("pay.submitted", [(binary("pay.submitted"), body) for body in bodies], OFFSET)
    )
    assert found is not None
    return read_pay(found, CHAINS)


def names_in(found: PayRows) -> list[bytes]:
    return [found.name(i) for i in range(len(found.rows))]


def fast(body: bytes) -> np.void | None:
    """What the collector's fast path makes of a body; None when it leaves it to the contract."""
    found = read(body)
    assert (found.at, found.others) in (([0], []), ([], [0]))
    return found.rows[0] if found.at else None  # type: ignore[no-any-return]


def expected(pay: PaySubmitted) -> dict[str, int]:
    """The row's numbers, said with the contract's own words."""
    held = set(pay.credentials)
    series = ({f"A{n}" for n in range(1, 9)}, {f"B{n}" for n in range(2, 6)}, {f"T{n}" for n in range(2, 9)})
    level = "master" if any(one <= held for one in series) else "some" if held else "none"
    return {
        "revision": pay.revision,
        "offset": OFFSET,
        "rank": 0,
        "effective": pay.effective_on.toordinal(),
        "value": pay.effective_cents(),
        "zip": int(pay.zip),
        "subject": ROLES.index(pay.role),
        "shop_type": SHOP_TYPES.index(pay.shop_type),
        "grade": EXPERIENCES.index(pay.experience),
        "plan": PAY_PLANS.index(pay.plan),
        "size": SHOP_SIZES.index(pay.size),
        "credential_level": LEVELS.index(level),
    }


def numbers(row: np.void) -> dict[str, int]:
    return {name: int(row[name]) for name in row.dtype.names if name not in ("checksum", "next", "known")}


def by_contract(body: bytes) -> PaySubmitted | None:
    try:
        return parse_data(PaySubmitted, body, strict=False)
    except Refused:
        return None


@settings(max_examples=500, deadline=None)
@given(mutated())
def test_what_the_contract_refuses_the_fast_path_does_not_take(body: bytes) -> None:
    row = fast(body)
    if row is None:
        return
    pay = by_contract(body)
    assert pay is not None, body
    assert numbers(row) == expected(pay)
    assert names_in(read(body)) == [f"{pay.member_id}\0{pay.submission_id}".encode()]
    assert row_of(pay, body, OFFSET)[0] == row


@settings(max_examples=200, deadline=None)
@given(valid(), st.sampled_from([(",", ":"), (", ", ": ")]), st.randoms(use_true_random=False))
def test_a_plainly_right_body_takes_the_fast_path(
    fields: dict[str, Any], separators: tuple[str, str], random: Any
) -> None:
    shuffled = list(fields.items())
    random.shuffle(shuffled)
    body = json.dumps(dict(shuffled), ensure_ascii=False, separators=separators).encode()
    pay = by_contract(body)
    assume(pay is not None and body.isascii())  # a bonus may make it impossible
    assert pay is not None
    row = fast(body)
    assert row is not None
    assert numbers(row) == expected(pay)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(mutated(), valid().map(lambda v: json.dumps(v, ensure_ascii=False).encode())), max_size=8))
def test_a_body_is_read_the_same_alone_and_among_others(bodies: list[bytes]) -> None:
    together = read(*bodies, None, b"")
    alone = [read(body) for body in bodies]
    assert together.others == [i for i, one in enumerate(alone) if one.others] + [len(bodies), len(bodies) + 1]
    assert together.at == [i for i, one in enumerate(alone) if one.at]
    assert names_in(together) == [name for one in alone for name in names_in(one)]
    assert together.rows["offset"].tolist() == [OFFSET + i for i in together.at]
    assert together.rows["checksum"].tolist() == [zlib.crc32(bodies[i]) for i in together.at]
    for field in ("revision", "value", "effective", "zip", "subject", "plan", "credential_level"):
        assert together.rows[field].tolist() == [int(row[field]) for one in alone for row in one.rows]


@settings(deadline=None)
@given(st.dates())
def test_every_day_of_the_calendar_has_its_ordinal(day: date) -> None:
    row = fast(body(effective_on=day.isoformat()))
    assert row is not None
    assert int(row["effective"]) == day.toordinal()


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(0, 40), st.integers(0, 9999))
def test_a_day_that_does_not_exist_is_none(month: int, day: int, year: int) -> None:
    text = f"{year:04d}-{month:02d}-{day:02d}"
    assert (fast(body(effective_on=text)) is None) == (by_contract(body(effective_on=text)) is None)


def body(**changed: Any) -> bytes:
    fields = {
        "submission_id": "9b1c", "revision": 1, "member_id": "shop-42", "role": "tech_a", "experience": "y5_9",
        "shop_type": "independent_repair", "size": "3_5", "zip": "17350", "plan": "flat_rate_with_guarantee",
        "rate": "38.00", "rate_unit": "flag_hour", "hours_clocked": "44", "hours_flagged": "52.5",
        "hours_guaranteed": "40", "weekly_extra": "0", "annual_bonus": "1500.00", "credentials": ["A1", "A5"],
        "effective_on": "2026-06-30",
    }  # fmt: skip
    return json.dumps(fields | changed).encode()


def test_the_example_of_the_design_page() -> None:
    row = fast(body())
    assert row is not None
    # (38 * 52.5 + 1500/52) / 44 = 45.9965...
    assert int(row["value"]) == 4600
    assert (int(row["subject"]), int(row["credential_level"]), int(row["zip"])) == (5, 1, 17350)


@pytest.mark.parametrize(
    "odd",
    [
        body(revision=1.0),
        body(revision=True),
        body(revision=0),
        body(revision=2**53),
        body(hours_flagged=None),
        body(wage="31"),
        body(credentials=["A1", "Z9"]),
        body(effective_on="2026-W26-2"),
        body(zip="00000"),
        body().replace(b'"tech_a"', b'"tech_\\u0061"'),
        body().replace(b'"revision"', b'"revision": 1, "revision"'),
        body().replace(b'"rate":', b'"rate": "38.00", "rate":'),
        body()[:-1],
        body() + b" x",
        body(submission_id="x" * 5000),
        b"",
        b"[1, 2]",
        b"\xff",
    ],
)
def test_what_is_odd_is_left_to_the_contract(odd: bytes) -> None:
    assert fast(odd) is None

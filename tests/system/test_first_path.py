"""The first path, from an empty market to a benchmark: every expected number here was worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from market import LONG_AGO, REJECTED, TOPIC, benefit, day, grant, join, labor_rate, pay, shop, submitted, vouch
from outside import Outside, Record, binary, until
from up_command import Up

# Twelve positions, one in each of twelve shops, with all nine pay plans; the comment is the effective hourly pay.
TWELVE: tuple[dict[str, str], ...] = (
    {"plan": "hourly", "rate": "20.00", "rate_unit": "clock_hour"},  # 20.00
    {"plan": "hourly_plus_production_bonus", "rate": "20", "rate_unit": "clock_hour", "weekly_extra": "40"},  # 21.00
    {"plan": "salary", "rate": "45760", "rate_unit": "year"},  # 45760 / 52 = 880 a week: 22.00
    {"plan": "flat_rate", "rate": "18.40", "rate_unit": "flag_hour", "hours_flagged": "50"},  # 920 a week: 23.00
    {"plan": "flat_rate_with_guarantee", "rate": "24", "rate_unit": "flag_hour", "hours_flagged": "30",
     "hours_guaranteed": "40"},  # 24.00, not 18.00
    {"plan": "hybrid_greater_of", "rate": "20", "rate_unit": "flag_hour", "hours_flagged": "45",
     "base_rate": "25"},  # the greater of 900 and 1000 a week: 25.00
    {"plan": "commission_percent_labor", "rate": "26", "rate_unit": "percent", "labor_sales_week": "4000"},  # 26.00
    {"plan": "team_flat_rate", "rate": "27", "rate_unit": "flag_hour", "hours_flagged": "40"},  # 27.00
    {"plan": "salary_plus_commission", "rate": "52000", "rate_unit": "year", "weekly_extra": "120"},  # 28.00
    {"plan": "hourly", "rate": "29.0000", "rate_unit": "clock_hour", "annual_bonus": "0"},  # 29.00
    {"plan": "hourly", "rate": "27.50", "rate_unit": "clock_hour", "annual_bonus": "5200"},  # + 100 a week: 30.00
    {"plan": "hourly", "rate": "31.00", "rate_unit": "clock_hour"},  # 31.00
)  # fmt: skip
ROLE, THIN, LOPSIDED = "driveability_tech", "ev_hybrid_tech", "adas_tech"  # nobody else in this run has these roles

Ids = dict[str, list[str]]


def by_http(up: Outside, count: int) -> list[str]:
    with up.api() as api:
        return [join(api) for _ in range(count)]


def by_event(up: Outside, count: int) -> list[str]:
    """Wrenchway passes on applications, each twice; the outcome comes back on `member.join-settled`."""
    wanted = [shop() for _ in range(count)]
    events = [binary("member.join-requested", f"join-{body['request_id']}", body, TOPIC) for body in wanted]
    up.publish([*events, *events])
    up.settle()
    settled: dict[str, set[str]] = {body["request_id"]: set() for body in wanted}
    for record in up.log("member.join-settled"):
        if record.body["request_id"] in settled:
            assert record.body["outcome"] in ("joined", "existing")
            settled[record.body["request_id"]].add(record.body["member_id"])
    assert all(len(ids) == 1 for ids in settled.values()), settled
    return [ids.pop() for ids in settled.values()]


def by_import(up: Outside, count: int) -> list[str]:
    """Rows of Pennsylvania's station list, and a school, which is no business and enters no pay."""
    with up.api() as api:
        rows = [
            {"county": "ADAMS", "station_name": f"Gettysburg Pike Garage {number}", "ois_no": f"FP{number}",
             "address": f"{number} GETTYSBURG PIKE , NEW OXFORD PA 17350-9755", "passenger_light": "TRUE",
             "medium": "FALSE", "heavy": "FALSE", "motorcycle": "FALSE", "light_trailer": "FALSE",
             "heavy_trailer": "FALSE", "zip5": "17350"}
            for number in range(1, count + 1)
        ]  # fmt: skip
        stations = {"list": "pa-stations", "rows": rows, "verified_on": day(LONG_AGO)}
        first = api.post("/v1/imports", json=stations).raise_for_status().json()
        assert (first["joined"], first["refused"]) == (count, [])
        again = api.post("/v1/imports", json=stations).raise_for_status().json()
        assert (again["joined"], again["unchanged"]) == (0, count)
        assert again["members"] == first["members"]
        ids = list(first["members"].values())
        shown = api.get(f"/v1/members/{ids[0]}").json()
    assert (shown["kind"], shown["status"], shown["verified_on"]) == ("business", "active", day(LONG_AGO))
    assert shown["external_ids"] == [{"scheme": "pa-ois", "id": "FP1"}]
    return ids


def good(members: list[str]) -> list[dict[str, Any]]:
    """The twelve, and beside them everything that must not count."""
    entries = [pay(m, "p-1", role=ROLE, **plan) for m, plan in zip(members, TWELVE, strict=True)]
    first, last = members[0], members[-1]
    return [
        pay(first, "p-1", role=ROLE, rate="99.00"),  # corrected by the next one
        entries[0] | {"revision": 2},
        *entries[1:],
        pay(first, "p-1", role=ROLE, rate="98.00"),  # the old revision once more, late: no error, and no effect
        pay(last, "withdrawn", role=ROLE, rate="200.00"),
        pay(last, "young", role=ROLE, rate="240.00", effective_on=day(30)),  # held back for 90 days
        pay(last, "old", role=ROLE, rate="6.00", effective_on=day(3 * 366)),  # older than 24 months
    ]


def thin(members: list[str]) -> list[dict[str, Any]]:
    """Four contributors: one too few. And six of whom one has four entries of nine: more than a quarter."""
    four = [pay(m, "thin", role=THIN, rate="33.00") for m in members[:4]]
    six = [pay(m, "lop", role=LOPSIDED, rate="33.00") for m in members[4:10]]
    return [*four, *six, *(pay(members[4], f"lop-{n}", role=LOPSIDED, rate="34.00") for n in range(3))]


def beside_pay(members: list[str]) -> list[Record]:
    """The twelve on paid holidays (seven have some, 6 to 12 days a year) and on road calls, 100.00 to 111.00 an hour."""
    holidays = [benefit(m, "b", amount=f"{6 + n}") for n, m in enumerate(members[:7])]
    none = [benefit(m, "b", offered=False, amount=None, unit=None) for m in members[7:]]
    rates = [labor_rate(m, "l", posted_rate=f"{100 + n}.00") for n, m in enumerate(members)]
    return [
        *(binary("benefits.submitted", f"fp-b{n}", body, TOPIC) for n, body in enumerate([*holidays, *none])),
        *(binary("labor-rate.submitted", f"fp-l{n}", body, TOPIC) for n, body in enumerate(rates)),
    ]


@pytest.fixture(scope="module")
def market(up: Up) -> Ids:
    """Joins in three ways, grants, pay from an outside producer, a release."""
    members = [*by_http(up, 4), *by_event(up, 4), *by_import(up, 4)]
    assert len(set(members)) == 12
    with up.api() as api:
        vouch(api, members[:8])  # a register has vouched for the imported ones
        stranger = join(api)  # nobody vouches for this one: its pay waits
        grant(api, [*members, stranger], ("pay:write", "benefits:write", "labor-rates:write"))
    bodies = [*good(members), *thin(members), pay(stranger, "unverified", role=ROLE, rate="5.00")]
    records = [submitted(body, f"fp-{number}") for number, body in enumerate(bodies)] + beside_pay(members)
    withdrawal = {"submission_id": "withdrawn", "revision": 2, "member_id": members[-1], "measure": "pay"}
    up.publish([*records, *records[::-1], binary("submission.withdrawn", "fp-w", withdrawal, TOPIC)])  # all twice
    up.settle()
    manifest = up.release()
    assert manifest["kind"] == "release"
    return {"members": members, "events": [record.header("ce_id") or "" for record in records]}


def test_the_benchmark_is_what_was_worked_out_by_hand(up: Up, market: Ids) -> None:
    said = up.ask(role=ROLE, state="PA")
    # Sorted: 20.00, 21.00 ... 31.00. At 0.25 of 11 steps 22.75, at 0.5 25.50, at 0.75 28.25. Of twelve fair coins
    # P(X <= 2) = 79/4096 < 0.025 <= P(X <= 3) and P(X <= 8) < 0.975 <= P(X <= 9): the interval of the median is from
    # the third to the tenth of twelve.
    assert said["percentiles"] == {"p25": "22.75", "p50": "25.50", "p75": "28.25"}
    assert said["intervals"] == {"p50": ["22.00", "29.00"]}
    assert (said["status"], said["contributors"], said["policy_id"]) == ("published", "10_19", "pay-2026")
    assert said["asked"] == said["answered"] == {"role": ROLE, "state": "PA"}
    assert said["official"] == {
        "soc": "49-3023", "title": "Automotive Service Technicians and Mechanics", "employed": 704640,
        "nation": {"p10": "16.66", "p25": "18.70", "p50": "24.34", "p75": "33.86", "p90": "39.32"},
        "state": {"area": "PA", "mean": "26.13"},
    }  # fmt: skip


def test_the_window_ends_ninety_days_before_the_release(up: Up, market: Ids) -> None:
    said = up.ask(role=ROLE, state="PA")
    cutoff = date.fromisoformat(said["released_at"][:10]) - timedelta(days=90)
    begin, end = map(date.fromisoformat, said["window"])
    assert end == cutoff
    assert (begin.year, begin.month) == (cutoff.year - 2, cutoff.month)
    assert datetime.fromisoformat(said["released_at"]) <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ({"state": "PA", "metro": "23900"}, {"state": "PA", "metro": "23900"}),  # all twelve are in New Oxford
        ({"division": "Middle Atlantic"}, {"division": "Middle Atlantic"}),
        ({}, {}),
        ({"state": "OH"}, {}),  # no Ohio, no East North Central: the nation
        ({"state": "NY"}, {"division": "Middle Atlantic"}),
        ({"state": "PA", "shop_type": "quick_lube"}, {"state": "PA"}),
        ({"state": "PA", "plan": "flat_rate"}, {"state": "PA"}),  # one shop alone pays so
        ({"state": "PA", "experience": "y0_1", "shop_type": "independent_repair"},
         {"state": "PA", "shop_type": "independent_repair"}),
    ],
    ids=str,
)  # fmt: skip
def test_the_first_wider_cell_answers_and_says_so(
    up: Up, market: Ids, asked: dict[str, str], answered: dict[str, str]
) -> None:
    said = up.ask(role=ROLE, **asked)
    assert said["status"] == ("published" if asked == answered else "rolled_up")
    assert said["answered"] == {"role": ROLE, **answered}
    assert said["percentiles"] == {"p25": "22.75", "p50": "25.50", "p75": "28.25"}


@pytest.mark.parametrize("role", [THIN, LOPSIDED])
def test_too_few_contributors_or_one_too_large_are_withheld(up: Up, market: Ids, role: str) -> None:
    said = up.ask(role=role, state="PA")
    assert (said["status"], said["answered"]) == ("withheld", None)
    assert not {"percentiles", "intervals", "contributors"} & set(said)
    assert said["official"]["soc"] == "49-3023"


def test_every_receipt_says_accepted_even_of_what_changed_nothing(up: Up, market: Ids) -> None:
    with up.api() as api:
        for ce_id in market["events"]:
            receipt = api.get(f"/v1/receipts/{ce_id}").json()
            assert (receipt["outcome"], receipt["reason"]) == ("accepted", None)
    refused = {record.body["ce_id"] for record in up.log(REJECTED)}
    assert not refused & set(market["events"])


def test_benchmark_published_tells_the_same(up: Up, market: Ids) -> None:
    cell = f"pay|state:PA|{ROLE}|*|*|*"
    up.settle()
    told = [record.body for record in up.log("benchmark.published") if record.body["cell"] == cell]
    assert told
    assert told[0]["percentiles"] == {"p25": "22.75", "p50": "25.50", "p75": "28.25"}
    assert told[0]["contributors"] == "10_19"
    assert "previous" not in told[0] or told[0]["previous"] is None


def test_benefits_and_labor_rates_are_released_beside_pay(up: Up, market: Ids) -> None:
    up.settle()
    told = {record.body["cell"]: record.body for record in up.log("benchmark.published")}
    # Seven of twelve are 58.3%, to the nearest five points; 6, 7 ... 12 days have their median at 9.
    holidays = told["benefits|metro:PA:23900|independent_repair|3_5|paid_holidays"]
    assert (holidays["share"], holidays["amount"]) == ("60", {"unit": "days_year", "p50": "9"})
    assert (holidays["contributors"], holidays["policy_id"]) == ("10_19", "benefits-2026")
    # 102.75, 105.50 and 108.25 to the dollar, half up; the third and the tenth of twelve.
    calls = told["labor-rates|state:PA|independent_repair|mobile_road_call"]
    assert calls["percentiles"] == {"p25": "103.00", "p50": "106.00", "p75": "108.00"}
    assert calls["intervals"] == {"p50": ["102.00", "109.00"]}
    assert not [cell for cell in told if cell.startswith("labor-rates|metro")]


def test_verify_finds_every_cell_equal_to_brute_force(up: Up, market: Ids) -> None:
    said = up.driveline("verify", "--json", seconds=240)
    assert said.code == 0, said.err
    assert said.json["clean"] is True
    assert said.json["faults"] == []
    assert all(epoch["differences"] == [] for epoch in said.json["epochs"])
    assert said.json["epochs"][-1]["cells"] > 0


def test_a_member_that_leaves_is_gone_from_the_log_on(up: Up) -> None:
    with up.api() as api:
        member_id = join(api)
        gone = api.delete(f"/v1/members/{member_id}").json()
    assert (gone["status"], gone["revision"]) == ("left", 2)

    def told() -> list[str]:
        changes = [record.body for name in ("member.joined", "member.updated") for record in up.log(name)]
        return [body["status"] for body in changes if body["member_id"] == member_id]

    assert until(told, lambda statuses: len(statuses) == 2) == ["active", "left"]

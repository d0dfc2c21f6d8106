"""GET /v1/benchmarks/...: one line for a question that no cell belongs to, the whole answer for one that has it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from exchange.domain.policy import months_before
from exchange_log import Log
from exchange_market import Market, ago, member
from exchange_system import Service

FILTERS = "role, division, state, metro, shop_type, experience, plan, size, credential_level"


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ("rol=tech_a", f"rol: is not a filter; filters are {FILTERS}"),
        ("measure=pay", f"measure: is not a filter; filters are {FILTERS}"),
        ("role=tech_a&role=tech_b", "role: is given twice"),
        ("experience=y3", "experience: 'y3' is not one of y0_1, y2_4, y5_9, y10_19, y20_plus"),
        ("size=6", "size: '6' is not one of 1_2, 3_5, 6_10, 11_20, 21_plus"),
        ("credential_level=A1", "credential_level: 'A1' is not one of none, some, master"),
        ("plan=hourly&size=3_5", "size: at most one of plan, size, credential_level may be asked"),
        ("plan=hourly&experience=y5_9", "plan: cannot be asked together with experience"),
        ("size=3_5&shop_type=specialty", "size: cannot be asked together with shop_type"),
        ("metro=49620", "metro: needs its state"),
        ("metro=49620&state=OH", "metro: '49620' is not a metro (CBSA code) in OH"),
        ("state=pa", "state: 'pa' is not a state of the ZIP table, such as PA"),
        ("state=Pennsylvania", "state: 'Pennsylvania' is not a state of the ZIP table, such as PA"),
        ("state=GU", "state: 'GU' is not a state of the ZIP table, such as PA"),
        ("division=East", "division: 'East' is not a Census division"),
        ("division=Pacific&state=PA", "division: PA is not in 'Pacific'"),
        ("role=%0Atech_a", None),
        ("role=%F0%9F%98%80", None),
    ],
)
async def test_a_bad_question(exchange: Service, question: str, error: str | None) -> None:
    answer = await exchange.http.get(f"/v1/benchmarks/pay?{question}")
    assert answer.status_code == 400
    said = answer.json()["error"]
    assert set(answer.json()) == {"error"}
    assert said == error or (error is None and said.startswith("role: '"))
    assert "\n" not in said


FILTERS_OF = {
    "benefits": "benefit, division, state, metro, shop_type, size",
    "labor-rates": "kind, division, state, metro, shop_type",
}
HAS_NO = "is not a filter; filters are"


@pytest.mark.parametrize(
    ("measure", "question", "error"),
    [
        ("benefits", "", "benefit: is missing, one of health, dental, vision, pto_days, paid_holidays, sick_leave, "),
        ("benefits", "benefit=", "benefit: is missing, one of health, dental, "),
        ("benefits", "benefit=gym", "benefit: 'gym' is not one of health, dental, "),
        ("benefits", "benefit=health&benefit=dental", "benefit: is given twice"),
        ("benefits", "benefit=health&role=tech_a", f"role: {HAS_NO} {FILTERS_OF['benefits']}"),
        ("benefits", "benefit=health&experience=y5_9", f"experience: {HAS_NO} {FILTERS_OF['benefits']}"),
        ("benefits", "kind=mechanical_door", f"kind: {HAS_NO} {FILTERS_OF['benefits']}"),
        ("benefits", "benefit=health&size=6", "size: '6' is not one of 1_2, 3_5, 6_10, 11_20, 21_plus"),
        ("benefits", "benefit=health&metro=49620", "metro: needs its state"),
        ("labor-rates", "state=PA", "kind: is missing, one of mechanical_door, diesel_door, diagnostic, warranty, "),
        ("labor-rates", "kind=door", "kind: 'door' is not one of mechanical_door, diesel_door, "),
        ("labor-rates", "kind=body&experience=y5_9", f"experience: {HAS_NO} {FILTERS_OF['labor-rates']}"),
        ("labor-rates", "kind=body&size=3_5", f"size: {HAS_NO} {FILTERS_OF['labor-rates']}"),
        ("labor-rates", "kind=body&shop_type=barn", "shop_type: 'barn' is not one of independent_repair, "),
        ("pay", "benefit=health", f"benefit: {HAS_NO} {FILTERS}"),
        ("technician-pay", "kind=body", f"kind: {HAS_NO} {FILTERS}"),
    ],
)
async def test_a_question_that_the_measure_does_not_have(
    exchange: Service, measure: str, question: str, error: str
) -> None:
    answer = await exchange.http.get(f"/v1/benchmarks/{measure}?{question}")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(error)
    assert "\n" not in answer.json()["error"]


async def test_an_empty_filter_is_left_open(exchange: Service) -> None:
    assert (await exchange.ask(role="", state=""))["asked"] == {}


async def test_nothing_to_show_is_withheld_with_the_official_statistic_all_the_same(exchange: Service) -> None:
    """No numbers and no count; the occupation of the role, without a role 49-3023, and none where there is none."""
    answer = await exchange.ask(role="painter", state="WY")
    known = {"official": answer["official"]} | {
        name: answer[name] for name in ("epoch", "serial", "released_at", "policy_id") if name in answer
    }
    asked = {"role": "painter", "state": "WY"}
    assert answer == {"measure": "pay", "asked": asked, "answered": None, "status": "withheld"} | known
    assert (answer["official"]["soc"], "state" in answer["official"]) == ("49-3021", False)
    assert (await exchange.ask(state="PA"))["official"] == OFFICIAL
    assert "official" not in await exchange.ask(role="service_advisor")


OFFICIAL = {
    "soc": "49-3023",
    "title": "Automotive Service Technicians and Mechanics",
    "employed": 704640,
    "nation": {"p10": "16.66", "p25": "18.70", "p50": "24.34", "p75": "33.86", "p90": "39.32"},
    "state": {"area": "PA", "mean": "26.13"},
}


async def test_the_whole_answer_and_every_way_up(exchange: Service, log: Log) -> None:
    """Ten shops in one metro of Pennsylvania; what they do not fill is answered by the next wider cell that is shown."""
    market = Market.of("PA", "tech_a")
    shops = [market.shop(n) for n in range(10)]
    await log.say("member.joined", *(member(shop) for shop in shops))
    entries = [market.pay(shop, f"{20 + n}") for n, shop in enumerate(shops)]
    entries[0] |= {"experience": "y0_1", "plan": "salary", "rate_unit": "year", "rate": "41600"}  # 20 an hour
    await log.say("pay.submitted", *entries)
    manifest = await exchange.release()

    answer = await exchange.ask(**market.here)
    cutoff = ago(90)
    assert answer == {
        "measure": "pay",
        "asked": {"role": "tech_a", "state": "PA"},
        "answered": {"role": "tech_a", "state": "PA"},
        "status": "published",
        "epoch": manifest["epoch"],
        "serial": 0,
        "released_at": manifest["released_at"],
        "policy_id": "pay-2026",
        "percentiles": {"p25": "22.25", "p50": "24.50", "p75": "26.75"},
        "intervals": {"p50": ["21.00", "28.00"]},
        "contributors": "10_19",
        "window": [months_before(cutoff, 24).isoformat(), cutoff.isoformat()],
        "official": OFFICIAL,
    }
    assert datetime.fromisoformat(answer["released_at"]).date() == datetime.now(UTC).date()

    async def rolled(**question: str) -> tuple[str, dict[str, Any]]:
        found = await exchange.ask(**question)
        return found["status"], found["answered"]

    pa = market.here
    assert await rolled(**pa, metro=market.metro) == ("published", pa | {"metro": market.metro})
    assert await rolled(**pa, metro=market.metro, experience="y0_1") == ("rolled_up", pa | {"metro": market.metro})
    assert await rolled(**pa, plan="salary") == ("rolled_up", pa)
    assert await rolled(**pa, shop_type="independent_repair") == ("published", pa | {"shop_type": "independent_repair"})
    # Nine of the ten have the experience: beside all ten they would tell what the tenth pays (rule 3).
    assert await rolled(**pa, experience="y5_9") == ("rolled_up", pa)
    # Experience is dropped before shop type.
    wanted = {"shop_type": "independent_repair", "experience": "y0_1"}
    assert await rolled(**pa, **wanted) == ("rolled_up", pa | {"shop_type": "independent_repair"})
    assert await rolled(**pa, shop_type="tire_store", experience="y5_9") == ("rolled_up", pa)
    # A metro where nobody is: its state answers.
    assert await rolled(**pa, metro="49620") == ("rolled_up", pa)
    # A state where nobody is: the division, then the nation.
    assert await rolled(role="tech_a", state="NJ") == ("rolled_up", {"role": "tech_a", "division": "Middle Atlantic"})
    assert await rolled(role="tech_a", state="PR") == ("rolled_up", {"role": "tech_a"})
    # A role is never dropped.
    assert await rolled(role="apprentice", state="PA") == ("withheld", None)

"""Policies are data: each measure has its own, and a new one applies from the first release on or after its day."""

from typing import Any, get_args

import pytest
from exchange import app as composition
from exchange.domain.policy import LINES, POLICIES, Policies, Policy, months_before
from exchange.entrypoints.collector import loading
from exchange.settings import Settings
from exchange.usecases import read_benchmark
from exchange_log import Log
from exchange_market import Market, ago, member
from exchange_system import Service, World, running

TECHNICIAN_PAY = "technician-pay.submitted"


async def technicians(log: Log, market: Market, count: int) -> None:
    """So many technicians of one market, each with one entry: 20, 21, 22 ..."""
    people = [market.shop(n) for n in range(count)]
    await log.say("member.joined", *(member(who, kind="technician", name=None) for who in people))
    await log.say(TECHNICIAN_PAY, *(market.pay(who, f"{20 + n}") for n, who in enumerate(people)))


async def ask(service: Service, **question: str) -> dict[str, Any]:
    answer = await service.http.get("/v1/benchmarks/technician-pay", params=question)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_technicians_own_pay_needs_ten_of_them_and_is_never_finer_than_a_state(
    world: World, log: Log, market: Market
) -> None:
    async with running(world) as service:
        await technicians(log, market, 10)
        # What shops say is another measure, and a shop's word does not count in this one.
        await log.say("member.joined", member(market.shop(20)))
        await log.say(TECHNICIAN_PAY, market.pay(market.shop(20), "90"))
        await service.release()
        answer = await ask(service, **market.here)
        assert (answer["status"], answer["policy_id"]) == ("published", "technician-pay-2026")
        assert answer["percentiles"] == {"p25": "22.25", "p50": "24.50", "p75": "26.75"}
        metro = await ask(service, **market.here, metro=market.metro)
        assert (metro["status"], metro["answered"]) == ("rolled_up", market.here)
        assert await service.median(market) is None

    other = await world_without_one(world, log, market)
    assert other["status"] == "withheld"


async def world_without_one(world: World, log: Log, market: Market) -> dict[str, Any]:
    """The answer after one of the ten has left: nine are too few."""
    await log.say("member.updated", member(market.shop(9), 2, kind="technician", name=None, status="left"))
    async with running(world) as service:
        await service.release()
        return await ask(service, **market.here)


def later(**changed: Any) -> Policies:
    """The table with a second policy of pay, from today on."""
    first = {name: getattr(POLICIES["pay-2026"], name) for name in Policy.__slots__}
    second = Policy(**(first | {"policy_id": "pay-today", "since": ago(0)} | changed))
    return Policies([*POLICIES.measures.values(), second])


def under(monkeypatch: pytest.MonkeyPatch, policies: Policies) -> None:
    for module in (composition, loading, read_benchmark):
        monkeypatch.setattr(module, "POLICIES", policies)


async def test_a_new_policy_begins_with_a_release_and_what_stays_keeps_its_own(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From quarters of a dollar to whole dollars, and from 24 to 36 months: cells that nobody changed keep their numbers."""
    other = Market()
    shops = {m: [m.shop(n) for n in range(5)] for m in (market, other)}
    rates = ("20.10", "22.10", "24.30", "26.10", "28.10")
    async with running(world) as service:
        for m in (market, other):
            await log.say("member.joined", *(member(shop) for shop in shops[m]))
            await log.say("pay.submitted", *(m.pay(s, rate) for s, rate in zip(shops[m], rates, strict=True)))
        manifest = await service.release()
        assert manifest["policies"]["pay"] == "pay-2026"
        assert await service.median(market) == "24.25"
    under(monkeypatch, later(rounding=100, window_months=36))
    async with running(world) as service:
        raised = ("21.10", "23.10", "25.30", "27.10", "29.10")
        await log.say(
            "pay.submitted", *(market.pay(s, r, revision=2) for s, r in zip(shops[market], raised, strict=True))
        )
        manifest = await service.release()
        assert manifest["policies"]["pay"] == "pay-today"
        answer = await service.ask(**market.here)
        assert (answer["policy_id"], answer["percentiles"]) == ("pay-today", {"p50": "25.00"})
        assert answer["window"] == [months_before(ago(90), 36).isoformat(), ago(90).isoformat()]
        answer = await service.ask(**other.here)
        assert (answer["policy_id"], answer["percentiles"]) == ("pay-2026", {"p50": "24.25"})
        assert answer["window"] == [months_before(ago(90), 24).isoformat(), ago(90).isoformat()]
        # History stays readable: the first release still says what it said, of the cells that were not withdrawn.
        first = (await service.http.get("/v1/epochs")).json()["epochs"][0]
        assert (await service.cells(first))[market.cell()]["percentiles"] == {"p50": "24.25"}


async def test_an_operator_chooses_a_stricter_line_and_a_process_that_was_not_told_goes_on_with_it(
    world: World, log: Log
) -> None:
    """Six shops of a market are too few for the guarded line, eight are enough: beside two of six, of which one would be
    what is left of the country."""
    market, larger = Market.of("PA", "painter"), Market.of("TX", "tech_a")
    for here, count in ((market, 6), (Market.of("OH", "apprentice"), 6), (larger, 8)):
        shops = [here.shop(n) for n in range(count)]
        await log.say("member.joined", *(member(shop) for shop in shops))
        await log.say("pay.submitted", *(here.pay(shop, f"{20 + n}") for n, shop in enumerate(shops)))
    async with running(world) as service:
        assert (await service.release())["policies"]["pay"] == "pay-2026"
        assert (await service.median(market), await service.median(larger)) == ("22.50", "23.50")
        assert "at least 5 shops" in (await service.http.get("/benchmarks")).text
        assert "when 1 to 4 shops offer" in (await service.http.get("/benchmarks?about=benefits")).text
    async with running(world, disclosure="guarded") as service:
        raised = [larger.pay(larger.shop(n), f"{30 + n}", revision=2) for n in range(8)]
        await log.say("pay.submitted", *raised)
        assert set((await service.release())["policies"].values()) == {
            "pay-2026-guarded", "benefits-2026-guarded", "labor-rates-2026-guarded", "technician-pay-2026-guarded",
        }  # fmt: skip
        assert (await service.median(market), await service.median(larger)) == (None, "33.50")
        assert (await service.ask(**larger.here))["policy_id"] == "pay-2026-guarded"
        assert "at least 8 shops" in (await service.http.get("/benchmarks")).text
        assert "when fewer than 10 shops offer" in (await service.http.get("/benchmarks?about=benefits")).text
    async with running(world) as service:
        assert (await service.release())["policies"]["pay"] == "pay-2026-guarded"
        assert (await service.median(market), await service.median(larger)) == (None, "33.50")
    async with running(world, disclosure="floor") as service:
        assert (await service.release())["policies"]["pay"] == "pay-2026"
        # Of the six none changed since they were shown.
        assert (await service.median(market), await service.median(larger)) == ("22.50", "33.50")


@pytest.mark.parametrize(
    ("chosen", "last", "followed"),
    [
        (None, [], "pay-2026"),
        (None, ["pay-2026", "benefits-2026"], "pay-2026"),
        (None, ["benefits-2026-guarded", "pay-2026-guarded"], "pay-2026-guarded"),
        (None, ["pay-of-a-version-to-come"], "pay-2026"),
        ("guarded", ["pay-2026"], "pay-2026-guarded"),
        ("floor", ["pay-2026-guarded"], "pay-2026"),
    ],
)
def test_a_release_follows_the_line_that_is_chosen_else_that_of_the_last_release(
    chosen: str | None, last: list[str], followed: str
) -> None:
    policies = POLICIES.following(chosen).of(["pay", "benefits"])
    assert policies.in_force(ago(0), last)["pay"].policy_id == followed


def test_the_lines_to_choose_from_are_those_that_there_are() -> None:
    assert get_args(Settings.model_fields["disclosure"].annotation) == ("", *LINES)
    assert {policy.line for line in LINES for policy in POLICIES.following(line).in_force(ago(0)).values()} == {*LINES}


def test_the_guarded_line_has_more_contributors_and_the_floors_days() -> None:
    guarded = POLICIES.following("guarded").in_force(ago(0))
    assert {m: p.fewest for m, p in guarded.items()} == {
        "pay": 8, "benefits": 10, "labor-rates": 12, "technician-pay": 12,
    }  # fmt: skip
    for measure, floor in POLICIES.in_force(ago(0)).items():
        stricter = guarded[measure]
        assert (stricter.age_days, stricter.window_months) == (floor.age_days, floor.window_months)
        assert (stricter.guards_old_versions, stricter.tells_unanimity) == (True, False)


def test_a_table_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="policy_id: 'pay-2026' is there twice"):
        Policies([POLICIES["pay-2026"], POLICIES["pay-2026"]])
    with pytest.raises(ValueError, match="pay-today: contributors and finest are those of the measure for ever"):
        later(finest="state")

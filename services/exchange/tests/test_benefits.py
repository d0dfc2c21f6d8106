"""Benefits through the real service: what shops answer, and what is shown of it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from exchange_log import Log
from exchange_market import Market, member, withdrawal
from exchange_measures import BENEFITS, benefit, shown
from exchange_system import World, running, until

PUBLISHED = "benchmark.published"
NO = "no"
# By benefit what shop 0, 1, 2 ... answers: an amount, that it offers none, or only that it does (None).
ANSWERS: Mapping[str, Sequence[str | None]] = {
    "pto_days": [str(days) for days in range(5, 15)],
    "health": ["70"] * 8 + [NO] * 3,
    "dental": ["80"] * 3 + [NO] * 8,
    "vision": ["50"] * 4 + [None] * 2 + [NO] * 5,
    "tool_allowance_year": ["300", "400", "400", "450", "500", "600"] + [NO] * 5,
    "retirement_match_pct": ["2", "2.25", "2.5", "3", "4"],
    "sign_on_bonus": ["250000"] * 5,
    "relocation": ["1000"] * 5 + [NO] * 6,
    "uniforms": [None] * 6 + [NO] * 6,
    "four_day_week": [None] * 4,
}
SHOWN = {
    # Nobody says no, which is no reason to withhold. The median is 9.5: half a day is rounded up.
    "pto_days": {"share": "100", "amount": {"unit": "days_year", "p50": "10"}, "contributors": "10_19"},
    # Three of eleven say no: a share would tell on them.
    "health": {"amount": {"unit": "percent_paid_by_employer", "p50": "70"}, "contributors": "10_19"},
    "dental": {"contributors": "10_19"},
    # Six of eleven, 54.5 %. Four amounts are too few.
    "vision": {"share": "55", "contributors": "10_19"},
    "tool_allowance_year": {
        "share": "55", "amount": {"unit": "usd_year", "p50": "450.00"}, "contributors": "10_19",  # of 425
    },
    "retirement_match_pct": {"share": "100", "amount": {"unit": "percent_of_pay", "p50": "5"}, "contributors": "5_9"},
    "sign_on_bonus": {"share": "100", "amount": {"unit": "usd_once", "p50": "250000.00"}, "contributors": "5_9"},
    # One shop says two of the six amounts: more than a quarter.
    "relocation": {"share": "50", "contributors": "10_19"},
    "uniforms": {"share": "50", "contributors": "10_19"},
}  # fmt: skip


def answers(market: Market, name: str, said: Sequence[str | None], **fields: Any) -> list[dict[str, Any]]:
    return [
        benefit(market.shop(n), name, offered=False, **fields)
        if amount == NO
        else benefit(market.shop(n), name, amount, **fields)
        for n, amount in enumerate(said)
    ]


async def say(log: Log, market: Market) -> None:
    await log.say("member.joined", *(member(market.shop(n)) for n in range(12)))
    for name, said in ANSWERS.items():
        await log.say(BENEFITS, *answers(market, name, said))
    await log.say(BENEFITS, benefit(market.shop(0), "relocation", "1000", submission_id="another"))


async def test_shares_and_amounts_are_shown_where_they_tell_on_few(world: World, log: Log, market: Market) -> None:
    await say(log, market)
    async with running(world) as service:
        manifest = await service.release()
        found = await shown(service, manifest, "benefits")
        assert manifest["policies"]["benefits"] == "benefits-2026"
        for rest in ("*|*", "*|3_5", "independent_repair|*", "independent_repair|3_5"):
            assert {name: found[f"{rest}|{name}"] for name in SHOWN} == SHOWN
        assert not any(rest.endswith("four_day_week") for rest in found)
        assert len(found) == 4 * len(SHOWN)
        cells = await service.cells(manifest)
        assert cells["benefits|metro:PA:23900|*|*|uniforms"]["share"] == "50"
        # A shard that is loaded again, by another process, holds the same.
    async with running(world) as service:
        assert await shown(service, await service.release(), "benefits") == found


async def test_a_correction_and_a_withdrawal_count_from_five_shops_on(world: World, log: Log, market: Market) -> None:
    await say(log, market)
    async with running(world) as service:
        await service.release()
        before = await log.ends(PUBLISHED)
        # Five corrections of pto_days, 20 to 24 days; one of vision; five withdrawals of uniforms.
        await log.say(BENEFITS, *answers(market, "pto_days", ["20", "21", "22", "23", "24"], revision=2))
        await log.say(BENEFITS, *answers(market, "vision", ["99"], revision=2))
        taken_back = [withdrawal(market.shop(n), "b-uniforms") | {"measure": "benefits"} for n in range(5)]
        await log.say("submission.withdrawn", *taken_back)
        manifest = await service.release()
        found = await shown(service, manifest, "benefits")
        assert found["*|*|pto_days"] == SHOWN["pto_days"] | {"amount": {"unit": "days_year", "p50": "17"}}
        assert found["*|*|vision"] == SHOWN["vision"]
        # One is left that offers them, of seven.
        assert found["*|*|uniforms"] == {"contributors": "5_9"}

        cell = "benefits|state:PA|*|*|pto_days"

        async def told() -> list[dict[str, Any]]:
            said = [json.loads(record.value) for record in await log.since(before)]
            return [event for event in said if (event["cell"], event["epoch"]) == (cell, manifest["epoch"])]

        assert (await until(told)) == [
            {
                "cell": cell,
                "epoch": manifest["epoch"],
                "serial": 0,
                "policy_id": "benefits-2026",
                "previous_share": "100",
                "previous_amount": {"unit": "days_year", "p50": "10"},
                **found["*|*|pto_days"],
            }
        ]


async def test_two_answers_with_one_revision_are_told_apart_as_pay_is(world: World, log: Log, market: Market) -> None:
    """Rule 1: whose body has the greater digest stands, whichever came first."""
    shops = [market.shop(n) for n in range(10)]
    await log.say("member.joined", *(member(shop) for shop in shops))
    for order in (1, -1):
        said = [[benefit(shop, "pto_days", days) for shop in shops[:5]] for days in ("10", "20")][::order]
        for bodies in said:
            await log.say(BENEFITS, *bodies)
    async with running(world) as service:
        found = await shown(service, await service.release(), "benefits")
        first = found["*|*|pto_days"]
        await log.say(BENEFITS, *(benefit(shop, "pto_days", "10") for shop in shops[:5]))
        assert (await shown(service, await service.release(), "benefits"))["*|*|pto_days"] == first


async def test_what_the_contract_refuses_is_a_dead_letter_and_nothing_else(
    world: World, log: Log, market: Market
) -> None:
    shop = market.shop(0)
    before = await log.ends("exchange.dead")
    await log.say(BENEFITS, benefit(shop, "sign_on_bonus", "250000.01"))
    async with running(world):
        await world.settled()
        (letter,) = await log.since(before)
        assert dict(letter.headers)["dead_reason"].decode() == (
            "amount: '250000.01' is more than 250000, all there can be of 'usd_once'"
        )

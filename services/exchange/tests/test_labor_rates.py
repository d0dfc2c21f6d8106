"""Posted labor rates through the real service: ten shops at least, nothing finer than a state, half a year old."""

from exchange_log import Log
from exchange_market import Market, ago, member, withdrawal
from exchange_measures import LABOR_RATES, labor_rate, shown
from exchange_system import World, running

SHOWN = {
    # Of 127.50, 155.00 and 182.50: to the dollar, half up.
    "percentiles": {"p25": "128.00", "p50": "155.00", "p75": "183.00"},
    "intervals": {"p50": ["120.00", "190.00"]},
    "contributors": "10_19",
}


async def say(log: Log, market: Market) -> list[str]:
    """Twelve shops post 100.00, 110.00 ... 210.00; of a few other kinds too little is said."""
    shops = [market.shop(n) for n in range(12)]
    await log.say("member.joined", *(member(shop) for shop in shops))
    await log.say(LABOR_RATES, *(labor_rate(s, "mechanical_door", f"{100 + 10 * n}") for n, s in enumerate(shops)))
    await log.say(LABOR_RATES, *(labor_rate(shop, "diagnostic", "150") for shop in shops[:9]))
    young = {"effective_on": ago(179).isoformat()}
    await log.say(LABOR_RATES, *(labor_rate(shop, "body", "80", **young) for shop in shops))
    return shops


async def test_ten_shops_make_a_rate_of_a_state(world: World, log: Log, market: Market) -> None:
    await say(log, market)
    async with running(world) as service:
        manifest = await service.release()
        assert manifest["policies"]["labor-rates"] == "labor-rates-2026"
        found = await shown(service, manifest, "labor-rates")
        assert found == {"*|mechanical_door": SHOWN, "independent_repair|mechanical_door": SHOWN}
        cells = [name for name in await service.cells(manifest) if name.startswith("labor-rates|")]
        assert {name.split("|")[1].split(":")[0] for name in cells} == {"nation", "division", "state"}


async def test_a_correction_and_a_withdrawal_count_from_ten_shops_on(world: World, log: Log, market: Market) -> None:
    shops = await say(log, market)
    async with running(world) as service:
        await service.release()
        corrected = [labor_rate(s, "mechanical_door", f"{300 + 10 * n}", revision=2) for n, s in enumerate(shops)]
        await log.say(LABOR_RATES, *corrected[:9])
        found = await shown(service, await service.release(), "labor-rates")
        assert found["*|mechanical_door"] == SHOWN
        await log.say(LABOR_RATES, *corrected[9:])
        found = await shown(service, await service.release(), "labor-rates")
        assert found["*|mechanical_door"]["percentiles"] == {"p25": "328.00", "p50": "355.00", "p75": "383.00"}
        back = [withdrawal(shop, "l-mechanical_door", 3) | {"measure": "labor-rates"} for shop in shops[:3]]
        await log.say("submission.withdrawn", *back)
        # Nine are left: too few.
        assert await shown(service, await service.release(), "labor-rates") == {}


async def test_a_rate_that_nobody_posts_is_refused(world: World, log: Log, market: Market) -> None:
    before = await log.ends("exchange.dead")
    await log.say(LABOR_RATES, labor_rate(market.shop(0), "diagnostic", "500.01"))
    async with running(world):
        await world.settled()
        (letter,) = await log.since(before)
        assert dict(letter.headers)["dead_reason"].decode() == (
            "posted_rate: '500.01' is outside 20.00 to 500.00 for kind 'diagnostic'"
        )

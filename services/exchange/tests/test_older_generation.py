"""A generation of before collects pay alone: it goes on so, and a rebuild brings the measures that it passed over."""

from datetime import UTC, datetime

import pytest
from exchange.adapters.tables import GenerationRow
from exchange.rebuild import rebuild
from exchange.usecases import rebuild as usecase
from exchange_log import PARTITIONS, Log
from exchange_market import Market, member, withdrawal
from exchange_measures import BENEFITS, LABOR_RATES, benefit, labor_rate, shown
from exchange_system import Service, World, composition, running, until
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

MEASURES = ["pay", "technician-pay"]


@pytest.fixture(scope="module")
def log(own_log: Log) -> Log:
    """A generation holds all that was ever said."""
    return own_log


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "_RESUME_S", 0.1)
    monkeypatch.setattr(usecase, "GRACE_S", 0.5)


async def as_before(world: World) -> None:
    """The database says what the migration makes of a system that passed benefits and labor rates over."""
    engine = create_async_engine(world.settings.postgres)
    async with AsyncSession(engine) as session:
        row = {"number": 1, "state": "serving", "partitions": PARTITIONS, "measures": MEASURES, "told": {}}
        session.add(GenerationRow(**row, counted={}, started_at=datetime.now(UTC)))
        await session.commit()
    await engine.dispose()


async def test_a_rebuild_brings_what_was_passed_over(whole_log: World, log: Log, market: Market) -> None:
    world = whole_log
    await as_before(world)
    shops = [market.shop(n) for n in range(12)]
    await log.say("member.joined", *(member(shop) for shop in shops))
    await log.say("pay.submitted", *(market.pay(shop, f"{20 + n}") for n, shop in enumerate(shops)))
    await log.say(BENEFITS, *(benefit(shop, "pto_days", f"{5 + n}") for n, shop in enumerate(shops)))
    await log.say(LABOR_RATES, *(labor_rate(shop, "body", f"{50 + n}") for n, shop in enumerate(shops)))
    await log.say("submission.withdrawn", withdrawal(shops[11], "b-pto_days") | {"measure": "benefits"})
    async with running(world) as service:
        manifest = await service.release()
        assert sorted(manifest["policies"]) == MEASURES
        assert {cell.split("|")[0] for cell in await service.cells(manifest)} == {"pay"}
        assert await service.median(market) == "25.50"
        hashes = {key.decode().rpartition(":")[2] for key in await world.redis.keys("{exchange:g1:*")}
        assert hashes == {"meta", "members", *MEASURES}

        assert (await rebuild(world.settings))["generation"] == 2
        await until(lambda: service_follows(service, 2))
        manifest = await service.release()
        assert sorted(manifest["policies"]) == ["benefits", "labor-rates", *MEASURES]
        days = {"unit": "days_year", "p50": "10"}
        found = await shown(service, manifest, "benefits")
        assert found["*|*|pto_days"] == {"share": "100", "amount": days, "contributors": "10_19"}
        found = await shown(service, manifest, "labor-rates")
        assert found["*|body"]["percentiles"] == {"p25": "53.00", "p50": "56.00", "p75": "58.00"}
        assert await service.median(market) == "25.50"


async def service_follows(service: Service, number: int) -> bool:
    metrics = (await service.http.get("/metrics")).text
    return f"driveline_exchange_generation {number}.0" in metrics

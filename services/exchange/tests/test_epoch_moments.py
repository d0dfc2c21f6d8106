"""Epochs: the moment of the log and the day that a release is made of."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from exchange.entrypoints import routes
from exchange_log import Log
from exchange_market import Market, ago, cutoffs
from exchange_shops import RATES, five_shops
from exchange_system import World, running

PAY = "pay.submitted"


@pytest.fixture(scope="module")
def log(left_log: Log) -> Log:
    """A store that lost its state folds all that was ever said."""
    return left_log


async def test_every_release_is_one_moment_of_the_log_though_intake_goes_on(
    world: World, log: Log, market: Market
) -> None:
    """Corrections keep coming while epochs are made; each released median is that of the offsets its manifest names."""
    shops = await five_shops(log, market)
    said: dict[tuple[int, int], tuple[str, float]] = {}  # (partition, offset) -> shop, rate
    stop = False

    async def keep_correcting() -> None:
        revision = 1
        while not stop:
            revision += 1
            rates = [20 + (7 * revision + 3 * n) % 60 / 2 for n in range(5)]
            places = await log.say(
                PAY, *(market.pay(s, f"{r:.2f}", revision=revision) for s, r in zip(shops, rates, strict=True))
            )
            for shop, rate, place in zip(shops, rates, places, strict=True):
                said[place.partition, place.offset] = shop, rate

    released = []
    async with asyncio.TaskGroup() as side_by_side:
        side_by_side.create_task(keep_correcting())
        async with running(world) as service:
            for _ in range(3):
                manifest = await service.release()
                released.append((manifest["offsets"][PAY], await service.median(market)))
        stop = True
    shown: dict[str, float] = {}
    for offsets, median in released:
        newest = dict(zip(shops, map(float, RATES), strict=True))
        for (partition, offset), (shop, rate) in sorted(said.items()):
            if offset < offsets[str(partition)]:
                newest[shop] = rate
        # Unless all five have changed since, the version before stays.
        if all(newest[shop] != shown.get(shop) for shop in shops):
            shown = newest
        assert median == f"{sorted(shown.values())[2]:.2f}"
    assert len(said) > 15


class Clock:
    """The machine's clock, some days off."""

    def __init__(self, days: int) -> None:
        self._days = timedelta(days=days)

    def now(self, tz: Any = None) -> datetime:
        return datetime.now(tz) + self._days


async def test_a_cutoff_never_goes_back_and_time_brings_entries_in(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    await five_shops(log, market, effective_on=ago(75).isoformat())
    async with running(world) as service:
        first = await service.release()
        assert first["cutoffs"] == cutoffs(ago(0))
        assert await service.median(market) is None  # not old enough yet
        monkeypatch.setattr(routes, "datetime", Clock(-40))
        second = await service.release()
        assert second["cutoffs"] == first["cutoffs"]
        monkeypatch.setattr(routes, "datetime", Clock(15))
        third = await service.release()
        assert third["cutoffs"] == cutoffs(ago(-15))
        assert await service.median(market) == "24.00"
    # Another process, another day before: the shards remember, and so do the manifests.
    monkeypatch.setattr(routes, "datetime", Clock(0))
    await world.redis.flushdb()
    async with running(world) as service:
        fourth = await service.release()
        assert fourth["cutoffs"] == cutoffs(ago(-15))
        assert await service.median(market) == "24.00"

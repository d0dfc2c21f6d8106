"""Shops that fill a market: so many that it is shown."""

from typing import Any

from exchange_log import PARTITIONS, Log
from exchange_market import Market, member

JOINED, PAY = "member.joined", "pay.submitted"
RATES = ("20", "22", "24", "26", "28")


async def five_shops(log: Log, market: Market, *rates: str, **fields: Any) -> list[str]:
    shops = [market.shop(n) for n in range(5)]
    await log.say(JOINED, *(member(shop) for shop in shops))
    rates = rates or RATES
    await log.say(PAY, *(market.pay(shop, rate, **fields) for shop, rate in zip(shops, rates, strict=True)))
    return shops


async def thirty_shops(log: Log, market: Market) -> list[str]:
    shops = [market.shop(n, partition=n % PARTITIONS) for n in range(30)]
    await log.say(JOINED, *(member(shop) for shop in shops))
    return shops


async def submit(log: Log, market: Market, shops: list[str], revision: int = 1) -> None:
    """20.00, 20.50 ... 34.50 and a dollar more with every revision: the median is 27.25 + revision."""
    entries = [market.pay(shop, f"{20 + revision + n / 2:.2f}", revision=revision) for n, shop in enumerate(shops)]
    await log.say(PAY, *entries)

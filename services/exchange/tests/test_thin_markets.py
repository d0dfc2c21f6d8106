"""Markets that are thin beside what is wider: each is said in a world of its own, or others would stand beside it."""

from collections.abc import Callable
from typing import Any

import pytest
from exchange_log import Log
from exchange_market import Market, member
from exchange_system import World, running

Message = tuple[str, dict[str, Any]]
RATES = ("20", "22", "24", "26", "28")
ELSEWHERE = "apprentice"  # no market is handed it


def base(m: Market, *rates: str) -> list[Message]:
    """Shops 0, 1, 2 ..., joined and verified, each with one entry."""
    shops = [m.shop(n) for n in range(len(rates))]
    entries = [("pay.submitted", m.pay(shop, rate)) for shop, rate in zip(shops, rates, strict=True)]
    return [*(("member.joined", member(shop)) for shop in shops), *entries]


def moved(m: Market, n: int) -> Message:
    """Shop n's position is another role now."""
    return "pay.submitted", m.pay(m.shop(n), RATES[n], revision=2, role=ELSEWHERE)


ALONE: dict[str, tuple[str | None, Callable[[Market], list[Message]]]] = {
    "four contributors": (None, lambda m: base(m, *RATES[:4])),
    "five contributors": ("24.00", lambda m: base(m, *RATES)),
    # What the state says of all roles would tell, beside it, what the one that moved pays (rule 3).
    "a correction that moves one shop to another role": (
        None,
        lambda m: [*base(m, *RATES, "30"), moved(m, 0)],
    ),
    "corrections that move five of ten shops to another role": (
        "40.00",  # 38 39 40 41 42 are left
        lambda m: [
            *base(m, *RATES, "38", "39", "40", "41", "42"),
            *(moved(m, n) for n in range(5)),
        ],
    ),
}  # fmt: skip


def test_no_market_is_of_the_role_that_shops_move_to() -> None:
    """It would be as if nobody had moved, one run in some twenty."""
    assert ELSEWHERE not in {Market().role for _ in range(100)}


@pytest.mark.parametrize("case", ALONE)
async def test_what_counts_alone(case: str, world: World, log: Log, market: Market) -> None:
    await log.say_all(ALONE[case][1](market))
    async with running(world) as service:
        await service.release()
        assert await service.median(market) == ALONE[case][0]

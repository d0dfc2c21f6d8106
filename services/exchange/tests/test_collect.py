"""Messages in, benchmarks out: what members say on the log is what the released median says, and nothing else.

Every case is a market of its own, in which five verified shops pay 20, 22, 24, 26 and 28 dollars an hour unless the
case says otherwise. All cases are said first, then one epoch is released.
"""

from collections.abc import Callable
from typing import Any

import pytest
from exchange_log import Log
from exchange_market import Market, ago, member, withdrawal
from exchange_system import Service, World, running

Message = tuple[str, dict[str, Any]]
RATES = ("20", "22", "24", "26", "28")


def joined(who: str, **fields: Any) -> Message:
    return "member.joined", member(who, **fields)


def updated(who: str, revision: int, **fields: Any) -> Message:
    return "member.updated", member(who, revision, **fields)


def base(m: Market, *rates: str) -> list[Message]:
    """Shops 0, 1, 2 ..., joined and verified, each with one entry."""
    shops = [m.shop(n) for n in range(len(rates or RATES))]
    entries = [("pay.submitted", m.pay(shop, rate)) for shop, rate in zip(shops, rates or RATES, strict=True)]
    return [*(joined(shop) for shop in shops), *entries]


def pay(m: Market, n: int, rate: str, submission_id: str = "9b1c", **fields: Any) -> Message:
    return "pay.submitted", m.pay(m.shop(n), rate, submission_id, **fields)


def back(m: Market, n: int, revision: int, submission_id: str = "9b1c") -> Message:
    return "submission.withdrawn", withdrawal(m.shop(n), submission_id, revision)


def sixth(m: Market, *states: Message, **fields: Any) -> list[Message]:
    """A sixth shop that pays 90, which moves the median to 25, if it counts."""
    return [*base(m), *states, ("pay.submitted", m.pay(m.shop(5), "90", **fields))]


CASES: dict[str, tuple[str | None, Callable[[Market], list[Message]]]] = {
    "five shops": ("24.00", base),
    "a sixth": ("25.00", lambda m: sixth(m, joined(m.shop(5)))),
    "one of five has two entries of six, 33%": (None, lambda m: [*base(m), pay(m, 0, "21", "second")]),
    "one of seven has two entries of eight, 25%": (
        "25.00",  # 20 21 22 24 26 28 30 32
        lambda m: [*base(m, *RATES, "30", "32"), pay(m, 0, "21", "second")],
    ),
    "a correction": ("26.00", lambda m: [*base(m), pay(m, 0, "30", revision=2)]),
    "a correction that came before what it corrects": (
        "26.00",
        lambda m: [pay(m, 0, "30", revision=7), *base(m), pay(m, 0, "19", revision=6)],
    ),
    "everything said three times": ("24.00", lambda m: base(m) * 3),
    "one said again and again": ("24.00", lambda m: [*base(m), *[pay(m, 4, "28")] * 5]),
    "a withdrawal": ("24.00", lambda m: [*sixth(m, joined(m.shop(5))), back(m, 5, 2)]),
    "a withdrawal that came before": ("24.00", lambda m: [back(m, 5, 2), *sixth(m, joined(m.shop(5)))]),
    "a withdrawal of an older revision": ("25.00", lambda m: [back(m, 5, 2), *sixth(m, joined(m.shop(5)), revision=3)]),
    "a withdrawal of the same revision": ("25.00", lambda m: [back(m, 5, 2), *sixth(m, joined(m.shop(5)), revision=2)]),
    "a withdrawal of something else": ("25.00", lambda m: [*sixth(m, joined(m.shop(5))), back(m, 5, 2, "other")]),
    "the greatest withdrawal counts": (
        "24.00",
        lambda m: [*sixth(m, joined(m.shop(5)), revision=3), back(m, 5, 9), back(m, 5, 2)],
    ),
    "entries before their members": ("24.00", lambda m: base(m)[::-1]),
    "nobody ever joined": (None, lambda m: base(m)[5:]),
    "a member that lapsed": ("24.00", lambda m: [*sixth(m, joined(m.shop(5))), updated(m.shop(5), 2, status="lapsed")]),
    "a member that left": ("24.00", lambda m: [*sixth(m, joined(m.shop(5))), updated(m.shop(5), 2, status="left")]),
    "a member in grace": ("25.00", lambda m: [*sixth(m, joined(m.shop(5))), updated(m.shop(5), 2, status="grace")]),
    "a member that lapsed and came back": (
        "25.00",
        lambda m: [
            *sixth(m, joined(m.shop(5))),
            updated(m.shop(5), 3, status="active"),
            updated(m.shop(5), 2, status="lapsed"),
        ],
    ),
    "an unverified member": ("24.00", lambda m: sixth(m, joined(m.shop(5), verified_on=None))),
    "verified after the cutoff": ("24.00", lambda m: sixth(m, joined(m.shop(5), verified_on=ago(89).isoformat()))),
    "verified on the cutoff": ("25.00", lambda m: sixth(m, joined(m.shop(5), verified_on=ago(90).isoformat()))),
    "a school": ("24.00", lambda m: sixth(m, joined(m.shop(5), kind="school", level="high_school"))),
    "a technician": ("24.00", lambda m: sixth(m, joined(m.shop(5), kind="technician", name=None))),
    "effective after the cutoff": ("24.00", lambda m: sixth(m, joined(m.shop(5)), effective_on=ago(89).isoformat())),
    "effective on the cutoff": ("25.00", lambda m: sixth(m, joined(m.shop(5)), effective_on=ago(90).isoformat())),
    "older than the window": ("24.00", lambda m: sixth(m, joined(m.shop(5)), effective_on=ago(90 + 735).isoformat())),
    "a future correction waits, and what it will correct stands": (
        "24.00",
        lambda m: [*base(m), pay(m, 0, "30", revision=2, effective_on=ago(-30).isoformat())],
    ),
    "a correction that moves an entry out of the window": (
        "24.00",
        lambda m: [
            *sixth(m, joined(m.shop(5))),
            pay(m, 5, "90", revision=2, effective_on=ago(900).isoformat()),
        ],
    ),
    "a field that nobody knows yet": ("25.00", lambda m: sixth(m, joined(m.shop(5)), union=True)),
}  # fmt: skip


@pytest.fixture(scope="module")
async def released(exchange: Service, log: Log) -> dict[str, Market]:
    """Every case said, each in its own market, and one epoch."""
    markets = {name: Market() for name in CASES}
    await log.say_all([message for name, (_, say) in CASES.items() for message in say(markets[name])])
    await exchange.release()
    return markets


@pytest.mark.parametrize("case", CASES)
async def test_what_counts(case: str, exchange: Service, released: dict[str, Market]) -> None:
    assert await exchange.median(released[case]) == CASES[case][0]


async def test_the_same_from_a_store_that_was_loaded_and_from_a_replay(
    exchange: Service, released: dict[str, Market], whole_log: World
) -> None:
    """A process that loads the shards shows what the one showed that collected them; one that folds the whole log itself
    shows what is shown after it is loaded."""
    newest = (await exchange.http.get("/v1/epochs")).json()["epochs"][-1]
    first = await exchange.cells(newest)
    async with running(exchange.world, group="another") as loaded:
        again = await loaded.cells(await loaded.release())
    shown = sum(median is not None for median, _ in CASES.values())
    assert sum(len(market.own(first)) for market in released.values()) > 10 * shown
    for market in released.values():
        assert market.own(first) == market.own(again)

    async with running(whole_log, group="a-replay") as replayed:
        first = await replayed.cells(await replayed.release())
    async with running(whole_log, group="another-replay") as loaded:
        again = await loaded.cells(await loaded.release())
    assert len(first) > 100
    assert {name: cell | {"epoch": 2} for name, cell in first.items()} == again

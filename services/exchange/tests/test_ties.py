"""Two bodies under one revision: the greater SHA-256 of the canonical JSON wins, in either order, however it is spelled."""

import hashlib
import json
from typing import Any

import pytest
from contracts.codec import partition_of
from contracts.topics import COLLECTED
from exchange.domain.ledger import name_of
from exchange.domain.policy import POLICIES
from exchange.domain.shard import Past
from exchange.usecases.load_shard import load_shard
from exchange_log import PARTITIONS, Log, binary
from exchange_market import Market, member, places
from exchange_system import Service, World, running

PAY = "pay.submitted"


def sha(body: dict[str, Any]) -> str:
    """Rule 1: keys sorted, separators `,` and `:`, non-ASCII as escapes."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def expected(*bodies: dict[str, Any]) -> str:
    """The median of 20, 22, 26, 28 and the winner, which lies between them."""
    return str(max(bodies, key=sha)["rate"])


async def four_shops(log: Log, market: Market) -> None:
    shops = [market.shop(n) for n in range(5)]
    await log.say("member.joined", *(member(shop) for shop in shops))
    await log.say(PAY, *(market.pay(s, rate) for s, rate in zip(shops[:4], ("20", "22", "26", "28"), strict=True)))


def structured(body: dict[str, Any]) -> tuple[bytes, list[tuple[str, bytes | None]]]:
    event = {"specversion": "1.0", "id": "e", "source": "s", "type": "driveline.pay.submitted.v1", "data": body}
    return json.dumps(event).encode(), [("content-type", b"application/cloudevents+json")]


def spread(body: dict[str, Any]) -> tuple[bytes, list[tuple[str, bytes | None]]]:
    """The same body in another order and with more white space, as no fast path reads it."""
    return json.dumps(dict(reversed(body.items())), indent=2).encode(), binary(PAY)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("marks", [("x", "y"), ("y", "z"), ("é", "ü")])
async def test_the_greater_digest_wins_in_either_order(
    exchange: Service, log: Log, market: Market, marks: tuple[str, str], first: int
) -> None:
    await four_shops(log, market)
    bodies = [market.pay(market.shop(4), rate, note=mark) for rate, mark in zip(("23.00", "25.00"), marks, strict=True)]
    await log.say(PAY, bodies[first])
    await exchange.world.settled()  # in two batches
    await log.say(PAY, bodies[1 - first])
    await exchange.release()
    assert await exchange.median(market) == expected(*bodies)


async def test_of_three_in_one_batch_the_greatest_wins(exchange: Service, log: Log, market: Market) -> None:
    await four_shops(log, market)
    bodies = [market.pay(market.shop(4), f"2{n}.00", revision=3) for n in (3, 4, 5)]
    await log.say(PAY, *bodies, market.pay(market.shop(4), "22.50", revision=2), *bodies)
    await exchange.release()
    assert await exchange.median(market) == expected(*bodies)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_structured_record_is_judged_by_its_data(
    exchange: Service, log: Log, market: Market, order: tuple[int, int]
) -> None:
    """Neither the envelope nor the spelling of a body has a say: several pairs, so that luck has none either."""
    await four_shops(log, market)
    shop = market.shop(4)
    pairs = [[market.pay(shop, rate, f"s{n}") for rate in ("23.00", "25.00")] for n in range(6)]
    for pair in pairs:
        records = [structured(pair[0]), spread(pair[1])]
        for at in order:
            await log.send(PAY, *records[at], key=shop)
    await exchange.release()
    stored = await stored_cents(exchange.world, shop, [f"s{n}" for n in range(6)])
    assert [f"{cents / 100:.2f}" for cents in stored] == [expected(*pair) for pair in pairs]


async def stored_cents(world: World, shop: str, submissions: list[str]) -> list[int]:
    """The cents of the one version that the store keeps of each submission."""
    partition = partition_of(shop, PARTITIONS)
    owned = await load_shard(partition, PARTITIONS, COLLECTED, POLICIES, places().chains, Past(), world.store)
    ledger = owned.shard.ledgers["pay"]
    return [
        int(version["value"]) for s in submissions for version in ledger.versions_of(ledger.index[name_of(shop, s)])
    ]


async def test_a_tie_across_a_restart_reads_the_older_body_from_the_log_again(
    world: World, log: Log, market: Market
) -> None:
    """The store keeps no bodies: after a restart the first one has to be fetched to be compared."""
    await four_shops(log, market)
    shop = market.shop(4)
    pairs = [[market.pay(shop, rate, f"s{n}") for rate in ("23.00", "25.00")] for n in range(4)]
    # Both orders: in the first two pairs the winner comes first, in the others last.
    pairs = [sorted(pair, key=sha, reverse=n < 2) for n, pair in enumerate(pairs)]
    async with running(world):
        await log.say(PAY, *(pair[0] for pair in pairs))
        await world.settled()
    async with running(world):
        await log.say(PAY, *(pair[1] for pair in pairs))
        await world.settled()
        stored = await stored_cents(world, shop, [f"s{n}" for n in range(4)])
    assert [f"{cents / 100:.2f}" for cents in stored] == [expected(*pair) for pair in pairs]


@pytest.mark.parametrize("first", [0, 1])
async def test_two_states_of_a_member_under_one_revision(
    exchange: Service, log: Log, market: Market, first: int
) -> None:
    await four_shops(log, market)
    shop = market.shop(5)
    states = [member(shop, 2, status=status, city=f"New Oxford {market.mark}") for status in ("active", "lapsed")]
    await log.say("member.updated", states[first])
    await exchange.world.settled()
    await log.say("member.updated", states[1 - first])
    await log.say(PAY, market.pay(market.shop(4), "23.00"), market.pay(shop, "90"))
    await exchange.release()
    # 20 22 23 26 28, and 90 if the shop is active.
    active = max(states, key=sha)["status"] == "active"
    assert await exchange.median(market) == ("24.50" if active else "23.00")

"""What is asked and answered while an epoch is made is damaged in Redis: another attempt, never a wrong number."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest
from exchange.adapters import cut_board
from exchange.adapters.cut_board import Answer, Asked, CutAsked, CutBoard, Kind, Posted
from exchange_log import Log
from exchange_market import Market
from exchange_shops import PAY, submit, thirty_shops
from exchange_system import World, running, samples

CENTS = (2825).to_bytes(2, "little")

Harm: TypeAlias = Callable[[Any, str], Awaitable[Any]]


async def bytes_flip(redis: Any, key: str) -> None:
    """28.25 becomes 69.21 wherever that is in it."""
    value = bytearray((await redis.get(key)).replace(CENTS, bytes([CENTS[0], CENTS[1] ^ 16])))
    value[len(value) // 2] ^= 1
    await redis.set(key, bytes(value))


async def it_is_another_type(redis: Any, key: str) -> None:
    await redis.delete(key)
    await redis.rpush(key, "x")


async def planted(redis: Any, key: str, said: Answer | CutAsked | Asked | None, harm: Harm) -> None:
    """Written and damaged in one step: nobody reads it in between."""
    await redis.set("scratch", cut_board._summed(key, said))
    await harm(redis, "scratch")
    await redis.rename("scratch", key)


def damaged_cuts() -> float:
    return samples("driveline_exchange_shards_healed_total")["cut"]


@pytest.mark.parametrize("harm", [bytes_flip, it_is_another_type])
@pytest.mark.parametrize("kind", ["census", "same", "beyond", "contents", "confirm"])
async def test_an_answer(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch, kind: Kind, harm: Harm
) -> None:
    """Of one shard, once."""
    answer = CutBoard.answer
    harmed: list[str] = []

    async def harmed_once(self: CutBoard, posted: Posted, said: Answer) -> bool:
        if posted.kind != kind or harmed or (kind == "contents" and CENTS not in b"".join(said.arrays[""])):
            return await answer(self, posted, said)
        harmed.append(key := CutBoard._key(posted.attempt, posted.number, said.partition))
        await planted(world.redis, key, said, harm)
        return True

    monkeypatch.setattr(CutBoard, "answer", harmed_once)
    await right_all_the_same(world, log, market)
    assert len(harmed) == 1


@pytest.mark.parametrize("harm", [bytes_flip, it_is_another_type])
@pytest.mark.parametrize("kind", ["census", "same", "beyond", "contents"])
async def test_a_question(
    world: World, log: Log, market: Market, monkeypatch: pytest.MonkeyPatch, kind: Kind, harm: Harm
) -> None:
    """Once; whoever took it at its word would look for cells that there are not, in compiled code."""
    post = CutBoard.post
    harmed: list[str] = []

    async def harmed_first(self: CutBoard, posted: Posted, question: CutAsked | Asked | None) -> None:
        if posted.kind == kind and not harmed:
            harmed.append(key := CutBoard._key(posted.attempt, posted.number, "asked"))
            await planted(world.redis, key, question, harm)
            question = None  # it is there: only what points at it is missing
        await post(self, posted, question)

    monkeypatch.setattr(CutBoard, "post", harmed_first)
    await right_all_the_same(world, log, market)
    assert len(harmed) == 1


async def right_all_the_same(world: World, log: Log, market: Market) -> None:
    """Thirty shops' pay, released twice. Three are of another experience: too few to show the others apart, so rule 3 asks."""
    shops = await thirty_shops(log, market)
    await submit(log, market, shops)
    beginners = [market.pay(shop, "28.25", revision=2, experience="y0_1") for shop in shops[14:17]]
    await log.say(PAY, *beginners)
    before = damaged_cuts()
    async with running(world) as service:
        first = market.own(await service.cells(await service.release()))
        assert damaged_cuts() > before
        shown = (await service.ask(**market.here))["percentiles"]
        assert shown == {"p10": "22.50", "p25": "24.75", "p50": "28.25", "p75": "32.00", "p90": "34.00"}
        assert market.own(await service.cells(await service.release())) == first
    assert len(first) == 10

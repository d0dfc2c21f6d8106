"""Every fault of the exchange's state in turn, on a whole system that has released: healed, or stopped; never a wrong number.

After each healed one a bit more is said, an epoch is released, and `driveline verify` recomputes all of them from the log.
A Prometheus watches, and raises the alarm that belongs to the fault.
"""

import asyncio
import logging
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from chassis.servers.topics import from_contract, make_topics
from contracts.codec import partition_of
from contracts.topics import topic
from driveline.system import TARGETS, System
from market import day, pay
from outside import Outside, Record, binary, until
from redis import Redis
from watching import Watch, watching

# Eight faults, each with a release and a verification: on a machine that does other things besides, minutes.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PAY, JOINED = "pay.submitted", "member.joined"
SHOPS = [f"heals-{n}" for n in range(12)]
log = logging.getLogger(__name__)
HERE = {"role": "painter", "state": "PA"}


@dataclass
class World:
    """A running system, what was said to it so far, its Redis, and who watches it."""

    system: System
    outside: Outside
    redis: Redis
    watch: Watch
    revision: int = 0

    def say(self) -> None:
        """Every shop corrects its pay: 20, 21 ... 31, and a dollar more each time; the median is 25.50 and as many dollars."""
        self.revision += 1
        self.outside.publish(record(PAY, shop, self.body(n, shop)) for n, shop in enumerate(SHOPS))

    def body(self, n: int, shop: str) -> dict[str, Any]:
        return pay(shop, "p", role="painter", rate=f"{20 + n + self.revision}.00", revision=self.revision)

    def release(self) -> None:
        """What was said is shown, and all that ever was shown is what the log says."""
        self.outside.settle(60)
        self.outside.release()
        answer = self.outside.ask(**HERE)
        assert answer["status"] == "published"
        assert answer["percentiles"]["p50"] == f"{25 + self.revision}.50"
        verified = self.outside.driveline("verify")
        assert verified.code == 0, verified.out + verified.err

    def key(self, partition: int, what: str) -> str:
        return f"{{exchange:g1:p{partition}}}:{what}"

    def kill_exchange(self) -> None:
        """By SIGKILL; it is started again."""
        (pid,) = self.outside.running["pids"]["exchange"]
        os.kill(pid, signal.SIGKILL)
        until(lambda: self.outside.running["pids"]["exchange"], lambda pids: pids not in ([], [pid]))
        until(self.ready, seconds=60)

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.outside.running['exchange']}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False


def record(name: str, shop: str, body: dict[str, Any], partition: int | None = None) -> Record:
    """As the intake publishes it; or in another partition than the shop's, as a producer with another hash does."""
    home = partition_of(shop, 6)
    return binary(
        name, uuid.uuid4().hex, body, name, key=shop.encode(), partition=home if partition is None else partition
    )


@pytest.fixture(scope="module")
def world(make_folder: Callable[[], Path]) -> Iterator[World]:
    folder = make_folder()
    system = System(
        data_dir=folder / "data", ready_file=folder / "ready.json", run_file=folder / "run.json", fresh=True
    )
    try:
        system.start()
        outside = Outside(folder / "ready.json", folder)
        outside.publish(record(JOINED, shop, member(shop)) for shop in SHOPS)
        with watching(folder / "prometheus", folder / "data" / TARGETS) as watch:
            made = World(system, outside, Redis.from_url(outside.running["redis"]), watch)
            made.say()
            made.release()
            yield made
        made.redis.close()
    finally:
        system.stop()


def member(shop: str) -> dict[str, Any]:
    return {
        "member_id": shop, "revision": 1, "kind": "business", "status": "active", "verified_on": day(300),
        "name": shop, "zip": "17350",
    }  # fmt: skip


# -- what happens -----------------------------------------------------------------------------------------------


def redis_loses_everything(world: World) -> None:
    world.redis.flushall()


def an_older_snapshot_comes_back(world: World) -> None:
    """Of before what was said last."""
    saved = snapshot(world)
    world.say()
    world.outside.settle(60)
    bring_back(world, saved)


def a_snapshot_of_before_a_release_comes_back(world: World) -> None:
    saved = snapshot(world)
    world.say()
    world.release()
    bring_back(world, saved)


def snapshot(world: World) -> dict[bytes, Any]:
    return {key: world.redis.dump(key) for key in world.redis.scan_iter("*")}


def bring_back(world: World, saved: dict[bytes, Any]) -> None:
    """In one step, under the running owner, released cells and all."""
    pipeline = world.redis.pipeline(transaction=True).flushdb()
    for key, value in saved.items():
        if value is not None:
            pipeline.restore(key, 0, value)
    pipeline.execute()


def keys_of_every_other_type(world: World) -> None:
    plants: list[Callable[[str], Any]] = [
        lambda key: world.redis.set(key, "x"),
        lambda key: world.redis.rpush(key, "x"),
        lambda key: world.redis.sadd(key, "x"),
        lambda key: world.redis.zadd(key, {"x": 1}),
        lambda key: world.redis.xadd(key, {"x": 1}),
        lambda key: world.redis.hset(key, "x", "1"),
    ]
    for partition, plant in enumerate(plants):
        key = world.key(partition, ("meta", "members", "pay")[partition % 3])
        world.redis.delete(key)
        plant(key)
    plants[1]("exchange:cut")


def damage_at_rest(world: World) -> None:
    """Keys, fields and values, and the process dies before it could notice."""
    world.redis.unlink(world.key(0, "pay"), world.key(1, "members"), world.key(2, "meta"))
    for partition, what in ((3, "pay"), (4, "members")):
        name = next(name for name in world.redis.hkeys(world.key(partition, what)) if not name.startswith(b"\0"))
        if partition == 3:
            world.redis.hdel(world.key(partition, what), name)
        else:
            value = bytearray(world.redis.hget(world.key(partition, what), name) or b"")
            value[-1] ^= 1
            world.redis.hset(world.key(partition, what), name, bytes(value))
    world.redis.hset(world.key(5, "meta"), f"next:{PAY}", "abc")
    world.kill_exchange()


def released_cells_are_damaged(world: World) -> None:
    """Another number in a cell, and a pointer that is none, for whoever starts next."""
    key = f"exchange:released:{int(world.redis.get('exchange:released') or 0)}"
    for block, raw in world.redis.hgetall(key).items():
        world.redis.hset(key, block, raw.replace(b".50", b".25"))
    world.kill_exchange()
    assert world.outside.ask(**HERE)["percentiles"]["p50"] == f"{25 + world.revision}.50"
    world.redis.delete("exchange:released")
    world.redis.sadd("exchange:released", "x")


def another_partitioner(world: World) -> None:
    world.revision += 1
    world.outside.publish(
        record(PAY, shop, world.body(n, shop), (partition_of(shop, 6) + 1) % 6) for n, shop in enumerate(SHOPS)
    )


def a_process_sleeps(world: World) -> None:
    (pid,) = world.outside.running["pids"]["exchange"]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(1)
    os.kill(pid, signal.SIGCONT)


def a_value_rots_under_its_owner(world: World) -> None:
    """Nothing around it tells; the scrubber finds it."""
    key = world.key(3, "pay")
    name = next(name for name in world.redis.hkeys(key) if not name.startswith(b"\0"))
    value = bytearray(world.redis.hget(key, name) or b"")
    value[-1] ^= 1
    world.redis.hset(key, name, bytes(value))
    world.watch.raised("ExchangeScrubbedAndFoundWrong", "what=values")


FAULTS: dict[Callable[[World], None], list[tuple[str, str]]] = {
    redis_loses_everything: [("ExchangeShardDamaged", "kind=lost")],
    an_older_snapshot_comes_back: [],
    a_snapshot_of_before_a_release_comes_back: [("ExchangeShardDamaged", "kind=rewound")],
    keys_of_every_other_type: [("ExchangeShardDamaged", "kind=type"), ("ExchangeShardDamaged", "kind=incomplete")],
    damage_at_rest: [("ExchangeShardDamaged", "kind=incomplete"), ("ExchangeShardDamaged", "kind=corrupt")],
    released_cells_are_damaged: [],
    another_partitioner: [("ExchangeStrays", "topic=pay.submitted")],
    a_process_sleeps: [],
    a_value_rots_under_its_owner: [("ExchangeScrubbedAndFoundWrong", "what=values")],
}
"""What happens, and the alarms that are raised; those of before stand for an hour."""


def nobody_is_alarmed(world: World) -> None:
    """All five processes are asked and answer, the alarms can be evaluated, and none stands."""
    until(world.watch.scraped, lambda health: set(health.values()) == {"up"})
    assert set(world.watch.scraped()) == {
        "membership-1", "membership.intake-1", "matching-1", "exchange-1", "notifications-1",
    }  # fmt: skip
    time.sleep(2)  # they are evaluated every second
    assert (world.watch.problems(), world.watch.alarms()) == ([], {})


def releases_follow_the_line_of_policies_that_is_chosen(world: World) -> None:
    """A stricter one from one release to the next; it stays for processes that are not told, until they are told another."""
    for told, followed in (("guarded", "pay-2026-guarded"), ("", "pay-2026-guarded"), ("floor", "pay-2026")):
        world.system.restart("exchange", {"DRIVELINE_DISCLOSURE": told})
        world.say()
        world.release()
        assert world.outside.ask(**HERE)["policy_id"] == followed


def test_each_fault_is_healed_and_what_cannot_be_stops(world: World) -> None:
    """One test, for the last fault has no way back: the log that was released from is gone."""
    nobody_is_alarmed(world)
    releases_follow_the_line_of_policies_that_is_chosen(world)
    raised: set[tuple[str, str]] = set()
    for fault, alarms in FAULTS.items():
        log.info("fault: %s", fault.__name__)  # the last of these lines says which one failed
        fault(world)
        world.say()
        world.release()
        for name, about in alarms:
            world.watch.raised(name, about)
        raised.update(alarms)
        assert {(name, about) for name, all_of_it in world.watch.alarms().items() for about in all_of_it} == raised
    a_topic_is_made_again(world)


def a_topic_is_made_again(world: World) -> None:
    """What was released is shown as before, and a restart changes nothing."""
    shown = world.outside.ask(**HERE)
    asyncio.run(_make_again(world.outside.running["kafka"]))
    world.outside.publish(record(PAY, shop, world.body(n, shop)) for n, shop in enumerate(SHOPS))
    until(lambda: problems(world), all_stopped, seconds=60)
    (pid,) = world.outside.running["pids"]["exchange"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: world.outside.running["pids"]["exchange"], lambda pids: pids not in ([], [pid]))
    until(lambda: problems(world), all_stopped, seconds=60)
    assert world.outside.ask(**HERE) == shown
    for partition in range(6):
        world.watch.raised("ExchangePartitionStopped", f"partition={partition}")


def all_stopped(said: str) -> bool:
    return said.count("pay.submitted was made again") == 6


def problems(world: World) -> str:
    try:
        return httpx.get(f"{world.outside.running['exchange']}/readyz", timeout=5).text
    except httpx.TransportError:
        return ""


async def _make_again(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_topics([PAY])
    while PAY in await admin.list_topics():  # noqa: ASYNC110 - it is the broker that has to know
        await asyncio.sleep(0.05)
    await admin.close()
    await asyncio.to_thread(make_topics, kafka, [from_contract(topic(PAY))])

"""What can happen to the exchange's state on a whole system, and the alarms that belong to it."""

import os
import signal
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from contracts.codec import partition_of
from driveline.system import System
from market import day, pay
from outside import Outside, Record, binary, until
from redis import Redis
from watching import Watch

PAY, JOINED = "pay.submitted", "member.joined"
SHOPS = [f"heals-{n}" for n in range(12)]
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


def member(shop: str) -> dict[str, Any]:
    return {
        "member_id": shop, "revision": 1, "kind": "business", "status": "active", "verified_on": day(300),
        "name": shop, "zip": "17350",
    }  # fmt: skip


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

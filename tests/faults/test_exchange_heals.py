"""Every fault of the exchange's state in turn, on a whole system that has released: healed, or stopped; never a wrong number.

After each healed one a bit more is said, an epoch is released, and `driveline verify` recomputes all of them from the log.
A Prometheus watches, and raises the alarm that belongs to the fault.
"""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from chassis.servers.topics import from_contract, make_topics
from contracts.topics import topic
from driveline.system import TARGETS, System
from exchange_faults import FAULTS, HERE, JOINED, PAY, SHOPS, World, member, record
from outside import Outside, until
from redis import Redis
from watching import watching

# Nine faults, each with a release and a verification: on a machine that does other things besides, minutes.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

log = logging.getLogger(__name__)


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

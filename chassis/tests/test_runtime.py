"""A whole process: it comes up when its parts do, and is gone soon after it is told to."""

import asyncio
import contextlib
import json
import signal
import socket
import time

import httpx
import pytest
from chassis.servers import NativeKafka
from chassis.servers.topics import Wanted, from_contract, make_topics
from chassis_shop import MEDIA, Shop, equals, story, until
from contracts.topics import topic
from test_crash import spawn


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def answers(port: int, path: str, status: int = 200) -> bool:
    with contextlib.suppress(httpx.TransportError):
        async with httpx.AsyncClient() as client:
            return (await client.get(f"http://127.0.0.1:{port}{path}")).status_code == status
    return False


async def test_a_process_serves_and_is_gone_within_five_seconds_of_sigterm(shop: Shop) -> None:
    port = free_port()
    child = await spawn(shop, "serve", DRIVELINE_HTTP_PORT=str(port))
    assert child.stderr is not None
    await until(lambda: answers(port, "/readyz"), 30)
    await shop.publish(story("m-1"))
    await until(lambda: equals(shop.count, 1))
    for number in range(200):
        await shop.publish(story(f"n-{number}"))
    stopping = time.monotonic()
    child.send_signal(signal.SIGTERM)
    logged, code = await asyncio.gather(child.stderr.read(), asyncio.wait_for(child.wait(), 20))
    # Promised are 5 s; it takes about one. Twice the promise leaves room for a machine on which everything runs at once.
    assert (code, time.monotonic() - stopping < 10) == (0, True)
    lines = [json.loads(line) for line in logged.decode().splitlines()]
    ours = sorted(line["event"] for line in lines if "logger" not in line)
    assert ours == ["assigned", "started", "stopped"], "quiet, and every line is JSON"
    assert {line["service"] for line in lines} == {"shop"}


@pytest.mark.timeout(120)
async def test_a_process_that_starts_before_kafka_waits_for_it(shop: Shop, kafka_server: NativeKafka) -> None:
    make_topics(kafka_server.address, [from_contract(topic(MEDIA)), Wanted(f"{shop.name}.dead")])
    kafka_server.kill()
    away = Shop(shop.settings.model_copy(update={"kafka": kafka_server.address}), shop.name)
    port = free_port()
    child = await spawn(away, "serve", DRIVELINE_HTTP_PORT=str(port))
    try:
        await until(lambda: answers(port, "/livez"), 30)
        assert await answers(port, "/readyz", 503)
        kafka_server.start()
        await until(lambda: answers(port, "/readyz"), 30)
        await away.producer.start()
        await away.publish(story("m-1"))
        await until(lambda: equals(shop.count, 1))
    finally:
        child.terminate()
        await away.stop()
        assert await asyncio.wait_for(child.wait(), 10) == 0

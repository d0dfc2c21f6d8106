"""An attempt is written down before the mail goes: refused it is made again, unanswered it is unknown and never made again."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from chassis.database import Database
from chassis.servers import NativeKafka
from chassis.servers.topics import from_contract, make_topics
from contracts.topics import TOPICS
from notifications_people import Between, school, shop
from notifications_process import Process, Running
from notifications_waiting import known, messages, settled, until
from scripted_smtp import Manner, scripted_smtp
from sms_lines import free_port

Starts = Callable[..., Awaitable[Running]]


@pytest.fixture(scope="module")
def own_kafka() -> Iterator[str]:
    """A broker of this module's own: its processes must not share the events with another process of the group."""
    with tempfile.TemporaryDirectory(prefix="driveline-kafka-") as folder:
        server = NativeKafka(Path(folder) / "kafka", brief=True)
        server.start()
        make_topics(server.address, [from_contract(topic) for topic in TOPICS])
        yield server.address
        server.kill()


@pytest.fixture
async def start(own_kafka: str, postgres: Callable[..., str], tmp_path: Path) -> AsyncIterator[Starts]:
    """A process of its own, with a database and a log of its own."""
    running: list[Running] = []
    producer = AIOKafkaProducer(bootstrap_servers=own_kafka, acks="all")
    await producer.start()

    async def made(**settings: str) -> Running:
        dsn = postgres("notifications")
        process = Process(own_kafka, dsn, tmp_path, **settings)
        running.append(Running(process.url, Database(dsn), producer, process))
        await process.ready()
        return running[-1]

    yield made
    for one in running:
        one.process.stop()
        await one.database.close()
    await producer.stop()


@pytest.fixture
def port() -> int:
    return free_port()


async def propose(running: Running) -> str:
    """A proposal to a shop with one person; its cause."""
    asker, offerer = school(), shop()
    await running.tell(offerer.joins(), offerer.contact())
    await known(running.database, "contact", offerer.contact_id, 2)
    (cause,) = await running.tell(Between(asker, offerer).proposed(), source="driveline/matching")
    return cause


async def progress(running: Running) -> dict[str, int]:
    async with httpx.AsyncClient(base_url=running.url) as client:
        said: dict[str, int] = (await client.get("/v1/progress")).json()
        return said


async def test_killed_between_attempt_and_answer_it_is_unknown_and_never_sent_again(start: Starts, port: int) -> None:
    with scripted_smtp(port) as server:
        server.data = ""
        running = await start(DRIVELINE_SMTP=f"127.0.0.1:{port}", DRIVELINE_SEND_TIMEOUT_S="2")
        cause = await propose(running)
        (row,) = await settled(running.database, cause, ("proposal", "email", "attempting"))
        await until(_taken(server.took), lambda took: took == [row["message_id"]])
        assert await progress(running) == {"outbox_due": 1}  # whoever waits for the system to settle waits for this
        running.process.kill()
        server.data = "250 OK"
        running.process.start()
        (row,) = await settled(running.database, cause, ("proposal", "email", "unknown"))
        assert row["reason"] == "the sending process ended without an answer"
        # Whatever is sent after it is: the server is there, and takes mail.
        other = await propose(running)
        (sent,) = await settled(running.database, other, ("proposal", "email", "sent"))
        assert server.took == [row["message_id"], sent["message_id"]]


async def test_an_answer_that_does_not_come_in_time_is_unknown(start: Starts, port: int) -> None:
    with scripted_smtp(port) as server:
        server.data = ""
        running = await start(DRIVELINE_SMTP=f"127.0.0.1:{port}", DRIVELINE_SEND_TIMEOUT_S="1")
        cause = await propose(running)
        (row,) = await settled(running.database, cause, ("proposal", "email", "unknown"))
        assert (row["reason"], row["attempts"]) == ("no answer within 1 s", 1)
        assert server.took == [row["message_id"]]


async def test_a_mail_server_that_is_away_gets_the_mail_when_it_is_back(start: Starts, port: int) -> None:
    running = await start(DRIVELINE_SMTP=f"127.0.0.1:{port}")
    cause = await propose(running)
    await until(lambda: messages(running.database, cause), lambda rows: bool(rows) and rows[0]["attempts"] >= 2)
    with scripted_smtp(port) as server:
        (row,) = await settled(running.database, cause, ("proposal", "email", "sent"))
        assert row["attempts"] >= 2
        assert row["reason"] is None
        assert server.took == [row["message_id"]]


@pytest.mark.parametrize(
    ("rcpt", "data", "reason"),
    [
        ("550 5.1.1 no such person", "250 OK", "the mail server refused: 550 5.1.1 no such person"),
        ("250 OK", "554 5.7.1 not wanted", "the mail server refused: 554 5.7.1 not wanted"),
    ],
)
async def test_what_is_refused_for_good_has_failed(start: Starts, port: int, rcpt: str, data: str, reason: str) -> None:
    with scripted_smtp(port) as server:
        server.rcpt, server.data = rcpt, data
        running = await start(DRIVELINE_SMTP=f"127.0.0.1:{port}")
        cause = await propose(running)
        (row,) = await settled(running.database, cause, ("proposal", "email", "failed"))
        assert (row["reason"], row["attempts"]) == (reason, 1)


async def test_what_is_refused_for_now_is_tried_again(start: Starts, port: int) -> None:
    with scripted_smtp(port) as server:
        server.rcpt = "451 4.7.1 greylisted"
        running = await start(DRIVELINE_SMTP=f"127.0.0.1:{port}")
        cause = await propose(running)
        await until(_tried(server), lambda tried: tried >= 2)
        server.rcpt = "250 OK"
        await settled(running.database, cause, ("proposal", "email", "sent"))
        assert len(server.took) == 1


async def test_without_servers_messages_stay_planned_and_the_service_is_ready(start: Starts) -> None:
    running = await start()
    cause = await propose(running)
    await settled(running.database, cause, ("proposal", "email", "planned"))
    assert await progress(running) == {"outbox_due": 0}
    async with httpx.AsyncClient(base_url=running.url) as client:
        assert (await client.get("/readyz")).status_code == 200
        metrics = (await client.get("/metrics")).text
    assert 'driveline_notifications_channel_set_up{channel="email"} 0.0' in metrics
    assert 'driveline_notifications_due{channel="email"} 1.0' in metrics


def _taken(took: list[str]) -> Callable[[], Awaitable[list[str]]]:
    async def look() -> list[str]:
        return list(took)

    return look


def _tried(server: Manner) -> Callable[[], Awaitable[int]]:
    async def look() -> int:
        return server.tried

    return look

"""The whole check on a real Kafka log, against an exchange played by a plain HTTP server: clean, and with planted faults."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from contracts.topics import COLLECTED
from driveline.errors import UserError
from driveline.running import Running
from driveline.verify import check as checking
from driveline.verify import command, log
from driveline.verify.check import EPOCHS, Result, check
from driveline.verify.log import Incomplete, Record
from driveline.verify.partitions import partition_of

from .bodies import benefit_body, member_body, pay_body

PARTITIONS = 3
SHOPS = [f"shop-{n}" for n in range(5)]
# five shops of New Oxford pay 20.00, 22.00, 24.00, 26.37, 30.00: the median of every cell they share is 24.00
RATES = ["20.00", "22.00", "24.00", "26.37", "30.00"]


class Log:
    """The real topics under names of this run's own, written as services write them."""

    def __init__(self, bootstrap: str, names: dict[str, str], producer: AIOKafkaProducer) -> None:
        self.bootstrap = bootstrap
        self.producer = producer
        self.names = names
        self.ends: dict[str, dict[str, int]] = {topic: {} for topic in names}

    async def write(self, topic: str, body: Any, partition: int | None = None) -> None:
        value = body if isinstance(body, bytes) else json.dumps(body).encode()
        if partition is None:
            partition = 0 if topic == EPOCHS else partition_of(body["member_id"], PARTITIONS)
        attributes = {"specversion": "1.0", "id": "e", "source": "t", "type": f"driveline.{topic}.v1"}
        headers = [(f"ce_{name}", text.encode()) for name, text in attributes.items()]
        sent = await self.producer.send_and_wait(self.names[topic], value, headers=headers, partition=partition)
        self.ends[topic][str(partition)] = sent.offset + 1

    async def release(self, epoch: int, **changed: Any) -> None:
        body = {
            "epoch": epoch, "serial": 0, "kind": "release", "policies": {"pay": "pay-2026"}, "cutoffs": {"pay": "2026-08-25"},
            "offsets": {t: {str(p): self.ends[t].get(str(p), 0) for p in range(PARTITIONS)} for t in COLLECTED},
            "partitions": PARTITIONS, "released_at": "2026-11-23T00:00:00Z",
        }  # fmt: skip
        await self.write(EPOCHS, body | changed)


class Exchange:
    """Answers what it is told to have released."""

    def __init__(self) -> None:
        self.cells: dict[str, list[dict[str, Any]]] = {}
        told = self.cells

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.path in told
                self.send_response(200 if known else 404)
                self.end_headers()
                self.wfile.write("".join(json.dumps(cell) + "\n" for cell in told.get(self.path, [])).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def release(self, epoch: int, cells: list[str], **changed: Any) -> None:
        self.cells[f"/v1/epochs/{epoch}/0/cells"] = [
            {"cell": cell, "epoch": epoch, "serial": 0, "policy_id": "pay-2026", "percentiles": {"p50": "24.00"},
             "intervals": {}, "contributors": "5_9"} | changed
            for cell in cells
        ]  # fmt: skip


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    played = Exchange()
    yield played
    played.server.shutdown()
    played.server.server_close()


@pytest.fixture
async def kafka_log(
    kafka: str, make_topics: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Log]:
    """Five good shops on the log, and the reading of it turned to this run's topics."""
    names = dict(zip(COLLECTED, make_topics("verify", partitions=PARTITIONS, count=len(COLLECTED)), strict=True))
    names[EPOCHS] = make_topics("verify-epoch")[0]
    back = {own: topic for topic, own in names.items()}
    read, end_of = log.read, log.end_of

    async def read_own(bootstrap: str, upto: Any, *more: Any) -> list[Record]:
        own = await read(bootstrap, {names[topic]: parts for topic, parts in upto.items()}, *more)
        return [record._replace(topic=back[record.topic]) for record in own]

    async def end_of_own(bootstrap: str, topic: str) -> dict[str, dict[int, int]]:
        return {topic: (await end_of(bootstrap, names[topic]))[names[topic]]}

    monkeypatch.setattr(checking.log, "read", read_own)
    monkeypatch.setattr(checking.log, "end_of", end_of_own)
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        written = Log(kafka, names, producer)
        for shop, rate in zip(SHOPS, RATES, strict=True):
            await written.write("member.joined", member_body(member_id=shop))
            await written.write("pay.submitted", pay_body(member_id=shop, rate=rate))
        yield written


def cells_at_new_oxford() -> list[str]:
    slices = [f"{r}|{s}|{e}|*" for r in ("tech_a", "*") for s in ("independent_repair", "*") for e in ("y5_9", "*")]
    slices += [f"{r}|*|*|{x}" for r in ("tech_a", "*") for x in ("plan=hourly", "size=3_5", "credential_level=some")]
    where = ("nation:US", "division:Middle Atlantic", "state:PA", "metro:PA:23900")
    return [f"pay|{place}|{part}" for place in where for part in slices]


async def test_a_true_release_is_clean(kafka_log: Log, exchange: Exchange) -> None:
    # what counts as nothing, wherever it lies: bytes, a null, bad pay, and a record that another partition owns
    await kafka_log.write("pay.submitted", b"\xff\x00 not JSON", 0)
    await kafka_log.write("pay.submitted", pay_body(member_id="shop-0", revision=9, rate="9.99", role="wizard"))
    stray = (partition_of("shop-0", PARTITIONS) + 1) % PARTITIONS
    await kafka_log.write("pay.submitted", pay_body(member_id="shop-0", revision=9, rate="9.99"), stray)
    await kafka_log.release(1)
    # what comes after the manifest counts in the next epoch only
    await kafka_log.write("pay.submitted", pay_body(member_id="shop-0", revision=2, rate="50.00"))
    await kafka_log.release(2)
    exchange.release(1, cells_at_new_oxford())
    # 22, 24, 26.37, 30, 50 stand then, but one contributor's change is not shown
    exchange.release(2, cells_at_new_oxford())

    result = await check(kafka_log.bootstrap, exchange.url)

    assert result.clean
    assert [(epoch.epoch, epoch.cells) for epoch in result.epochs] == [("1.0", 56), ("2.0", 56)]
    assert result.facts.records == 14
    assert dict(result.facts.nothing) == {
        "pay.submitted: not UTF-8": 1,
        "pay.submitted: role: wrong": 1,
        "pay.submitted: in a partition that is not its member's": 1,
    }


def verdicts(result: Result) -> dict[str, str]:
    return {difference.cell: difference.kind for epoch in result.epochs for difference in epoch.differences}


async def test_a_missing_an_extra_and_a_different_cell_are_each_named(kafka_log: Log, exchange: Exchange) -> None:
    await kafka_log.release(1)
    missing, different, *rest = cells_at_new_oxford()
    extra = "pay|state:OH|*|*|*|*"
    exchange.release(1, [*rest, extra, different])
    exchange.cells["/v1/epochs/1/0/cells"][-1]["percentiles"] = {"p50": "24.25"}

    result = await check(kafka_log.bootstrap, exchange.url)

    assert verdicts(result) == {missing: "missing", different: "different", extra: "extra"}
    assert not result.clean
    said = command.as_text(result)
    assert "epoch 1.0: 5 entries stand, 57 cells recomputed, 3 differ" in said
    assert f"  missing: {missing}\n    recomputed pay-2026 5_9 p50 24.00 []\n    released   -" in said
    assert command.as_data(result)["clean"] is False


@pytest.mark.parametrize(
    "changed",
    [
        {"policy_id": "pay-2025"},
        {"contributors": "10_19"},
        {"percentiles": {}},
        {"percentiles": {"p50": "24.00", "p25": "22.00"}},
        {"percentiles": {"p50": "24"}},
        {"intervals": {"p50": ["20.00", "30.00"]}},
    ],
)
async def test_whatever_a_cell_says_is_compared(kafka_log: Log, exchange: Exchange, changed: dict[str, Any]) -> None:
    await kafka_log.release(1)
    exchange.release(1, cells_at_new_oxford(), **changed)
    assert len(verdicts(await check(kafka_log.bootstrap, exchange.url))) == 56


HEALTH = [
    f"benefits|{place}|{shop_type}|{size}|health"
    for place in ("nation:US", "division:Middle Atlantic", "state:PA", "metro:PA:23900")
    for shop_type in ("independent_repair", "*")
    for size in ("3_5", "*")
]


async def test_a_release_of_benefits_is_compared_number_by_number(kafka_log: Log, exchange: Exchange) -> None:
    for shop, amount in zip(SHOPS, ("50", "60", "75", "80", "90"), strict=True):
        await kafka_log.write("benefits.submitted", benefit_body(member_id=shop, amount=amount))
    await kafka_log.write("benefits.submitted", benefit_body(member_id="shop-0", revision=9, unit="usd_year"))
    await kafka_log.release(1, policies={"benefits": "benefits-2026"}, cutoffs={"benefits": "2026-08-25"})
    median = {"unit": "percent_paid_by_employer", "p50": "75"}
    told: dict[str, Any] = {"policy_id": "benefits-2026", "percentiles": {}, "share": "100", "amount": median}
    exchange.release(1, HEALTH, **told)
    for cell, change in zip(
        exchange.cells["/v1/epochs/1/0/cells"],
        ({"share": "95"}, {"amount": median | {"p50": "70"}}, {"amount": None}, {"percentiles": {"p50": "75"}}),
        strict=False,
    ):
        cell |= change
    del exchange.cells["/v1/epochs/1/0/cells"][4]["share"]

    result = await check(kafka_log.bootstrap, exchange.url)

    assert verdicts(result) == dict.fromkeys(HEALTH[:5], "different")
    assert dict(result.facts.nothing) == {"benefits.submitted: unit: not the benefit's": 1}
    first, *_ = result.epochs[0].differences
    assert first.recomputed == "benefits-2026 5_9 share 100% amount 75 percent_paid_by_employer []"
    exchange.release(1, HEALTH, **told)
    assert (await check(kafka_log.bootstrap, exchange.url)).clean


async def test_a_log_that_ends_before_the_manifest_cannot_be_checked(kafka_log: Log, exchange: Exchange) -> None:
    kafka_log.ends["pay.submitted"]["0"] = 99
    await kafka_log.release(1)
    with pytest.raises(Incomplete, match="the manifest counts 0 to 99"):
        await check(kafka_log.bootstrap, exchange.url)


async def test_a_manifest_without_a_topic_is_a_fault(kafka_log: Log, exchange: Exchange) -> None:
    await kafka_log.release(1, offsets={"pay.submitted": {"0": 0, "1": 0, "2": 0}})
    exchange.release(1, [])
    result = await check(kafka_log.bootstrap, exchange.url)
    assert "epoch 1.0: its manifest says nothing of member.joined" in result.faults
    assert not result.clean


async def test_without_an_epoch_there_is_nothing_to_be_clean(kafka_log: Log, exchange: Exchange) -> None:
    result = await check(kafka_log.bootstrap, exchange.url)
    assert result.faults == ["no epoch has been released yet"]
    assert not result.clean


@pytest.fixture
def ready(kafka_log: Log, exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    running = Running(kafka_log.bootstrap, "", "", "", "", exchange.url, "", "", {})
    monkeypatch.setattr(command, "find", lambda _: running)


@pytest.mark.usefixtures("ready")
async def test_the_command_ends_with_1_on_any_difference(
    kafka_log: Log, exchange: Exchange, capsys: pytest.CaptureFixture[str]
) -> None:
    await kafka_log.release(1)
    exchange.release(1, cells_at_new_oxford())
    assert await in_thread(lambda: command.verify(as_json=True)) == 0
    assert json.loads(capsys.readouterr().out)["epochs"] == [
        {"epoch": "1.0", "standing": 5, "cells": 56, "not_recomputed": [], "differences": []}
    ]
    exchange.release(1, cells_at_new_oxford()[1:])
    assert await in_thread(command.verify) == 1
    assert "NOT as recomputed" in capsys.readouterr().out


@pytest.mark.usefixtures("ready")
async def test_an_exchange_that_does_not_know_the_epoch_is_told_in_one_line(kafka_log: Log) -> None:
    await kafka_log.release(1)
    with pytest.raises(UserError, match=r"verify: http://.*/v1/epochs/1/0/cells answers 404"):
        await in_thread(command.verify)


async def in_thread(work: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(work)

"""`driveline publish` and `validate`: what is right arrives where Kafka's Java clients would put it, what is wrong is named."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

PAY: dict[str, Any] = {
    "submission_id": "9b1c", "revision": 1, "member_id": "shop-42", "role": "tech_a", "experience": "y5_9",
    "shop_type": "independent_repair", "size": "3_5", "zip": "17350", "plan": "hourly", "rate": "31.50",
    "rate_unit": "clock_hour", "hours_clocked": "40", "credentials": [], "effective_on": "2026-06-30",
}  # fmt: skip


def event(number: int, **changes: object) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": f"e-{number}", "source": "https://example.com/payroll",
        "type": "driveline.pay.submitted.v1", "time": "2026-11-01T08:00:00Z", "data": {**PAY, **changes},
    }  # fmt: skip


def driveline(*arguments: str | Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "driveline", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=120)


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Two good lines, and between them three that are bad, each in its own way."""
    file = tmp_path / "mixed.ndjson"
    lines = [
        json.dumps(event(1)),
        "not JSON",
        json.dumps(event(2, plan="hourly", rate_unit="year")),
        "",
        json.dumps(event(3, wage="12.00")),
        json.dumps(event(4, member_id="shop-43")),
    ]
    file.write_text("\n".join(lines) + "\n")
    return file


BAD = {
    2: "value: is not JSON",
    3: "rate_unit: 'year' does not belong to plan 'hourly', which is per clock_hour",
    5: "wage: is not a field of pay.submitted",
}


def test_validate_names_line_and_reason(mixed: Path, tmp_path: Path) -> None:
    run = driveline("validate", mixed, cwd=tmp_path)
    assert run.returncode == 1
    told = run.stderr.strip().splitlines()
    assert len(told) == 3
    for line, (number, reason) in zip(told, BAD.items(), strict=True):
        assert line.startswith(f"driveline: {mixed}:{number}: {reason}")
    assert run.stdout.startswith(f"{mixed}: 2 valid, 3 refused")


async def test_publish_sends_the_good_lines_and_names_the_bad_ones(
    kafka: str, topics: tuple[str, ...], mixed: Path, tmp_path: Path
) -> None:
    before = await _ends(kafka, "pay.submitted")
    run = driveline("publish", mixed, "--kafka", kafka, "--json", cwd=tmp_path)
    said = json.loads(run.stdout)
    assert (run.returncode, said["sent"]) == (1, 2)
    assert [entry["line"] for entry in said["refused"]] == [2, 3, 5]
    assert said["refused"][1]["reason"] == BAD[3]
    records = await _after(kafka, "pay.submitted", before)
    # Kafka's Java client puts shop-42 on partition 0 of 6 and shop-43 on partition 4.
    assert {(record.key, record.partition) for record in records} == {(b"shop-42", 0), (b"shop-43", 4)}
    headers = dict(records[0].headers)
    assert headers["ce_type"] == b"driveline.pay.submitted.v1"
    assert json.loads(records[0].value)["rate"] == "31.50"


async def test_a_partner_may_send_what_its_topic_is_for_bad_data_included_when_asked(
    kafka: str, make_topics: Any, mixed: Path, tmp_path: Path
) -> None:
    (topic,) = make_topics("partner.test")
    run = driveline("publish", mixed, "--kafka", kafka, "--topic", topic, "--unchecked", "--json", cwd=tmp_path)
    assert run.returncode == 1
    assert json.loads(run.stdout)["sent"] == 4
    records = await _after(kafka, topic, {0: 0})
    assert [record.key for record in records] == [b"shop-42", b"shop-42", b"shop-42", b"shop-43"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere.ndjson"], "nowhere.ndjson: there is no such file"),
        (["mixed.ndjson", "--topic", "pay.sumbitted"], "topic: 'pay.sumbitted' is not a topic of Driveline"),
        (["mixed.ndjson", "--kafka", "127.0.0.1:1"], "kafka: nobody answers at 127.0.0.1:1"),
        (["mixed.ndjson"], "no system is running here: .driveline/run.json is not there"),
        (["mixed.ndjson", "--tpoic", "x"], "No such option: --tpoic"),
    ],
)
def test_what_a_user_can_do_wrong_is_one_line(arguments: list[str], reason: str, mixed: Path, tmp_path: Path) -> None:
    extra = ["--kafka", "127.0.0.1:1"] if arguments[0] == "nowhere.ndjson" else []
    run = driveline("publish", *arguments, *extra, cwd=tmp_path)
    assert run.returncode != 0
    (line,) = run.stderr.strip().splitlines()
    assert line.startswith(f"driveline: {reason}")


def test_thousands_a_second(kafka: str, topics: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "many.ndjson"
    file.write_text("".join(json.dumps(event(i, submission_id=f"s-{i}")) + "\n" for i in range(20_000)))
    begun = time.monotonic()
    run = driveline("publish", file, "--kafka", kafka, "--json", cwd=tmp_path)
    said = json.loads(run.stdout)
    assert said["sent"] == 20_000
    # Measured at 11,000/s on two quiet cores; a tenth of it here, because others may be at work.
    assert said["seconds"] < 20
    assert time.monotonic() - begun < 25


async def _ends(kafka: str, topic: str) -> dict[int, int]:
    async with AIOKafkaConsumer(bootstrap_servers=kafka) as consumer:
        spots = [TopicPartition(topic, number) for number in range(6)]
        return {spot.partition: end for spot, end in (await consumer.end_offsets(spots)).items()}


async def _after(kafka: str, topic: str, start: dict[int, int]) -> list[Any]:
    """The records of a topic from given offsets to its end."""
    async with AIOKafkaConsumer(bootstrap_servers=kafka) as consumer:
        spots = [TopicPartition(topic, number) for number in start]
        consumer.assign(spots)
        ends = await consumer.end_offsets(spots)
        for spot in spots:
            consumer.seek(spot, start[spot.partition])
        missing = sum(ends[spot] - start[spot.partition] for spot in spots)
        records: list[Any] = []
        while len(records) < missing:
            records += [record for batch in (await consumer.getmany(timeout_ms=1000)).values() for record in batch]
        return records

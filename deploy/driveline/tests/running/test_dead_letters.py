"""`driveline dead-letters` on a real broker: found, looked at, sent once more as it came."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

HEADERS = [
    ("ce_id", b"e-7"),
    ("odd", None),
    ("dead_partition", b"2"),
    ("dead_offset", b"0"),
    ("dead_reason", b"zip: '00000' is not in the table"),
    ("dead_attempts", b"3"),
    ("dead_at", b"2026-11-23T08:00:00Z"),
]


def dead_letters(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "driveline", "dead-letters", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=120)


async def test_listed_shown_and_replayed(kafka: str, topics: Any, make_topics: Any, tmp_path: Path) -> None:
    (came_from,) = make_topics("pay", partitions=3)
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        headers = [("dead_topic", came_from.encode()), *HEADERS]
        at = await producer.send_and_wait("matching.dead", b"\xff{", key=b"shop-42", headers=headers)
    letter_id = f"matching.dead/{at.partition}/{at.offset}"

    listed = dead_letters("list", "--service", "matching", "--kafka", kafka, "--json", cwd=tmp_path)
    (entry,) = [found for found in json.loads(listed.stdout)["dead_letters"] if found["id"] == letter_id]
    assert entry == {
        "id": letter_id, "at": "2026-11-23T08:00:00Z", "from": f"{came_from}/2/0", "ce_id": "e-7", "attempts": 3,
        "reason": "zip: '00000' is not in the table",
    }  # fmt: skip

    shown = json.loads(dead_letters("show", letter_id, "--kafka", kafka, "--json", cwd=tmp_path).stdout)
    assert (shown["key"], shown["value"], shown["headers"]) == ("shop-42", "\\xff{", {"ce_id": "e-7", "odd": None})

    replayed = dead_letters("replay", letter_id, "--kafka", kafka, cwd=tmp_path)
    assert replayed.stdout == f"{letter_id} sent to {came_from}/2/0\n"
    async with AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(came_from, 2)])
        record = await consumer.getone()
    assert (record.key, record.value, record.headers) == (b"shop-42", b"\xff{", (("ce_id", b"e-7"), ("odd", None)))


def test_what_is_not_there_is_one_line(kafka: str, topics: Any, tmp_path: Path) -> None:
    for arguments, reason in (
        (["show", "nonsense"], "id: 'nonsense' is not like membership.dead/0/17; see `driveline dead-letters list`"),
        (["show", "exchange.dead/0/99"], "exchange.dead/0/99: there is no such record"),
        (
            ["list", "--service", "billing"],
            "service: 'billing' is none of membership, matching, exchange, notifications",
        ),
    ):
        run = dead_letters(*arguments, "--kafka", kafka, cwd=tmp_path)
        assert run.returncode == 1
        (line,) = run.stderr.strip().splitlines()
        assert line.startswith(f"driveline: {reason}")

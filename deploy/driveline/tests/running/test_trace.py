"""`driveline trace`: what followed from an event, found on the log whatever named it as its cause."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from contracts.codec import CloudEvent, encode_kafka
from driveline.causes import Followed, Spot, followed, lines


def spot(topic: str, at: int, ce_id: str, *, cause: str = "", dead: str = "", **body: Any) -> Spot:
    headers = {"ce_id": ce_id, "ce_type": f"driveline.{topic}.v1"} | ({"ce_causationid": cause} if cause else {})
    if dead:
        headers |= {"dead_topic": "pay.submitted", "dead_reason": dead}
    return Spot(topic, 0, at, at, headers, json.dumps(body).encode())


def shape(tree: Followed) -> list[Any]:
    return [tree.spot.topic, *(shape(one) for one in tree.then)]


REQUESTED = spot("partnership.requested", 1_000, "e-1", need_id="n-7")
PROPOSED = spot("partnership.proposed", 1_010, "e-2", cause="e-1", need_id="n-7", proposal_id="p-1")
MAIL = spot("notification.settled", 1_050, "e-3", cause="e-2", template="proposal", outcome="sent")
ACCEPTED = spot("partnership.accepted", 9_000, "e-4", need_id="n-7", proposal_id="p-1")
OTHER = spot("partnership.proposed", 1_020, "e-9", need_id="n-8")


def test_what_names_an_event_as_its_cause_follows_from_it_through_all_services() -> None:
    settled = Spot("notification.settled", 0, 4, 9_500, {"ce_id": "e-5"}, b'{"cause": "e-4", "outcome": "sent"}')
    (tree,) = followed("e-1", [settled, OTHER, ACCEPTED, MAIL, PROPOSED, REQUESTED])
    # Nobody caused the shop to accept: it is the next step in the life of the need.
    assert shape(tree) == [
        "partnership.requested",
        ["partnership.proposed", ["notification.settled"], ["partnership.accepted", ["notification.settled"]]],
    ]


def test_a_partners_event_its_copy_inside_and_what_could_not_be_applied() -> None:
    outside = spot("partner.wrenchway", 1_000, "w-1", member_id="m-1")
    inside = spot("pay.submitted", 1_005, "w-1", member_id="m-1")
    dead = spot("exchange.dead", 1_009, "w-1", dead="zip: '00000' is not in the ZIP table")
    (tree,) = followed("w-1", [dead, inside, outside])
    assert shape(tree) == ["partner.wrenchway", ["pay.submitted", ["exchange.dead"]]]
    assert lines([tree], {"pay.submitted/0/1005": "collected by the exchange"}) == [
        "partner.wrenchway  member_id=m-1",
        "  +0.000 s  partner.wrenchway/0/1000",
        "  └ pay.submitted  member_id=m-1",
        "      +0.005 s  pay.submitted/0/1005",
        "      collected by the exchange",
        "      └ exchange.dead  could not be applied: zip: '00000' is not in the ZIP table",
        "          +0.009 s  exchange.dead/0/1009",
    ]


def test_an_event_that_is_not_there_has_no_tree() -> None:
    assert followed("nobody", [REQUESTED, PROPOSED]) == []


def run(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "driveline", "trace", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=120)


async def test_the_command_reads_a_real_log(kafka: str, topics: Any, tmp_path: Path) -> None:
    event_id, need = f"e-{uuid4()}", f"n-{uuid4()}"
    asked = CloudEvent(
        event_id, "s", "driveline.partnership.requested.v1", None, None, b'{"need_id": "%s"}' % need.encode()
    )
    told = CloudEvent(
        f"{event_id}-2", "s", "driveline.partnership.proposed.v1", None, None, asked.data, {"causationid": event_id}
    )
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for topic, ce in (("partnership.requested", asked), ("partnership.proposed", told)):
            headers, value = encode_kafka(ce)
            await producer.send_and_wait(topic, value, key=need.encode(), headers=list(headers))
    shown = run(event_id, "--kafka", kafka, cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.splitlines()[0] == f"partnership.requested  need_id={need}"
    assert shown.stdout.splitlines()[2] == f"  └ partnership.proposed  need_id={need}"
    assert shown.stdout.splitlines()[-1] == "2 records on the log"
    (tree,) = json.loads(run(event_id, "--kafka", kafka, "--json", cwd=tmp_path).stdout)["trees"]
    assert [one["ce_id"] for one in tree["then"]] == [f"{event_id}-2"]

    nobody = run("e-nobody", "--kafka", kafka, cwd=tmp_path)
    assert (nobody.returncode, nobody.stderr) == (1, "driveline: ce_id: no event 'e-nobody' is on the log\n")

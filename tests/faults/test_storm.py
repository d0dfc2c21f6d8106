"""Every process is killed again and again while events flow, Redis loses its data, Kafka and PostgreSQL are killed, the
exchange is scaled from 1 to 5 to 2, everything is started anew: nothing is lost, nothing is doubled, every cell is exact.
"""

import asyncio
import json
from collections import defaultdict
from datetime import date

import asyncpg
import pytest
from market import REJECTED
from outside import Record
from storm_aftermath import Aftermath, ask_all, damage_in
from storm_history import PLACES, ROLES, percentile

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_the_storm_was_one(aftermath: Aftermath) -> None:
    names = [blow.partition(": ")[2] for blow in aftermath.struck]
    assert len(names) == 24
    for process in ("membership 0", "membership 1", "exchange 0", "matching 0", "notifications 0"):
        assert names.count(f"{process} killed") == 3


def test_every_receipt_is_there_once_and_says_the_right_thing(aftermath: Aftermath) -> None:
    history = aftermath.history
    receipts = asyncio.run(_receipts(aftermath.outside.running["postgres"]))
    assert {ce_id for ce_id, (outcome, _) in receipts.items() if outcome == "accepted"} == history.accepted | {
        f"storm-http-{number}" for number in range(len(aftermath.joined))
    }
    refused = {ce_id: reason for ce_id, (outcome, reason) in receipts.items() if outcome == "refused"}
    assert refused.keys() == history.refused.keys()
    assert all((refused[ce_id] or "").startswith(reason) for ce_id, reason in history.refused.items())


def test_what_was_refused_is_on_the_topic_of_refusals_and_nothing_else(aftermath: Aftermath) -> None:
    told = {record.body["ce_id"] for record in aftermath.outside.log(REJECTED)}
    assert told == aftermath.history.refused.keys()


def test_no_dead_letters(aftermath: Aftermath) -> None:
    for service in ("membership", "matching", "exchange", "notifications"):
        assert aftermath.outside.dead_letters(service) == []


def test_every_accepted_event_is_on_the_log_with_one_content(aftermath: Aftermath) -> None:
    found: dict[str, set[bytes]] = defaultdict(set)
    for topic in ("pay.submitted", "submission.withdrawn", "member.join-requested"):
        for record in aftermath.outside.log(topic):
            found[record.header("ce_id") or ""].add(record.value or b"")
    http = {f"storm-http-{number}" for number in range(len(aftermath.joined))}
    assert found.keys() == aftermath.history.accepted | http
    assert {len(contents) for contents in found.values()} == {1}


def test_every_shop_joined_once_however_often_it_asked(aftermath: Aftermath) -> None:
    outside, history = aftermath.outside, aftermath.history
    states: dict[str, dict[int, str]] = defaultdict(dict)
    names: dict[str, set[str]] = defaultdict(set)
    for topic in ("member.joined", "member.updated"):
        for record in outside.log(topic):
            states[record.body["member_id"]][record.body["revision"]] = record.body["status"]
            names[record.body["name"]].add(record.body["member_id"])
    assert {name: ids for name, ids in names.items() if len(ids) != 1} == {}
    assert {name: names[name] for name in aftermath.joined} == {name: {m} for name, m in aftermath.joined.items()}
    by_event = set(history.applications.values())
    base = names.keys() - by_event - aftermath.joined.keys()
    assert (len(base), by_event <= names.keys()) == (40, True)
    # Every revision from the first to the last reached the log, and those who left are gone.
    assert all(sorted(revisions) == list(range(1, len(revisions) + 1)) for revisions in states.values())
    left = {member for member, revisions in states.items() if revisions[max(revisions)] == "left"}
    assert left == history.gone


def test_every_application_was_settled_with_one_member(aftermath: Aftermath) -> None:
    settled: dict[str, set[str]] = defaultdict(set)
    joined: dict[str, list[str]] = defaultdict(list)
    for record in aftermath.outside.log("member.join-settled"):
        settled[record.body["request_id"]].add(record.body["member_id"])
        joined[record.body["request_id"]].append(record.body["outcome"])
    assert settled.keys() == aftermath.history.applications.keys()
    assert all(len(ids) == 1 for ids in settled.values())
    assert all("joined" in outcomes for outcomes in joined.values())


def test_verify_finds_every_cell_exact_and_counts_the_entries_that_were_put_in(aftermath: Aftermath) -> None:
    said = aftermath.outside.driveline("verify", "--json", seconds=300)
    assert (said.code, said.json["clean"], said.json["faults"]) == (0, True, [])
    assert all(epoch["differences"] == [] for epoch in said.json["epochs"])
    name = f"{aftermath.manifest['epoch']}.0"
    last = next(epoch for epoch in said.json["epochs"] if epoch["epoch"] == name)
    assert last["standing"] == len(aftermath.history.standing(_cutoff(aftermath)))
    assert last["cells"] > 100


def test_benchmarks_are_those_of_an_independent_count(aftermath: Aftermath) -> None:
    entries = aftermath.history.standing(_cutoff(aftermath))
    for role in ROLES:
        for state, zip5 in PLACES.items():
            some = [body for body in entries if body["role"] == role and body["zip"] == zip5]
            said = aftermath.answers[f"{role} {state}"]
            assert said["status"] == "published"
            assert said["percentiles"] == {f"p{p}": percentile(some, p) for p in (10, 25, 50, 75, 90)}
        everywhere = [body for body in entries if body["role"] == role]
        assert aftermath.answers[role]["percentiles"]["p50"] == percentile(everywhere, 50)


def test_nothing_was_damaged_but_what_redis_lost(aftermath: Aftermath) -> None:
    """Redis was emptied twice; nobody wrote into it. A shard said to be damaged otherwise would be the exchange's own doing."""
    assert aftermath.damage.keys() <= {"lost", "rewound"}, aftermath.damage


def test_a_restart_changes_no_answer(aftermath: Aftermath) -> None:
    assert aftermath.after_restart == aftermath.answers


def test_after_the_restart_work_goes_on_where_it_stood(aftermath: Aftermath) -> None:
    outside, history = aftermath.outside, aftermath.history
    pays = [record for record in history.records if record.header("ce_type") == "driveline.pay.submitted.v1"]
    once_more: list[Record] = pays[:500]
    outside.publish(once_more)  # all of it old: nothing may change
    outside.settle(90)
    again = outside.release()
    assert again["epoch"] == aftermath.manifest["epoch"] + 1
    after = {name: {**said, "epoch": 0, "released_at": ""} for name, said in ask_all(outside).items()}
    assert after == {name: {**said, "epoch": 0, "released_at": ""} for name, said in aftermath.answers.items()}
    assert damage_in(outside.folder) == {}


def _cutoff(aftermath: Aftermath) -> date:
    return date.fromisoformat(aftermath.manifest["cutoffs"]["pay"])


async def _receipts(postgres: str) -> dict[str, tuple[str, str | None]]:
    """Straight from membership's table: ten thousand answers over HTTP would take as long as the storm."""
    connection = await asyncpg.connect(postgres.rpartition("/")[0] + "/membership")
    try:
        rows = await connection.fetch("SELECT ce_id, outcome, reason FROM receipt")
    finally:
        await connection.close()
    found = {row["ce_id"]: (row["outcome"], row["reason"]) for row in rows}
    assert len(found) == len(rows), json.dumps([row["ce_id"] for row in rows][:20])
    return found

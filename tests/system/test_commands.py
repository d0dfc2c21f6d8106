"""The command line on a running system: what a user can do wrong is one line, `--json` is JSON, `settle` tells the truth."""

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from market import TOPIC, members, pay, submitted
from outside import driveline, structured, until
from up_command import Up


@pytest.fixture(scope="module")
def member(up: Up) -> str:
    return members(up, 1)[0]


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that does nothing for a while, without being dead."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def ndjson(path: Path, *lines: Any) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_settle_is_0_when_everything_has_had_its_effect(up: Up, member: str) -> None:
    up.publish([submitted(pay(member, f"settle-{n}"), f"settle-{n}@{member}") for n in range(50)])
    said = up.driveline("settle", "--timeout", "60")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("settled in ")
    with up.api() as api:
        assert api.get(f"/v1/receipts/settle-49@{member}").json()["outcome"] == "accepted"
    as_json = up.driveline("settle", "--json").json
    assert (as_json["waiting"], as_json["passes"] >= 1) == (None, True)


@pytest.mark.parametrize(
    ("service", "index", "behind"),
    [("membership", 1, f"membership.intake is 1 records behind on {TOPIC} partition "),
     ("exchange", 0, "exchange is 1 records behind on pay.submitted partition ")],
)  # fmt: skip
def test_settle_is_1_while_a_consumer_is_stopped_and_names_it(
    up: Up, member: str, service: str, index: int, behind: str
) -> None:
    up.settle()
    with stopped(up.running["pids"][service][index]):
        name = f"held-up-{service}@{member}"
        up.publish([submitted(pay(member, f"held-up-{service}"), name)])
        if service == "exchange":
            # Its HTTP side is stopped too, and settle asks for the records first.
            until(lambda: any(record.header("ce_id") == name for record in up.log("pay.submitted")))
        said = up.driveline("settle", "--timeout", "2")
    assert said.code == 1
    assert said.err.startswith(f"driveline: not settled within 2 s: {behind}")
    up.settle()
    with up.api() as api:
        assert api.get(f"/v1/receipts/{name}").json()["outcome"] == "accepted"


def test_settle_waits_for_follow_up_events_too(up: Up, member: str) -> None:
    """An update goes through the outbox to `member.updated`; after settle it is there."""
    with up.api() as api:
        revision = api.patch(f"/v1/members/{member}", json={"size": "6_10"}).json()["revision"]
    up.settle()
    newest = max(r.body["revision"] for r in up.log("member.updated") if r.key == member.encode())
    assert newest == revision


def test_topics_check_finds_the_cluster_as_the_table_says(up: Up) -> None:
    said = up.driveline("topics", "check", "--json")
    assert (said.code, said.json["different"]) == (0, [])
    assert said.json["topics"] > 40
    again = up.driveline("topics", "apply", "--json")
    assert (again.code, again.json["changed"], again.json["different"]) == (0, [], [])


def test_topics_check_names_what_differs(up: Up) -> None:
    said = up.driveline("topics", "check", "--production")
    assert said.code == 1
    assert "driveline: pay.submitted: partitions is 6, should be 48" in said.err.splitlines()
    missing = up.driveline("topics", "check", "--partner", "nobody-yet")
    assert missing.err.splitlines() == [
        "driveline: partner.nobody-yet: topic is missing, should be there",
        "driveline: partner.nobody-yet.rejected: topic is missing, should be there",
    ]


def test_publish_sends_the_good_lines_and_names_the_bad_ones(up: Up, member: str, tmp_path: Path) -> None:
    file = ndjson(
        tmp_path / "entries.ndjson",
        structured("pay.submitted", f"line-1@{member}", pay(member, "line-1")),
        "not JSON",
        structured("pay.submitted", f"line-3@{member}", pay(member, "line-3", role="wizard")),
        structured("pay.guessed", f"line-4@{member}", {}),
        structured("pay.submitted", f"line-5@{member}", pay(member, "line-5")),
    )
    for arguments in (["validate", file], ["publish", file, "--topic", TOPIC]):
        said = up.driveline(*arguments)
        assert said.code == 1
        told = said.err.strip().splitlines()
        assert [line.split(": ")[1:3] for line in told] == [
            [f"{file}:2", "value"], [f"{file}:3", "role"], [f"{file}:4", "type"],
        ]  # fmt: skip
        assert f"{file}: 2 {'valid' if arguments[0] == 'validate' else 'sent'}, 3 refused" in said.out
    up.settle()
    with up.api() as api:
        status = [api.get(f"/v1/receipts/line-{n}@{member}").status_code for n in (1, 3, 5)]
    assert status == [200, 404, 200]


def test_a_new_partner_has_topics_and_credentials_and_is_heard_at_once(up: Up, member: str, tmp_path: Path) -> None:
    name = f"payroll-{member[2:8]}"
    said = up.driveline("partner", "add", name, "--scopes", "pay:write", "--json")
    assert said.code == 0, said.err
    assert (said.json["topic"], bool(said.json["client_secret"])) == (f"partner.{name}", True)
    with up.api() as api:
        api.post("/v1/grants", json={"partner": name, "scopes": ["pay:write"], "member_ids": [member]})
    file = ndjson(tmp_path / "one.ndjson", structured("pay.submitted", f"{name}-1", pay(member, "1")))
    assert up.driveline("publish", file, "--topic", f"partner.{name}").code == 0
    begun = time.monotonic()
    up.settle()
    with up.api() as api:
        assert api.get(f"/v1/receipts/{name}-1").json()["outcome"] == "accepted"
    # The intake finds a new topic at its next look at the cluster; settle knows that it has to wait for it.
    assert time.monotonic() - begun < 60


def test_release_and_verify_speak_json(up: Up) -> None:
    manifest = up.driveline("release", "--json").json
    assert (manifest["kind"], manifest["serial"]) == ("release", 0)
    assert manifest["policies"]["pay"] == "pay-2026"
    assert set(manifest["offsets"]["pay.submitted"]) == {"0", "1", "2", "3", "4", "5"}
    last = up.log("exchange.epoch")[-1].body
    assert last == manifest
    verified = up.driveline("verify", "--json", seconds=240)
    assert (verified.code, verified.json["clean"]) == (0, True)
    assert verified.json["epochs"][-1]["epoch"] == f"{manifest['epoch']}.0"


WRONG: list[tuple[list[str], str]] = [
    (["settle", "--timeout", "soon"], "Invalid value for '--timeout'"),
    (["publish", "nowhere.ndjson"], "nowhere.ndjson: there is no such file"),
    (["validate", "nowhere.ndjson"], "nowhere.ndjson: there is no such file"),
    (["validate", "."], ".: Is a directory"),
    (["publish", "empty.ndjson", "--topic", "pay.sumbitted"], "topic: 'pay.sumbitted' is not a topic of Driveline"),
    (["dead-letters", "show", "pay/1"], "id: 'pay/1' is not like membership.dead/0/17"),
    (["dead-letters", "show", "exchange.dead/0/999999"], "exchange.dead/0/999999: there is no such record"),
    (["dead-letters", "list", "--service", "billing"], "service: 'billing' is none of membership, matching"),
    (["partner", "add", "Wrench Way", "--scopes", "pay:write"], "partner: "),
    (["partner", "add", "vendor-9", "--scopes", "operate"], "/v1/partners: 422 scopes: 'operate' is not one of"),
    (["import", "schools", "nowhere.csv"], "nowhere.csv: there is no such file"),
    (["topics", "grow", "--partitions", "7"], "member.joined: has 6 partitions, and 7 is no multiple of that: "),
    (["topics", "grow", "--partitions", "3"], "member.joined: has 6 partitions, and Kafka takes none away"),
    (["rleease"], "No such command 'rleease'"),
]


def test_rebuild_says_how_much_it_built(up: Up, member: str) -> None:
    up.publish([submitted(pay(member, f"rebuilt-{n}"), f"rebuilt-{n}@{member}") for n in range(20)])
    up.settle()
    said = up.driveline("rebuild")
    assert (said.code, said.err) == (0, "")
    words = r"rebuilt ([\d,]+) contributions from [\d,]+ records in [\d.]+ s; generation (\d+) serves\n"
    told = re.fullmatch(words, said.out)
    assert told is not None, said.out
    again = up.driveline("rebuild", "--json").json
    assert again["generation"] == int(told[2]) + 1
    assert again["contributions"] == int(told[1].replace(",", "")) >= 20


def test_a_rebuild_that_fails_leaves_its_log(up: Up, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else says what it tried. One that goes through leaves none."""
    kept, nobody = tmp_path / "logs", tmp_path / "ready.json"
    kept.mkdir()
    monkeypatch.setenv("TMPDIR", str(kept))
    nobody.write_text(json.dumps(up.running | {"builder": up.running["builder"] | {"DRIVELINE_KAFKA": "127.0.0.1:1"}}))
    said = driveline("rebuild", cwd=tmp_path, ready=nobody)
    (log,) = kept.glob("driveline-rebuild-*.log")
    (line,) = said.err.strip().splitlines()
    assert said.code == 1
    assert line.startswith("driveline: rebuild: ")
    assert line.endswith(f" (what the builder logged: {log})")
    assert "127.0.0.1:1" in log.read_text()
    log.unlink()
    assert driveline("rebuild", cwd=tmp_path, ready=up.ready).code == 0
    assert list(kept.iterdir()) == []


def test_rebuild_needs_to_know_where_the_state_is(up: Up, tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    ready.write_text(json.dumps({key: value for key, value in up.running.items() if key != "builder"}))
    said = up.driveline("rebuild", "--ready-file", str(ready))
    assert (said.code, said.out) == (1, "")
    assert "`builder` is missing" in said.err


@pytest.mark.parametrize(
    ("arguments", "reason"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_what_a_user_can_do_wrong_is_one_line(up: Up, arguments: list[str], reason: str, tmp_path: Path) -> None:
    (tmp_path / "empty.ndjson").touch()
    said = driveline(*arguments, cwd=tmp_path, ready=up.ready)
    assert said.code in (1, 2)
    (line,) = said.err.strip().splitlines()
    assert line.startswith(f"driveline: {reason}"), line
    assert said.out == ""


@pytest.mark.parametrize(
    "arguments", [["settle"], ["release"], ["verify"], ["topics", "check"], ["rebuild"]], ids=" ".join
)
def test_without_a_system_there_is_one_line_too(arguments: list[str], tmp_path: Path) -> None:
    nothing = driveline(*arguments, cwd=tmp_path)
    (line,) = nothing.err.strip().splitlines()
    assert (nothing.code, line) == (
        1,
        "driveline: no system is running here: .driveline/run.json is not there (start one with `driveline up`)",
    )
    nobody = dict.fromkeys(("membership", "matching", "exchange", "notifications"), "http://127.0.0.1:1")
    left_over = nobody | {
        "kafka": "127.0.0.1:1", "redis": "redis://127.0.0.1:1/0", "postgres": "postgresql://127.0.0.1:1/postgres",
        "admin_token": "t", "pids": {}, "mail": None, "sms": None,
    }  # fmt: skip
    (tmp_path / "ready.json").write_text(json.dumps(left_over))
    gone = driveline(*arguments, cwd=tmp_path, ready=tmp_path / "ready.json")
    (line,) = gone.err.strip().splitlines()
    assert gone.code == 1
    # A rebuild is told by the ready file how to reach the state; this one says nothing of it.
    assert ("`builder` is missing" if arguments == ["rebuild"] else "127.0.0.1:1") in line
    assert "Traceback" not in gone.err


def test_every_command_has_help(tmp_path: Path) -> None:
    whole = driveline("--help", cwd=tmp_path)
    assert whole.code == 0
    named = re.findall(r"^  ([a-z-]+)", whole.out.partition("Commands:")[2], re.MULTILINE)
    assert {"up", "publish", "validate", "settle", "verify", "release", "topics", "dead-letters", "demo"} <= set(named)
    for name in named:
        said = driveline(name, "--help", cwd=tmp_path)
        assert (said.code, said.out.startswith("Usage: driveline ")) == (0, True)


def test_a_second_system_in_the_same_folder_is_refused_by_name(up: Up) -> None:
    said = driveline("up", "--data-dir", "state", "--ready-file", "second.json", cwd=up.folder)
    (line,) = said.err.strip().splitlines()
    assert said.code == 1
    assert "is in use by process" in line
    assert not (up.folder / "second.json").exists()
    assert up.ready.exists()
    assert (up.folder / ".driveline" / "run.json").exists()  # the first one's is not taken away

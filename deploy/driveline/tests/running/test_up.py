"""What `driveline up` promises, from outside: the ready file, the addresses, restarts, and nothing left behind."""

import json
import os
import signal
import smtplib
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from chassis.servers.mailbox import Mailbox
from chassis.servers.sms_centre import SmsCentre
from smpplib.client import Client

from .conftest import Up, family, start, until

SERVICES = ("membership", "matching", "exchange", "notifications")


def ready(url: str) -> bool:
    return answers(f"{url}/readyz")


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def test_the_ready_file_says_where_everything_is(up: Up) -> None:
    running = up.running
    assert set(running) == {
        "kafka", "redis", "postgres", *SERVICES, "mail", "mail_api", "sms", "sms_api", "admin_token", "pids",
        "builder",
    }  # fmt: skip
    assert running["mail"].startswith("127.0.0.1:")
    assert running["sms"].startswith("smpp://j:jpwd@127.0.0.1:")
    assert running["redis"].startswith("redis://127.0.0.1:")
    assert running["postgres"].startswith("postgresql://postgres:")
    assert running["kafka"].startswith("127.0.0.1:")
    assert {name: len(pids) for name, pids in running["pids"].items()} == {
        "membership": 2, "matching": 1, "exchange": 1, "notifications": 1,
    }  # fmt: skip
    assert all(psutil.pid_exists(pid) for pids in running["pids"].values() for pid in pids)
    assert all(ready(running[name]) for name in SERVICES)
    assert up.ready_file.stat().st_mode & 0o777 == 0o600
    # Every other command finds it under the folder where it was started.
    assert json.loads((up.folder / ".driveline" / "run.json").read_text()) == running


def test_mail_and_texts_can_be_handed_in_and_read_back(up: Up) -> None:
    host, _, port = up.running["mail"].partition(":")
    with smtplib.SMTP(host, int(port)) as smtp:
        smtp.sendmail("hello@driveline.example", ["pat@elm.example"], b"Subject: 2 students\r\n\r\nhello")
    with Mailbox(up.running["mail_api"]) as mailbox:
        assert [mail.subject for mail in mailbox.inbox("pat@elm.example")] == ["2 students"]
    where = urlsplit(up.running["sms"])
    client = Client(where.hostname, where.port, allow_unknown_opt_params=True)
    client.connect()
    client.bind_transmitter(system_id=where.username, password=where.password)
    client.send_message(
        source_addr="12025550100", destination_addr="12025550101", dest_addr_ton=1, short_message=b"YES?"
    )
    assert not client.read_pdu().is_error()
    client.unbind()
    client.disconnect()
    with SmsCentre(up.running["sms_api"]) as phones:
        assert [text.text for text in phones.texts("+12025550101")] == ["YES?"]


def test_notifications_alone_is_told_where_messages_go(up: Up) -> None:
    told = {
        name: {
            key: value
            for key, value in psutil.Process(pids[0]).environ().items()
            if key in ("DRIVELINE_SMTP", "DRIVELINE_SMS")
        }
        for name, pids in up.running["pids"].items()
    }
    assert told == {
        "membership": {}, "matching": {}, "exchange": {},
        "notifications": {"DRIVELINE_SMTP": up.running["mail"], "DRIVELINE_SMS": up.running["sms"]},
    }  # fmt: skip


def test_a_killed_sink_is_back_on_its_ports(up: Up) -> None:
    before = up.running
    for word, api in (
        ("greenmail", before["mail_api"] + "/api/user"),
        ("driveline.Centre", before["sms_api"] + "/texts"),
    ):
        (sink,) = [one for one in family(up.process.pid) if any(word in part for part in one.cmdline())]
        sink.kill()
        psutil.wait_procs([sink], timeout=10)
        until(lambda: answers(api), 60)  # noqa: B023
    assert up.running == before


def test_it_is_ready_within_25_seconds_of_two_cores(up: Up) -> None:
    # 25 s on two cores that nobody else uses. Others may be at work here, so what is held is the work that a start takes
    # (29 s of processor time were measured on a fast day and 50 on a slow one beside other tests, of the same code: what
    # a day does is no fault of a start, a doubling is); the time is held where the machine was quiet.
    assert up.busy < 60
    if os.getloadavg()[2] < 2:
        assert up.seconds < 25


def test_the_token_opens_what_only_an_administrator_may_see(up: Up) -> None:
    address = f"{up.running['membership']}/v1/partners"
    assert httpx.get(address).status_code == 401
    answer = httpx.get(address, headers={"authorization": f"Bearer {up.running['admin_token']}"})
    assert set(answer.json()) >= {"ase", "i-car", "cref", "wrenchway"}
    assert answer.json()["ase"] == ["credentials:write"]


def test_the_topics_are_there_and_match_the_table(up: Up) -> None:
    said = json.loads(up.driveline("topics", "check", "--json").stdout)
    assert said["different"] == []
    assert said["topics"] >= 39


def test_a_killed_service_is_back_on_its_port_and_the_file_renewed(up: Up) -> None:
    before = up.running
    psutil.Process(before["pids"]["matching"][0]).kill()
    until(lambda: up.running["pids"]["matching"] != before["pids"]["matching"])
    until(lambda: ready(before["matching"]), 60)
    after = up.running
    assert after["matching"] == before["matching"]
    assert psutil.Process(after["pids"]["matching"][0]).cmdline()[-2:] == ["-m", "matching"]
    assert json.loads((up.folder / ".driveline" / "run.json").read_text()) == after


def test_settle_says_when_it_is_over(up: Up) -> None:
    run = up.driveline("settle", "--timeout", "60", "--json")
    said = json.loads(run.stdout)
    assert (run.returncode, said["waiting"]) == (0, None), said


def test_settle_names_who_is_behind_when_the_time_is_over(up: Up, tmp_path: Path) -> None:
    pid = up.running["pids"]["exchange"][0]
    file = tmp_path / "withdrawn.ndjson"
    body = {"submission_id": "s-1", "revision": 2, "member_id": "shop-1", "measure": "pay"}
    envelope = {"specversion": "1.0", "id": "w-1", "source": "test", "type": "driveline.submission.withdrawn.v1"}
    file.write_text(json.dumps({**envelope, "data": body}))
    psutil.Process(pid).suspend()
    try:
        assert up.driveline("publish", file).returncode == 0
        run = up.driveline("settle", "--timeout", "2")
    finally:
        psutil.Process(pid).resume()
    assert run.returncode == 1
    assert run.stderr.startswith(
        "driveline: not settled within 2 s: exchange is 1 records behind on submission.withdrawn"
    )
    assert up.driveline("settle").returncode == 0


def test_a_second_system_in_the_same_folder_is_refused_in_one_line(up: Up) -> None:
    run = up.driveline("up", "--data-dir", "state")
    assert run.returncode == 1
    (line,) = run.stderr.strip().splitlines()
    assert line.endswith(f"state is in use by process {up.process.pid}: stop it first, or choose another --data-dir")
    assert up.running["pids"]  # and the first one has lost nothing


def test_a_partner_is_made_known_with_its_topics(up: Up) -> None:
    said = json.loads(up.driveline("partner", "add", "elm-payroll", "--scopes", "pay:write", "--json").stdout)
    assert (said["topic"], said["rejected"]) == ("partner.elm-payroll", "partner.elm-payroll.rejected")
    form = {"grant_type": "client_credentials", "client_id": said["client_id"], "client_secret": said["client_secret"]}
    assert httpx.post(f"{up.running['membership']}/oauth/token", data=form).json()["scope"] == "pay:write"
    again = json.loads(up.driveline("partner", "add", "elm-payroll", "--scopes", "pay:write", "--json").stdout)
    assert again["secret"] == "as before"
    refused = up.driveline("partner", "add", "elm-payroll", "--scopes", "everything")
    assert refused.returncode == 1
    assert len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's; elsewhere the next start clears up")
def test_after_a_crash_nothing_is_left_and_the_state_is_kept(server_folder: Path, up_command: str) -> None:
    first = start(server_folder, up_command)
    children = psutil.Process(first.process.pid).children(recursive=True)
    assert len(children) >= 10  # five servers and five services
    assert first.driveline("partner", "add", "kept", "--scopes", "pay:write").returncode == 0
    first.process.kill()
    first.process.wait()
    until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children), 30)

    second = start(server_folder, up_command)
    try:
        assert "as before" in second.driveline("partner", "add", "kept", "--scopes", "pay:write").stdout
        children = psutil.Process(second.process.pid).children(recursive=True)
    finally:
        second.process.send_signal(signal.SIGINT)
        code = second.process.wait(120)
    assert code == 0
    assert not any(child.is_running() for child in children)
    assert not (server_folder / ".driveline" / "run.json").exists()
    run = subprocess.run(
        [*["driveline", "settle", "--ready-file", ".driveline/run.json"]],
        cwd=server_folder, env=second.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, len(run.stderr.strip().splitlines())) == (1, 1)

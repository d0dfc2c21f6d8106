"""`driveline up`: the ready file and what it promises, ports, and a process that dies."""

import json
import os
import signal
import socket
from urllib.parse import urlsplit

import httpx
from outside import Outside, until
from up_command import DEFAULT_PORTS, Up, is_claimable

SERVICES = ("membership", "matching", "exchange", "notifications")


def test_the_ready_file_says_where_everything_is(up: Up) -> None:
    running = up.running
    assert set(running) == {
        "kafka", "redis", "postgres", "membership", "matching", "exchange", "notifications", "mail", "mail_api",
        "sms", "sms_api", "admin_token", "pids", "builder",
    }  # fmt: skip
    assert {name: len(pids) for name, pids in running["pids"].items()} == {
        "membership": 2, "matching": 1, "exchange": 1, "notifications": 1,
    }  # fmt: skip
    host, port = running["kafka"].split(":")
    with socket.create_connection((host, int(port)), timeout=5):
        pass
    assert running["redis"].startswith("redis://127.0.0.1:")
    for sink in ("mail", "sms"):
        where = urlsplit(running[sink] if "://" in running[sink] else f"smtp://{running[sink]}")
        with socket.create_connection((where.hostname or "", where.port or 0), timeout=5):
            pass
    assert httpx.get(f"{running['mail_api']}/api/service/readiness", timeout=5).status_code == 200
    assert httpx.get(f"{running['sms_api']}/texts", timeout=5).status_code == 200
    for name in SERVICES:
        assert httpx.get(f"{running[name]}/livez", timeout=5).json() == {"live": True, "problems": []}
        assert httpx.get(f"{running[name]}/readyz", timeout=5).json() == {"ready": True, "problems": []}
        assert "driveline_" in httpx.get(f"{running[name]}/metrics", timeout=5).text
    assert oct(up.ready.stat().st_mode & 0o777) == "0o600"


def test_the_same_file_is_where_the_other_commands_look(up: Up) -> None:
    assert json.loads((up.folder / ".driveline" / "run.json").read_text()) == up.running
    without_a_file_named = Outside(up.folder / "nowhere.json", up.folder)
    assert without_a_file_named.driveline("settle").code == 1
    assert up.driveline("settle", "--ready-file", up.ready).code == 0


def test_it_prints_its_addresses(up: Up) -> None:
    assert up.printed.startswith("Driveline is up; Ctrl-C stops it.\n")
    for name in SERVICES:
        assert f"{name:<14} {up.running[name]}" in up.printed
    assert f"mail           {up.running['mail']}, read at {up.running['mail_api']}" in up.printed
    assert f"sms            {up.running['sms'].partition('@')[2]}, read at {up.running['sms_api']}" in up.printed
    assert up.running["admin_token"] not in up.printed


def test_ports_are_8001_to_8004_and_a_taken_one_means_a_free_one(up: Up) -> None:
    assert 8002 in up.taken
    for name, usual in DEFAULT_PORTS.items():
        port = urlsplit(up.running[name]).port or 0
        # Another system on this machine may have taken a port after the fixture looked, and have it still.
        assert port == usual if usual not in up.taken and is_claimable(usual, port) else port >= 15_000


def test_the_token_opens_what_only_an_operator_may(up: Up) -> None:
    with up.api() as api:
        partners = api.get("/v1/partners").json()
    assert {name: len(scopes) for name, scopes in partners.items() if name in ("ase", "i-car", "cref", "wrenchway")} == {
        "ase": 1, "i-car": 1, "cref": 3, "wrenchway": 10,
    }  # fmt: skip
    refused = httpx.get(f"{up.running['membership']}/v1/partners", timeout=5)
    assert (refused.status_code, list(refused.json())) == (401, ["error"])


def test_a_process_that_dies_is_back_on_its_port(up: Up) -> None:
    first = up.running
    for service, pids in first["pids"].items():
        for index, pid in enumerate(pids):
            before = up.running
            os.kill(pid, signal.SIGKILL)
            after = until(lambda: up.running, lambda running: running["pids"][service][index] != pid)  # noqa: B023
            assert {name: after[name] for name in SERVICES} == {name: first[name] for name in SERVICES}
            gone = {p for found in before["pids"].values() for p in found} - {
                p for found in after["pids"].values() for p in found
            }
            assert gone == {pid}
    for name in SERVICES:
        until(lambda: _ready(first[name]))  # noqa: B023
    up.settle()


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False

"""Servers end with whoever started them, and what a crash leaves behind stops nobody."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import pytest
from chassis.servers import NativePostgres, NativeRedis, ServerError, Servers
from chassis.servers.databases import run
from chassis.servers.process import reap, spawn, write_pidfile
from redis import Redis

START_AND_WAIT = """
import sys, time
from pathlib import Path
from chassis.servers import Servers
servers = Servers(Path(sys.argv[1]))
servers.start(["postgres", "redis"])
servers.postgres.database("shop")
print("up", flush=True)
time.sleep(600)
"""


def until(true: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def start_elsewhere(folder: Path) -> "subprocess.Popen[str]":
    """Another process that has servers in `folder`."""
    process = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(folder)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's; elsewhere the next start clears up")
def test_servers_die_with_a_parent_that_was_killed_and_the_next_start_finds_their_state(server_folder: Path) -> None:
    owner = start_elsewhere(server_folder)
    children = psutil.Process(owner.pid).children(recursive=True)
    assert {"postgres", "redis-server"} <= {child.name() for child in children}
    with (
        pytest.raises(ServerError, match=f"in use by process {owner.pid}: stop it first"),
        Servers(server_folder) as second,
    ):
        second.start(["redis"])

    owner.kill()
    owner.wait()
    assert owner.stdout is not None
    owner.stdout.close()
    until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children))

    with Servers(server_folder) as again:
        again.start(["postgres", "redis"])
        found = run(_databases(again.postgres.address))
    assert "shop" in found


async def _databases(address: str) -> list[str]:
    connection = await asyncpg.connect(address)
    try:
        return [row[0] for row in await connection.fetch("SELECT datname FROM pg_database")]
    finally:
        await connection.close()


def test_a_second_start_keeps_state_and_password(server_folder: Path) -> None:
    first = Servers(server_folder)
    with first:
        first.start(["postgres", "redis"])
        dsn = first.postgres.database("shop")
        with Redis.from_url(first.redis) as client:
            client.set("wrench", "10 mm")
    with Servers(server_folder) as second:
        second.start(["postgres", "redis"])
        with Redis.from_url(second.redis) as client:
            assert client.get("wrench") == b"10 mm"
        again = second.postgres.database("shop")
    # The port may be another, role, password and database are the same.
    assert (again.split("@")[0], again.rsplit("/", 1)[1]) == (dsn.split("@")[0], "shop")


def test_nothing_starts_that_nobody_asks_for(tmp_path: Path) -> None:
    before = set(psutil.Process().children(recursive=True))
    with Servers(tmp_path / "none"):
        assert set(psutil.Process().children(recursive=True)) == before
    assert not (tmp_path / "none").exists()


def test_what_was_left_running_is_ended_by_its_pid_file(tmp_path: Path) -> None:
    left = spawn("left", ["sleep", "600"], log=tmp_path / "log", pidfile=tmp_path / "left.pid")
    assert reap(tmp_path / "left.pid") is True
    until(lambda: not left.alive())
    assert not (tmp_path / "left.pid").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 0}', '{"pid": 999999999, "created": 1.0}'])
def test_a_pid_file_that_names_nobody_is_dropped(tmp_path: Path, content: str) -> None:
    (tmp_path / "stale.pid").write_text(content)
    assert reap(tmp_path / "stale.pid") is False
    assert not (tmp_path / "stale.pid").exists()


def test_a_stranger_with_a_recycled_pid_is_left_alone(tmp_path: Path) -> None:
    stranger = spawn("stranger", ["sleep", "600"], log=tmp_path / "log")
    pidfile = tmp_path / "old.pid"
    write_pidfile(pidfile, stranger.pid)
    said = json.loads(pidfile.read_text())
    pidfile.write_text(json.dumps(said | {"created": said["created"] - 3600}))
    assert reap(pidfile) is False
    assert stranger.alive()
    stranger.kill()


def test_postgres_starts_over_the_lock_file_of_a_crash(server_folder: Path) -> None:
    server = NativePostgres(server_folder / "postgres")
    server.start()
    dsn = server.database("shop")
    server.kill()
    lock = server_folder / "postgres" / "data" / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")  # by now this pid is pytest's
    server.start()
    assert server.database("shop") == dsn
    server.stop()


def test_a_server_that_cannot_start_says_why_in_one_line(server_folder: Path) -> None:
    server = NativeRedis(server_folder / "redis")
    (server_folder / "redis").mkdir()
    (server_folder / "redis" / "appendonlydir").write_text("not a folder")
    with pytest.raises(ServerError) as caught:
        server.start()
    assert "\n" not in str(caught.value)
    assert "Redis ended while starting" in str(caught.value)
    server.stop()


def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    script = "trap '' TERM; echo deaf; while :; do sleep 0.1; done"
    stubborn = spawn("stubborn", ["sh", "-c", script], log=tmp_path / "log")
    until(lambda: "deaf" in (tmp_path / "log").read_text())
    stubborn.stop(seconds=0.5)
    assert stubborn.process.returncode == -signal.SIGKILL

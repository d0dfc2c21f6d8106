"""The ready file and what is refused before a system starts, without starting one."""

import json
from pathlib import Path

import pytest
from driveline.errors import UserError
from driveline.running import Running
from driveline.system import System

NEEDED = {
    "kafka": "127.0.0.1:1", "redis": "redis://127.0.0.1:1/0", "postgres": "postgresql://127.0.0.1:1/postgres",
    "membership": "http://127.0.0.1:1", "matching": "http://127.0.0.1:1", "exchange": "http://127.0.0.1:1",
    "notifications": "http://127.0.0.1:1", "admin_token": "t", "pids": {},
}  # fmt: skip


def test_a_system_without_sinks_of_its_own_is_found_too(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    file.write_text(json.dumps(NEEDED))
    found = Running.read(file)
    assert (found.mail, found.mail_api, found.sms, found.sms_api) == (None, None, None, None)
    found.write(file)
    assert json.loads(file.read_text()) == NEEDED | dict.fromkeys(("mail", "mail_api", "sms", "sms_api"))


@pytest.mark.parametrize("missing", NEEDED)
def test_a_file_that_lacks_something_needed_is_said_in_one_line(tmp_path: Path, missing: str) -> None:
    file = tmp_path / "ready.json"
    file.write_text(json.dumps({key: value for key, value in NEEDED.items() if key != missing}))
    with pytest.raises(UserError, match=f"is not the ready file of a running system: '{missing}'"):
        Running.read(file)


def test_fresh_refuses_servers_of_somebody_else_s_that_hold_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIVELINE_REDIS", "redis://127.0.0.1:1/0")
    system = System(data_dir=tmp_path / "state", run_file=tmp_path / "run.json", fresh=True)
    with pytest.raises(UserError, match="--fresh: redis is at an address from the environment, which is not emptied"):
        system.start()


def test_fresh_does_not_mind_a_sink_of_somebody_else_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVELINE_MAIL", "127.0.0.1:1")
    monkeypatch.setenv("DRIVELINE_SMS", "smpp://j:jpwd@127.0.0.1:1")
    system = System(data_dir=tmp_path / "state", run_file=tmp_path / "run.json", fresh=True)
    try:
        system._prepare_folder()
    finally:
        system.stop()

"""Service processes under watch: the port stays, the pid changes, nobody is left behind."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from driveline.errors import UserError
from driveline.fleet import DEATHS_BEFORE_GIVING_UP, Fleet
from driveline.layout import Service

SERVICES = (Service("desk", 18_101, ("stand_in", "stand_in_beside")), Service("bay", 18_102, ("stand_in",)))


def until(true: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def changes() -> list[int]:
    return []


@pytest.fixture
def environment() -> dict[str, str]:
    return {"DRIVELINE_POSTGRES": "dsn"}


@pytest.fixture
def fleet(
    tmp_path: Path, changes: list[int], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Fleet]:
    stand_ins = Path(__file__).parent / "stand_ins"
    monkeypatch.setenv("PYTHONPATH", str(stand_ins))
    monkeypatch.setenv("DRIVELINE_KAFKA", "from the shell of the one who started it")
    fleet = Fleet(SERVICES, lambda service, name: environment, tmp_path, lambda: changes.append(1))
    yield fleet
    fleet.stop()


def said_by(url: str) -> dict[str, object]:
    said: dict[str, object] = httpx.get(f"{url}/livez", timeout=5).json()
    return said


def test_a_killed_process_is_back_on_its_port(fleet: Fleet, changes: list[int]) -> None:
    fleet.launch({})
    fleet.wait_ready()
    before = fleet.pids()["bay"][0]
    assert said_by(fleet.url("bay")) == {"outbox_due": 0, "instance": "stand_in-1", "pid": before}
    assert fleet.kill("bay", 0, signal.SIGKILL) == before
    until(lambda: changes)
    fleet.wait_ready()
    after = fleet.pids()["bay"][0]
    assert after != before
    assert said_by(fleet.url("bay"))["pid"] == after
    assert not psutil.pid_exists(before)


def test_scaling_keeps_the_known_address_and_leaves_nobody(fleet: Fleet) -> None:
    fleet.launch({"bay": 1})
    first = fleet.pids()["bay"]
    fleet.scale("bay", 4)
    fleet.wait_ready()
    assert [member.name for member in fleet.of("bay")] == ["stand_in-1", "stand_in-2", "stand_in-3", "stand_in-4"]
    everybody = [*fleet.of("desk"), *fleet.of("bay")]
    assert len(everybody) == 6
    asked = [(one["labels"]["process"], *one["targets"]) for one in fleet.targets()]
    assert sorted(asked) == sorted((member.name, f"127.0.0.1:{member.port}") for member in everybody)
    four = fleet.pids()["bay"]
    fleet.scale("bay", 2)
    assert fleet.pids()["bay"] == four[:2]
    assert four[0] == first[0]
    assert not any(psutil.pid_exists(pid) for pid in four[2:])
    with pytest.raises(UserError, match="at least 1"):
        fleet.scale("bay", 0)


def test_a_renewed_service_is_told_anew_on_its_port(fleet: Fleet, environment: dict[str, str]) -> None:
    fleet.launch({})
    fleet.wait_ready()
    before = fleet.pids()
    environment["DRIVELINE_ANSWER_WINDOW_S"] = "86400"
    fleet.renew("desk")
    fleet.wait_ready(("desk",))
    after = fleet.pids()
    assert [member.name for member in fleet.of("desk")] == ["stand_in-1", "stand_in_beside-1"]
    assert not any(psutil.pid_exists(pid) for pid in before["desk"])
    assert said_by(fleet.url("desk"))["pid"] == after["desk"][0]
    assert [psutil.Process(pid).environ()["DRIVELINE_ANSWER_WINDOW_S"] for pid in after["desk"]] == ["86400"] * 2
    assert after["bay"] == before["bay"]


def test_nothing_is_left_after_stop_not_even_a_suspended_process(fleet: Fleet) -> None:
    fleet.launch({"desk": 2})
    fleet.wait_ready()
    pids = [pid for pids in fleet.pids().values() for pid in pids]
    assert len(pids) == 4
    fleet.kill("desk", 0, signal.SIGSTOP)
    fleet.stop()
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_a_process_that_was_killed_often_is_not_one_that_does_not_start(fleet: Fleet) -> None:
    fleet.launch({})
    fleet.wait_ready()
    [bay] = fleet.of("bay")
    bay.watched.restarts = DEATHS_BEFORE_GIVING_UP  # over the months
    fleet.kill("bay", 0, signal.SIGKILL)
    fleet.wait_ready()
    assert said_by(fleet.url("bay"))["pid"] == fleet.pids()["bay"][0]


def test_a_process_that_cannot_start_is_named_with_its_reason(tmp_path: Path) -> None:
    fleet = Fleet((Service("ghost", 18_103, ("no_such_module",)),), lambda *_: {}, tmp_path, lambda: None)
    fleet.launch({})
    with pytest.raises(UserError, match=r"no_such_module-1 does not start: .*No module named"):
        fleet.wait_ready(seconds=30)
    fleet.stop()

"""Every fenced command of the runbooks does what it says, on a running system."""

import httpx
import pytest

from .conftest import RUNBOOKS, Up, commands_of, until

SERVICES = ("membership", "matching", "exchange", "notifications")

# tests/faults/test_exchange_heals.py runs these after every fault.
NEED_AN_EPOCH = {("exchange-state", 3), ("exchange-state", 4)}
# A Prometheus that stays, and its rules, both run by tests of their own: tests/faults/test_exchange_heals.py, tests/docs/test_alerts.py.
IN_THE_CHECKOUT = {("alarms", 0), ("alarms", 2)}
# The first command of start-and-stop.md is what the fixture `up` has started.
COMMANDS = [
    pytest.param(command, id=f"{runbook.stem}-{number}")
    for runbook in sorted(RUNBOOKS.glob("*.md"))
    for number, command in enumerate(commands_of(runbook.name))
    if (runbook.stem, number) != ("start-and-stop", 0)
    and (runbook.stem, number) not in NEED_AN_EPOCH | IN_THE_CHECKOUT
    and runbook.stem != "more-partitions"  # walked on a system of its own: tests/system/test_more_partitions.py
]


def all_ready(up: Up) -> bool:
    """Whether every service answers that it is."""
    try:
        return all(httpx.get(f"{up.running[name]}/readyz").status_code == 200 for name in SERVICES)
    except httpx.HTTPError:
        return False


@pytest.mark.parametrize("command", COMMANDS)
def test_a_runbook_s_command_works(up: Up, command: str) -> None:
    until(lambda: all_ready(up), 60)  # the command before may have restarted one
    run = up.shell(command)
    assert run.returncode == 0, run.stderr


def test_there_are_commands_to_run() -> None:
    assert len(COMMANDS) >= 6

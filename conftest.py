"""How the tests of a run are put side by side (`pytest -n 2`): what shares a running system stays on one worker."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
# The longest first, so that no worker begins one of them when the other has nothing left to do.
TOGETHER = (
    "tests/faults",
    "services/exchange",
    "tests/system tests/pages tests/docs",  # share one `driveline up`
    "deploy/driveline/tests/running",
    "services/notifications",
    "chassis",
    "services/matching",
    "services/membership",
    "contracts",
)
GROUPS = {folder: number for number, folders in enumerate(TOGETHER) for folder in folders.split()}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group by folder; a file in none of them is a group of its own."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    numbers = {}
    for item in items:
        place = item.path.relative_to(ROOT).as_posix()
        found = next((folder for folder in GROUPS if place.startswith(f"{folder}/")), None)
        numbers[item] = GROUPS[found] if found else len(TOGETHER)
        item.add_marker(pytest.mark.xdist_group(str(GROUPS[found]) if found else place))
    items.sort(key=numbers.__getitem__)  # stable: the order within a group stays random

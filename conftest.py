"""How the tests of a run are put side by side (`pytest -n 2`): what shares a running system stays on one worker.

And what every law is tried under, and every Java of a system."""

import functools
import gc
import os
import ssl
from typing import Any

import pytest
from hypothesis import settings

# A law is not broken because the machine stood still for a moment, as it does while two workers start servers.
settings.register_profile("driveline", deadline=None)
settings.load_profile("driveline")

# Each client of httpx reads the certificates of the whole world as it is made (0536), and tests that wait make
# clients by the thousand; nothing that they call speaks TLS. So they are read once a process.
ssl.create_default_context = functools.cache(ssl.create_default_context)

# Whole systems that tests start live for a minute or two: Java's second compiler would take more from the two cores than
# it gives back. A broker alone is told so by `brief`; this reaches those that the command starts, mail and texts included.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

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
NUMBERS = {folder: number for number, folders in enumerate(TOGETHER) for folder in folders.split()}


def place_of(nodeid: str) -> tuple[int, str]:
    """In which order, and together with what; a file in none of these folders is on its own, those that compute first."""
    file = nodeid.partition("::")[0]
    folder = next((folder for folder in NUMBERS if file.startswith(f"{folder}/")), None)
    if folder is None:
        return (len(TOGETHER) + (not file.startswith("tests/disclosure/")), file)
    return (NUMBERS[folder], TOGETHER[NUMBERS[folder]])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put them in that order on a worker; within a folder it stays random."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place_of(item.nodeid)[0])


def pytest_collection_finish() -> None:
    """The tests and all that they import stay to the end: nothing of it has to be looked through for garbage."""
    gc.freeze()


class _Scheduling:
    """Asked for by name, so that pytest runs without xdist as well."""

    @staticmethod
    def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
        from xdist.scheduler import LoadScopeScheduling

        class ByFolder(LoadScopeScheduling):
            def _split_scope(self, nodeid: str) -> str:
                return place_of(nodeid)[1]

        return ByFolder(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Only the run that hands out the work asks for a scheduler."""
    if config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Scheduling())

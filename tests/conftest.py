"""One running system for everything that crosses services, started and stopped as a user would."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path

from up_command import Up, running_up


@contextmanager
def kept_on_failure(session: pytest.Session) -> Iterator[Path]:
    """A folder for a system's state and logs, removed at the end unless a test failed.

    Not pytest's own: every pytest that starts takes away other users' right to pass through that, and PostgreSQL,
    which will not run as root, would lose its data folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="driveline-tests-"))
    yield folder
    if session.testsfailed:
        print(f"\nstate and logs are kept in {folder}")  # noqa: T201
    else:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def up(request: pytest.FixtureRequest) -> Iterator[Up]:
    """`driveline up --fresh`, shared by the run: use members, roles and ids of your own, and leave it healthy."""
    with kept_on_failure(request.session) as folder, running_up(folder, "--fresh") as running:
        yield running

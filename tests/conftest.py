"""One running system for everything that crosses services, started and stopped as a user would."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path

from up_command import Up, running_up


@pytest.fixture(scope="session")
def make_folder(request: pytest.FixtureRequest) -> Iterator[Callable[[], Path]]:
    """Folders for the state and logs of systems, removed at the end unless a test failed.

    Not pytest's own: every pytest that starts takes away other users' right to pass through that one, and PostgreSQL,
    which does not run as root, would lose its data.
    """
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="driveline-tests-")))
        return made[-1]

    yield make
    for folder in made:
        if request.session.testsfailed:
            sys.stderr.write(f"\nstate and logs are kept in {folder}\n")
        else:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def up(make_folder: Callable[[], Path]) -> Iterator[Up]:
    """`driveline up --fresh`, shared by the run: use members, roles and ids of your own, and leave it healthy."""
    with running_up(make_folder(), "--fresh") as running:
        yield running

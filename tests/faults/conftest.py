"""The storm: once, however many tests look at what it left."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path

from storm_aftermath import Aftermath, aftermath_of


@pytest.fixture(scope="session")
def aftermath(make_folder: Callable[[], Path]) -> Iterator[Aftermath]:
    """What the storm left, on the system that was started anew after it."""
    with aftermath_of(make_folder()) as found:
        yield found

"""The storms: each once, however many tests look at what it left."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path

from path_aftermath import PathAftermath, path_aftermath_of
from storm_aftermath import Aftermath, aftermath_of


@pytest.fixture(scope="session")
def aftermath(make_folder: Callable[[], Path]) -> Iterator[Aftermath]:
    """What the storm left, on the system that was started anew after it."""
    with aftermath_of(make_folder()) as found:
        yield found


@pytest.fixture(scope="module")
def path_aftermath(make_folder: Callable[[], Path]) -> Iterator[PathAftermath]:
    """What the deaths during 500 requests left, on the system that went through them."""
    with path_aftermath_of(make_folder()) as found:
        yield found

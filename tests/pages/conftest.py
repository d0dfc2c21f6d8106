"""A Chromium for the tests of the pages, and a visitor who uses it."""

import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright
from playwright.async_api import Error as PlaywrightError

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path

from neighbours import Neighbours, neighbours
from soundness import visitor
from up_command import Up

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "Chromium is needed to test the pages: install it (Debian: apt-get install chromium) or name one in DRIVELINE_CHROMIUM"


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the run; without one these tests fail, since nobody has looked at the pages."""
    found = os.environ.get("DRIVELINE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.fail(MISSING, pytrace=False)
    async with async_playwright() as playwright:
        try:
            # Chromium's own sandbox does not work for root and in containers; what is visited here is ours.
            started = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except PlaywrightError as why:
            pytest.fail(f"{MISSING}; {found} does not start: {str(why).splitlines()[0]}", pytrace=False)
        yield started
        await started.close()


@pytest.fixture
async def pat(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A visitor's own browser, without cookies."""
    context = await visitor(browser)
    yield context
    await context.close()


@pytest.fixture
def pair(up: Up) -> Neighbours:
    """A school and a shop that nobody else knows."""
    return neighbours(up)

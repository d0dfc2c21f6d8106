"""What every page has to be, whichever service it is of: readable for everybody, at any width, without a script."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, BrowserContext, Page, Request

NARROW, WIDE = 360, 1280
VIOLATIONS = "axe.run({resultTypes: ['violations']}).then(found => found.violations)"
SCREENSHOTS = os.environ.get("DRIVELINE_SCREENSHOTS")
"""A folder: every page that is checked leaves its pictures there."""

# What went wrong on a page since it was opened; the page itself is the key, for as long as it is open.
_troubles: dict[Page, list[str]] = {}


async def visitor(browser: Browser) -> BrowserContext:
    """A browser of its own, with its own cookies, whose pages note what goes wrong on them."""
    context = await browser.new_context(viewport={"width": WIDE, "height": 900})
    context.on("page", _watch)
    return context


def _watch(page: Page) -> None:
    troubles = _troubles.setdefault(page, [])
    page.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "requestfailed",
        lambda request: troubles.append(f"{request.url}: {request.failure}") if _broke(request) else None,
    )
    page.on("close", lambda: _troubles.pop(page, None))


def _broke(request: Request) -> bool:
    """What the browser gives up itself because somebody has already left the page is no fault of the page."""
    return request.failure != "net::ERR_ABORTED"


async def assert_page_is_sound(page: Page, name: str | None = None, *, status: int = 200) -> None:
    """No violation that axe knows of, in the light and the dark scheme; nothing wider than a telephone of 360 px; no
    script; a title and one heading; nothing that the browser complained of. The page is from a `visitor`.

    `status` is the answer that was expected: browsers call every page of 400 and more an error. `name` is the picture's.
    """
    problems = [trouble for trouble in _troubles[page] if status < 400 or f"status of {status}" not in trouble]
    _troubles[page].clear()
    if scripts := await page.locator("script, [onclick], [onload], [onsubmit], [onchange]").count():
        problems.append(f"{scripts} elements with scripts")
    if (headings := await page.locator("h1").count()) != 1:
        problems.append(f"{headings} headings of the first level")
    if not (await page.title()).endswith("· Driveline"):
        problems.append(f"its title is {await page.title()!r}")
    await page.evaluate(AXE_SCRIPT)  # stays until the next page is opened: half a megabyte, read once, not four times
    for width in (NARROW, WIDE):
        await page.set_viewport_size({"width": width, "height": 800})
        if (there := await page.evaluate("document.documentElement.scrollWidth")) > width:
            problems.append(f"{there} px wide at {width} px: {await _widest(page, width)}")
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = await page.evaluate(VIOLATIONS)
            problems += [f"{width} px, {scheme}: {_line(violation)}" for violation in found]
            await _picture(page, name, width, scheme)
    await page.emulate_media(color_scheme="light")
    assert problems == [], f"{page.url}\n" + "\n".join(problems)


async def _widest(page: Page, width: int) -> Any:
    """The elements that stick out, as far as one can tell."""
    return await page.evaluate(
        """width => [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > width)
        .map(e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "")).slice(0, 5)""",
        width,
    )


def _line(violation: dict[str, Any]) -> str:
    where = ", ".join(str(node["target"][0]) for node in violation["nodes"][:3])
    return f"{violation['id']}: {violation['help']} ({where})"


async def _picture(page: Page, name: str | None, width: int, scheme: str) -> None:
    if SCREENSHOTS:
        place = name or urlsplit(page.url).path.strip("/").replace("/", "-") or "first"
        await page.screenshot(path=Path(SCREENSHOTS) / f"{place}-{width}-{scheme}.png", full_page=True)

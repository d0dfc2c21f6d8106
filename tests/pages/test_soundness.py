"""The check itself bites: a page with faults is told each of them."""

import pytest
from playwright.async_api import BrowserContext
from soundness import assert_page_is_sound

FAULTY = """<!doctype html><html lang="en"><title>Here</title><body><h1>One</h1><h1>Two</h1>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><div style="width: 400px">Wide</div><p style="color: #aaa; background: #fff">Pale</p>
<script>console.error("it broke")</script></body></html>"""


async def test_every_fault_of_a_page_is_named(pat: BrowserContext) -> None:
    page = await pat.new_page()
    await page.set_content(FAULTY)
    with pytest.raises(AssertionError) as found:
        await assert_page_is_sound(page)
    said = str(found.value)
    for fault in (
        "it broke",
        "1 elements with scripts",
        "2 headings of the first level",
        "its title is 'Here'",
        "408 px wide at 360 px: ",
        "360 px, light: image-alt: Images must have alternative text (img)",
        "1280 px, dark: color-contrast: Elements must meet minimum color contrast ratio thresholds (p)",
    ):
        assert fault in said

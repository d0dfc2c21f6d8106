"""What a person does in a browser: opens a link, presses a button, looks at what comes, signs in by mail."""

from neighbours import Neighbours, Side, link
from playwright.async_api import Page, expect
from soundness import assert_page_is_sound


async def open_twice(page: Page, url: str) -> None:
    """As a mail scanner does before the person."""
    await page.goto(url)
    await page.goto(url)


async def press(page: Page, button: str) -> None:
    await page.get_by_role("button", name=button).click()


async def see(page: Page, heading: str, name: str, status: int = 200) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    await assert_page_is_sound(page, name, status=status)


async def sign_in_by_mail(page: Page, pair: Neighbours, side: Side) -> str:
    """From the home page to the form, to the mail, to its link, to the button, and home; returns the link."""
    home = f"{pair.up.running['matching']}/home"
    await page.goto(home)
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await page.get_by_label("Email address").fill(side.email)
    await press(page, "Send me a link")
    await expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    url = link(pair.mail(side, "Your sign-in link"), "/sign-in/")
    await open_twice(page, url)
    await see(page, f"Welcome, {side.name}", "story-sign-in-link")
    await press(page, "Sign in")
    await page.wait_for_url(home)
    return url

"""Signing in and out in a real browser: every page on the way is sound, and the cookie is one for all services."""

import uuid
from typing import Any

from chassis.signed_in import COOKIE
from outside import Outside
from playwright.async_api import BrowserContext, expect
from soundness import assert_page_is_sound


def owner(up: Outside) -> dict[str, Any]:
    """A fresh shop's contact."""
    mark = uuid.uuid4().hex[:8]
    shop = {
        "kind": "business",
        "name": f"Elm Street Garage {mark}",
        "city": "New Oxford",
        "state": "PA",
        "zip": "17350",
    }
    people = [{"name": "Pat Doe", "email": f"pat-{mark}@example.com", "roles": ["owner"]}]
    with up.api() as api:
        member_id = api.post("/v1/members", json=shop).raise_for_status().json()["member_id"]
        named = api.post(f"/v1/members/{member_id}/contacts", json=people).raise_for_status()
    contact: dict[str, Any] = named.json()["contacts"][0]
    return contact


def link(up: Outside, **body: Any) -> str:
    with up.api() as api:
        return str(api.post("/v1/sign-in-links", json=body).raise_for_status().json()["url"])


async def test_the_form_and_its_answers_are_sound(up: Outside, pat: BrowserContext) -> None:
    page = await pat.new_page()
    await page.goto(f"{up.running['membership']}/")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await assert_page_is_sound(page, "sign-in")
    await page.get_by_label("Email address").fill(f"nobody-{uuid.uuid4().hex[:8]}@example.com")
    await page.get_by_role("button", name="Send me a link").click()
    await expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    await assert_page_is_sound(page, "sign-in-sent")
    await page.goto(f"{up.running['membership']}/sign-in?next=http%3A%2F%2Fevil.example%2F")
    await expect(page.get_by_role("heading", name="This address cannot be used")).to_be_visible()
    await assert_page_is_sound(page, "sign-in-elsewhere", status=400)


async def test_a_link_a_button_and_out_again(up: Outside, pat: BrowserContext) -> None:
    own_page = f"{up.running['membership']}/"
    url = link(up, contact_id=owner(up)["contact_id"], next=own_page)
    page = await pat.new_page()
    await page.goto(url)
    await expect(page.get_by_role("heading", name="Welcome, Pat Doe")).to_be_visible()
    await assert_page_is_sound(page, "sign-in-link")
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(own_page)
    await expect(page.get_by_text("in good standing")).to_be_visible()
    await assert_page_is_sound(page, "own-page")
    [cookie] = [cookie for cookie in await pat.cookies() if cookie["name"] == COOKIE]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    # The exchange, at another port, has never heard of Pat, and verifies the cookie by itself.
    await page.goto(f"{up.running['exchange']}/benchmarks")
    await expect(page.get_by_role("banner").get_by_text("Pat Doe")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url(f"{up.running['membership']}/sign-in")
    assert [cookie for cookie in await pat.cookies() if cookie["name"] == COOKIE] == []
    await page.goto(url)
    await expect(page.get_by_role("heading", name="This link is over")).to_be_visible()
    await assert_page_is_sound(page, "sign-in-over", status=410)


async def test_an_operators_page_is_sound(up: Outside, pat: BrowserContext) -> None:
    owner(up)
    page = await pat.new_page()
    await page.goto(link(up, operator=True))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Operator")).to_be_visible()
    await assert_page_is_sound(page, "operator")


async def test_a_page_that_is_not_there_is_sound(up: Outside, pat: BrowserContext) -> None:
    page = await pat.new_page()
    await page.goto(f"{up.running['membership']}/nowhere")
    await expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    await assert_page_is_sound(page, "not-found", status=404)

"""A partnership in a real browser: the pages behind the links, and both members' home pages, from asked to taken place."""

import re
import uuid
from typing import Any

import httpx
from outside import Outside, until
from playwright.async_api import BrowserContext, Page, expect
from soundness import assert_page_is_sound

SCHOOL, SHOP = "York County School of Technology", "Elm Street Garage"


def joined(up: Outside, kind: str, name: str, zip5: str, **fields: Any) -> dict[str, Any]:
    """A fresh member with one person; its contact."""
    mark = uuid.uuid4().hex[:8]
    member = {"kind": kind, "name": f"{name} {mark}", "city": "York", "state": "PA", "zip": zip5, **fields}
    people = [{"name": "Pat Doe", "email": f"pat-{mark}@example.com", "roles": ["owner", "instructor"]}]
    with up.api() as api:
        member_id = api.post("/v1/members", json=member).raise_for_status().json()["member_id"]
        named = api.post(f"/v1/members/{member_id}/contacts", json=people).raise_for_status()
    contact: dict[str, Any] = named.json()["contacts"][0]
    return contact


def matching(up: Outside) -> httpx.Client:
    """Matching, with the administrator's token."""
    running = up.running
    headers = {"authorization": f"Bearer {running['admin_token']}"}
    return httpx.Client(base_url=running["matching"], headers=headers, timeout=30)


def proposed(up: Outside, kind: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A school's and a shop's contact, and the need that brought them together; nobody else in the run offers this kind."""
    school = joined(up, "school", SCHOOL, "17401", level="high_school")
    shop = joined(up, "business", SHOP, "17350", shop_type="independent_repair")
    up.settle()
    offer = {"member_id": shop["member_id"], "kind": kind, "zip": "17350"}
    need = {
        "member_id": school["member_id"],
        "contact_id": school["contact_id"],
        "kind": kind,
        "title": "Brake day",
        "zip": "17401",
        "students": 22,
        "starts_on": "2027-02-01",
        "ends_on": "2027-02-28",
    }
    with matching(up) as api:
        api.post("/v1/offers", json=offer).raise_for_status()
        asked = api.post("/v1/needs", json=need).raise_for_status().json()
    assert [one["offered_by"] for one in asked["proposals"]] == [shop["member_id"]]
    return school, shop, asked


def link(up: Outside, topic: str, need: dict[str, Any]) -> str:
    """The link that notifications is to send."""

    def found() -> list[str]:
        told = [record.body for record in up.log(topic) if record.value]
        return [body["answer_url"] for body in told if body["need_id"] == need["need_id"]]

    return until(found)[0]


async def signed_in(up: Outside, pat: BrowserContext, contact: dict[str, Any]) -> Page:
    """That person's home page."""
    home = f"{up.running['matching']}/home"
    with up.api() as api:
        url = api.post("/v1/sign-in-links", json={"contact_id": contact["contact_id"], "next": home}).json()["url"]
    page = await pat.new_page()
    await page.goto(url)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(home)
    return page


async def test_both_answer_by_the_links_and_see_it_at_home(up: Outside, pat: BrowserContext) -> None:
    school, shop, need = proposed(up, "competition_judge")
    page = await pat.new_page()
    shops_link = link(up, "partnership.proposed", need)
    await page.goto(shops_link)
    await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("asks for a judge for a competition"))
    await assert_page_is_sound(page, "answer-shop")
    await page.get_by_role("button", name="Yes, we do it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You said yes. Thank you!")
    await assert_page_is_sound(page, "answer-shop-yes")
    await page.goto(link(up, "partnership.accepted", need))
    await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("says yes"))
    await assert_page_is_sound(page, "answer-school")
    await page.get_by_role("button", name="Yes, we do it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("It is agreed")
    await assert_page_is_sound(page, "answer-agreed")

    for contact, name in ((shop, "shop"), (school, "school")):
        page = await signed_in(up, pat, contact)
        await expect(page.get_by_role("heading", name="Agreed")).to_be_visible()
        await page.get_by_text("It took place").first.click()
        await page.get_by_label("Hours given").fill("2.5")
        await assert_page_is_sound(page, f"home-agreed-{name}")
        await page.get_by_role("button", name="It took place").click()
        await page.wait_for_url("**/home")
    await expect(page.get_by_role("heading", name="Took place")).to_be_visible()
    await assert_page_is_sound(page, "home-completed")


async def test_both_answer_at_home_and_a_no_ends_the_other_link(up: Outside, pat: BrowserContext) -> None:
    school, shop, need = proposed(up, "curriculum_review")
    shops_link = link(up, "partnership.proposed", need)
    page = await signed_in(up, pat, shop)
    await expect(page.get_by_role("heading", name="Waits for your answer")).to_be_visible()
    await assert_page_is_sound(page, "home-shop")
    await page.get_by_role("button", name="Yes, we do it").click()
    await expect(page.get_by_role("heading", name="Waits for the other side")).to_be_visible()
    await assert_page_is_sound(page, "home-shop-waits")
    page = await signed_in(up, pat, school)
    await expect(page.get_by_text("and you have the last word")).to_be_visible()
    await assert_page_is_sound(page, "home-school")
    await page.get_by_label("If you say no, why?").fill("the week is full")
    await page.get_by_role("button", name="No, not this time").click()
    await expect(page.get_by_text("Nobody was found yet")).to_be_visible()
    await page.goto(shops_link)
    await expect(page.get_by_role("heading", level=1)).to_have_text("This has come to its end")
    await assert_page_is_sound(page, "answer-over", status=410)
    await page.goto(f"{shops_link}x")
    await expect(page.get_by_role("heading", level=1)).to_have_text("This link is not complete")
    await assert_page_is_sound(page, "answer-unknown", status=404)

"""The benchmark page in a real browser: asked by its form, sound with every kind of answer."""

import uuid
from datetime import UTC, datetime, timedelta

from outside import Outside, Record, binary
from playwright.async_api import BrowserContext, Page, expect
from soundness import assert_page_is_sound

# Nobody else's in this run.
ROLE, STATE, ZIP = "painter", "VT", "05401"


def publish_pay(up: Outside, shops: int) -> None:
    """So many shops of one state pay one role 20 dollars an hour and more; it is old enough to be shown."""
    mark, today = uuid.uuid4().hex[:6], datetime.now(UTC).date()
    records: list[Record] = []
    for n in range(shops):
        member_id = f"shop-{mark}-{n}"
        state = {"member_id": member_id, "revision": 1, "kind": "business", "status": "active", "zip": ZIP,
                 "name": "Elm Street Garage", "verified_on": (today - timedelta(days=300)).isoformat()}  # fmt: skip
        pay = {"submission_id": "9b1c", "revision": 1, "member_id": member_id, "role": ROLE, "experience": "y5_9",
               "shop_type": "independent_repair", "size": "3_5", "zip": ZIP, "plan": "hourly", "rate": f"{20 + n % 10}",
               "rate_unit": "clock_hour", "hours_clocked": "40",
               "effective_on": (today - timedelta(days=150)).isoformat()}  # fmt: skip
        for topic, body in (("member.joined", state), ("pay.submitted", pay)):
            records.append(binary(topic, str(uuid.uuid4()), body, topic, key=member_id.encode()))
    up.publish(records)
    up.settle()


async def ask(page: Page, **choices: str) -> None:
    for label, choice in choices.items():
        await page.get_by_label(label.replace("_", " "), exact=True).select_option(label=choice)
    await page.get_by_role("button", name="Show the pay").click()


async def test_every_kind_of_answer_is_sound(up: Outside, pat: BrowserContext) -> None:
    publish_pay(up, 24)
    up.release()
    page = await pat.new_page()
    await page.goto(f"{up.running['exchange']}/")
    await expect(page.get_by_role("heading", name="What technicians are paid")).to_be_visible()
    await expect(page.locator("nav [aria-current=page]")).to_have_text("Pay benchmarks")
    await assert_page_is_sound(page, "benchmarks")

    await ask(page, Role="Painter", State="Vermont")
    await expect(page.get_by_role("heading", name="Painter in Vermont")).to_be_visible()
    await expect(page.get_by_text("20 to 49 shops")).to_be_visible()
    await expect(page.get_by_text("Automotive Body and Related Repairers (49-3021)")).to_be_visible()
    await assert_page_is_sound(page, "benchmarks-published")

    await ask(page, Metro_area="Burlington-South Burlington, VT", Experience="20 years and more")
    await expect(page.get_by_text("Too few shops have reported that to show it")).to_be_visible()
    await assert_page_is_sound(page, "benchmarks-rolled-up")

    await ask(page, Role="Parts specialist", Experience="Any")
    await expect(page.get_by_text("There is no number that may be shown.")).to_be_visible()
    await expect(page.get_by_text("There is no official statistic for this role.")).to_be_visible()
    await assert_page_is_sound(page, "benchmarks-withheld")

    await ask(page, Experience="2 to 4 years", One_more_filter="Salary")
    await expect(page.get_by_role("alert")).to_have_text("One more filter: cannot be asked together with “Experience”.")
    await assert_page_is_sound(page, "benchmarks-refused", status=400)

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


def publish_offers(up: Outside, shops: int) -> None:
    """So many shops of one state say three things: 10 days off from all but six, uniforms from all but two, and a rate."""
    mark, today = uuid.uuid4().hex[:6], datetime.now(UTC).date()
    records: list[Record] = []
    for n in range(shops):
        member_id = f"shop-{mark}-{n}"
        mine = {"revision": 1, "member_id": member_id}
        here = mine | {
            "shop_type": "independent_repair",
            "zip": ZIP,
            "effective_on": (today - timedelta(days=250)).isoformat(),
        }
        state = mine | {"kind": "business", "status": "active", "zip": ZIP, "name": "Elm Street Garage",
                        "verified_on": (today - timedelta(days=300)).isoformat()}  # fmt: skip
        days = {"offered": True, "amount": "10", "unit": "days_year"} if n >= 6 else {"offered": False}
        facts = [
            ("member.joined", state),
            ("benefits.submitted", here | {"submission_id": "b-1", "size": "3_5", "benefit": "pto_days"} | days),
            (
                "benefits.submitted",
                here | {"submission_id": "b-2", "size": "3_5", "benefit": "uniforms", "offered": n >= 2},
            ),
            ("labor-rate.submitted", here | {"submission_id": "l-1", "kind": "body", "posted_rate": f"{60 + n}"}),
        ]
        records += [binary(topic, str(uuid.uuid4()), body, topic, key=member_id.encode()) for topic, body in facts]
    up.publish(records)
    up.settle()


async def ask(page: Page, button: str = "Show the pay", **choices: str) -> None:
    for label, choice in choices.items():
        await page.get_by_label(label.replace("_", " "), exact=True).select_option(label=choice)
    await page.get_by_role("button", name=button).click()


async def test_every_kind_of_answer_is_sound(up: Outside, pat: BrowserContext) -> None:
    publish_pay(up, 24)
    up.release()
    page = await pat.new_page()
    await page.goto(f"{up.running['exchange']}/")
    await expect(page.get_by_role("heading", name="What technicians are paid")).to_be_visible()
    await expect(page.locator("header nav [aria-current=page]")).to_have_text("Benchmarks")
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


async def test_benefits_and_labor_rates_are_asked_by_forms_of_their_own(up: Outside, pat: BrowserContext) -> None:
    publish_offers(up, 24)
    up.release()
    page = await pat.new_page()
    await page.goto(f"{up.running['exchange']}/benchmarks?state=VT")
    choices = page.get_by_role("navigation", name="What to ask about")
    await choices.get_by_role("link", name="Benefits").click()
    await expect(page.get_by_role("heading", name="What benefits shops offer")).to_be_visible()
    await expect(page.get_by_label("State", exact=True)).to_have_value("VT")
    await assert_page_is_sound(page, "benefits-first")

    benefit = "Show the benefit"
    await ask(page, benefit, Benefit="Paid time off", Shop_size="3 to 5 people")
    await expect(page.get_by_text("of shops offer paid time off here.")).to_be_visible()
    await expect(page.locator(".figure")).to_have_text("75%")
    await expect(page.get_by_text("the usual amount is 10 days a year")).to_be_visible()
    await assert_page_is_sound(page, "benefits-published")

    await ask(page, benefit, Benefit="Uniforms", Shop_size="11 to 20 people")
    await expect(page.get_by_text("You asked for Uniforms in Vermont, shop size: 11 to 20 people")).to_be_visible()
    await expect(page.get_by_text("The share is withheld: fewer than 5 shops answered one way")).to_be_visible()
    await assert_page_is_sound(page, "benefits-share-withheld")

    await choices.get_by_role("link", name="Labor rates").click()
    rate = "Show the rate"
    await ask(page, rate, Kind_of_rate="Body rate")
    await expect(page.get_by_role("heading", name="Body rate in Vermont")).to_be_visible()
    await expect(page.get_by_text("Half of the posted rates are below $72.00 an hour")).to_be_visible()
    await assert_page_is_sound(page, "labor-rates-published")

    await ask(page, rate, Kind_of_rate="Aluminum structural rate")
    await expect(page.get_by_text("There is no number that may be shown.")).to_be_visible()
    await assert_page_is_sound(page, "labor-rates-withheld")

    await choices.get_by_role("link", name="Pay").click()
    await expect(page.get_by_role("heading", name="What technicians are paid")).to_be_visible()

"""The links of `driveline demo --keep`: each signs in somebody who finds what the demo says at home."""

from datetime import UTC, datetime

from driveline.demo.market import Shop
from driveline.demo.partnerships.asking import kinds_of
from driveline.demo.partnerships.cast import Cast, Person, Program
from driveline.demo.partnerships.open_house import open_house
from driveline.running import Running
from neighbours import Side, join_with_person
from outside import Outside
from playwright.async_api import BrowserContext, Page, expect
from visiting import press, see

# On another island than every other test.
KAHULUI, LAHAINA = "96732", "96761"


def cast_of_two(up: Outside) -> Cast:
    """A school and a shop in place of the demo's hundreds."""
    school = {"kind": "school", "name": "Valley Isle High School", "level": "high_school", "zip": KAHULUI}
    shop = {"kind": "business", "name": "Lahaina Garage", "shop_type": "independent_repair", "zip": LAHAINA}
    asking = join_with_person(up, school, "Robin Kealoha", "robin-valley@example.com", "instructor")
    giving = join_with_person(up, shop, "Pat Nakamura", "pat-lahaina@example.com", "owner")
    up.settle()
    there = Shop("synthetic:HI-1", "Lahaina Garage", "Lahaina", "HI", LAHAINA, "independent_repair", "3_5", 4)
    program = Program("Valley Isle High School", KAHULUI, "47.0604", as_person(asking, "instructor"), (there,))
    # The first one finds nobody: none of its kinds is offered there.
    alone = Program("Valley Isle High School", KAHULUI, "47.0603", as_person(asking, "instructor"), ())
    return Cast([alone, program], {giving.member_id: as_person(giving, "owner")})


def as_person(side: Side, role: str) -> Person:
    return Person(side.member_id, side.name, role, side.email, contact_id=side.contact_id)


async def sign_in(page: Page, url: str, home: str) -> None:
    await page.goto(url)
    await press(page, "Sign in")
    await page.wait_for_url(home)


async def test_each_link_leads_to_what_waits(up: Outside, pat: BrowserContext) -> None:
    cast = cast_of_two(up)
    (shop,) = cast.owners
    with up.api() as api:
        for kind, _ in kinds_of(1):
            body = {"member_id": shop, "kind": kind, "zip": LAHAINA, "capacity": 1}
            api.post(f"{up.running['matching']}/v1/offers", json=body).raise_for_status()

    owner, instructor, operator = open_house(Running.read(up.ready), cast, datetime.now(UTC).date())

    home, page = f"{up.running['matching']}/home", await pat.new_page()
    assert (owner.who, owner.name) == ("a shop owner", "Pat Nakamura")
    await sign_in(page, owner.url, home)
    await see(page, "Lahaina Garage", "open-house-owner")
    await expect(page.get_by_role("form", name="A morning in a real shop, once more")).to_be_visible()
    await expect(page.get_by_text("You said yes to a day of job shadowing for Valley Isle High School")).to_be_visible()
    assert (instructor.who, instructor.name) == ("an instructor", "Robin Kealoha")
    await sign_in(page, instructor.url, home)
    await see(page, "Valley Isle High School", "open-house-instructor")
    await press(page, "Yes, we do it")
    await expect(page.get_by_text("Agreed with Lahaina Garage.")).to_be_visible()
    assert operator.who == "an operator"
    await sign_in(page, operator.url, f"{up.running['membership']}/")
    await see(page, "Operator", "open-house-operator")

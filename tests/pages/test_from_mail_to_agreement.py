"""From the email in the mail server to the agreement, in a real browser, and home afterwards; every page on the way is sound."""

from neighbours import KIND_WORDS, TITLE, Neighbours, link, only
from outside import until
from playwright.async_api import Browser, BrowserContext, expect
from soundness import visitor
from visiting import open_twice, press, see, sign_in_by_mail


async def test_a_link_in_a_mail_leads_to_an_agreement(pair: Neighbours, pat: BrowserContext) -> None:
    school, shop, words = pair.school, pair.shop, KIND_WORDS[pair.kind]
    need = pair.ask()
    page = await pat.new_page()

    proposal = pair.mail(shop, f"{school.member_name} asks for")
    await open_twice(page, link(proposal, "/answers/"))
    await see(page, f"{school.member_name} asks for {words}", "answer-owner-asked")
    await expect(page.get_by_text("7 miles apart")).to_be_visible()
    assert pair.need(need["need_id"]) == need
    await press(page, "Yes, we do it")
    await see(page, "You said yes. Thank you!", "answer-owner-said-yes")
    assert only(pair.need(need["need_id"]))["state"] == "accepted"

    acceptance = pair.mail(school, f"{shop.member_name} says yes to {TITLE}")
    await open_twice(page, link(acceptance, "/answers/"))
    await see(page, f"{shop.member_name} says yes", "answer-school-asked")
    assert only(pair.need(need["need_id"]))["state"] == "accepted"
    await press(page, "Yes, we do it")
    await see(page, "It is agreed", "answer-agreed")
    ended = pair.need(need["need_id"])
    assert (ended["state"], only(ended)["state"]) == ("filled", "agreed")

    for side, other in ((school, shop), (shop, school)):
        agreement = pair.mail(side, f"Agreed: {TITLE} with {other.member_name}")
        assert link(agreement, "/home") == f"{pair.up.running['matching']}/home"
    # The first link is used up and says how it stands; the button of a page that was left open changes nothing more.
    await page.goto(link(proposal, "/answers/"))
    await see(page, "It is agreed", "answer-owner-agreed")
    late = await pat.request.post(link(proposal, "/answers/"), form={"answer": "no"})
    assert (late.status, "It is agreed" in await late.text()) == (200, True)
    assert pair.need(need["need_id"]) == ended


async def test_both_see_it_at_home_and_say_that_it_took_place(
    pair: Neighbours, pat: BrowserContext, browser: Browser
) -> None:
    proposal_id = only(pair.ask())["proposal_id"]
    page = await pat.new_page()
    used_up = await sign_in_by_mail(page, pair, pair.shop)
    await see(page, pair.shop.member_name, "home-owner-asked")
    card = page.get_by_role("form", name=TITLE)
    await expect(card.get_by_text(f"{KIND_WORDS[pair.kind].capitalize()}: {TITLE}")).to_be_visible()
    await press(page, "Yes, we do it")
    await expect(page.get_by_text("Nothing at the moment.")).to_be_visible()
    await see(page, pair.shop.member_name, "home-owner-waits")

    robin = await visitor(browser)
    hers = await robin.new_page()
    await sign_in_by_mail(hers, pair, pair.school)
    await see(hers, pair.school.member_name, "home-school-asked")
    await expect(hers.get_by_text("would do it, and you have the last word")).to_be_visible()
    await press(hers, "Yes, we do it")
    await expect(hers.get_by_text(f"Agreed with {pair.shop.member_name}.")).to_be_visible()
    await hers.get_by_text("It took place").first.click()
    await hers.get_by_label("Students reached").fill("twenty")
    await see(hers, pair.school.member_name, "home-school-agreed")
    await press(hers, "It took place")
    await see(hers, "This did not work", "home-school-no-number", status=422)
    await hers.get_by_role("link", name="Back").click()
    await hers.get_by_text("It took place").first.click()
    await hers.get_by_label("Students reached").fill("21")
    await press(hers, "It took place")
    await see(hers, pair.school.member_name, "home-school-told")

    await page.reload()
    await page.get_by_text(f"It took place: {pair.school.member_name} said so").click()
    await see(page, pair.shop.member_name, "home-owner-agreed")
    await page.get_by_label("Hours given").fill("3.5")
    await press(page, "It took place")
    await expect(page.get_by_role("heading", name="Took place")).to_be_visible()
    await see(page, pair.shop.member_name, "home-owner-completed")
    until(
        lambda: [done.body["proposal_id"] for done in pair.up.log("partnership.completed")],
        lambda ids: proposal_id in ids,
    )

    for context, one in ((pat, page), (robin, hers)):
        await press(one, "Sign out")
        await expect(one.get_by_role("heading", name="Sign in")).to_be_visible()
        assert await context.cookies() == []
    await page.goto(used_up)
    await see(page, "This link is over", "story-sign-in-over", status=410)
    await robin.close()

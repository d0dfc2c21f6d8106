"""Pages for what is over, used up, somebody else's or not to be had: each says in plain words how it stands, and is sound."""

from neighbours import Neighbours, link, neighbours, only
from playwright.async_api import BrowserContext, Page
from visiting import open_twice, press, see, sign_in_by_mail


async def forge(page: Page, field: str, value: str) -> None:
    """Change what the first form for an answer would send."""
    await page.evaluate(
        """([field, value]) => {
            const form = document.querySelector("form[action^='/home/proposals']");
            if (field === "action") form.action = value; else form.elements[field].value = value;
        }""",
        [field, value],
    )


async def test_what_is_over_says_so(pair: Neighbours, pat: BrowserContext) -> None:
    page = await pat.new_page()

    def asked(title: str) -> tuple[str, str, str]:
        """A new need: its id, its proposal, and the link in the mail of it."""
        need = pair.ask(title=title)
        return need["need_id"], only(need)["proposal_id"], link(pair.mail(pair.shop, "asks for", title), "/answers/")

    need_id, _, url = asked("First try")
    pair.take_back(need_id)
    await page.goto(url)
    await see(page, "This was taken back", "answer-taken-back", status=410)

    _, proposal_id, url = asked("Second try")
    pair.say(proposal_id, "accept", pair.shop)
    pair.say(proposal_id, "decline", pair.school)
    await page.goto(url)
    await see(page, "This has come to its end", "answer-other-no", status=410)

    _, _, url = asked("Third try")
    await page.goto(url)
    await page.get_by_label("If you say no, why?").fill("We are two, and one of us is on leave.")
    await press(page, "No, not this time")
    await see(page, "You said no", "answer-said-no")

    await page.goto(url + "x")
    await see(page, "This link is not complete", "answer-not-complete", status=404)


async def test_a_form_of_somebody_else_changes_nothing(pair: Neighbours, pat: BrowserContext) -> None:
    need = pair.ask()
    other = neighbours(pair.up)
    theirs = other.ask()
    page = await pat.new_page()
    used_up = await sign_in_by_mail(page, pair, pair.shop)

    await forge(page, "form_token", "0" * 64)
    await press(page, "Yes, we do it")
    await see(page, "Please open the page again", "home-other-session", status=403)
    await page.go_back()
    await forge(page, "action", f"/home/proposals/{only(theirs)['proposal_id']}/answer")
    await press(page, "Yes, we do it")
    await see(page, "This is not yours to answer", "home-not-yours", status=404)
    await page.get_by_role("link", name="Back").click()
    await forge(page, "action", "/home/proposals/p-nowhere/answer")
    await press(page, "Yes, we do it")
    await see(page, "This is not yours to answer", "home-nowhere", status=404)
    assert pair.need(need["need_id"]) == need
    assert other.need(theirs["need_id"]) == theirs

    await page.goto(used_up)
    await see(page, "This link is over", "sign-in-over", status=410)


async def test_a_mail_s_last_link_ends_such_mails(pair: Neighbours, pat: BrowserContext) -> None:
    pair.ask(title="First")
    page = await pat.new_page()
    url = link(pair.mail(pair.shop, "asks for"), "/unsubscribe/")
    await open_twice(page, url)
    await see(page, "No more of these mails?", "unsubscribe")
    pair.ask(title="Second")
    assert link(pair.mail(pair.shop, "asks for", "Second"), "/unsubscribe/") != url
    await press(page, "No more of these mails")
    await see(page, "Done", "unsubscribed")
    await page.goto(url)
    await press(page, "No more of these mails")
    await see(page, "Done", "unsubscribed-again")
    last = pair.ask(title="Third")
    pair.up.settle()
    assert not [mail for mail in pair.mails(pair.shop) if "Third" in mail.text]
    told = [
        record.body for record in pair.up.log("notification.settled") if record.body["member_id"] == pair.shop.member_id
    ]
    assert [(one["outcome"], one["reason"]) for one in told if one["template"] == "proposal"][-1] == (
        "suppressed",
        "the person asked for no match mail",
    )
    # What they do themselves is still confirmed by mail.
    await sign_in_by_mail(page, pair, pair.shop)
    await page.goto(url + "x")
    await see(page, "We do not know this link", "unsubscribe-unknown", status=404)
    assert only(last)["state"] == "proposed"

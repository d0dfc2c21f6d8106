"""The pages: looking changes nothing, two buttons answer, what is shown is escaped, and only one's own is shown."""

import html
import re
from typing import Any

import httpx
import pytest
from contracts.vocabulary import PARTNERSHIP_KINDS
from matching.adapters.tables import NEED, OFFER, OUTBOX, PROPOSAL, WITHDRAWAL
from matching.entrypoints.pages import words
from matching_market import Town, joined, mark, member, town
from matching_process import Running
from sqlalchemy import select

EVIL = "<script>alert('Brake day')</script>"


async def link_of(running: Running, topic: str, need: dict[str, Any]) -> str:
    [told] = await running.told(topic, need_id=need["need_id"])
    return str(told["answer_url"])


async def everything(running: Running) -> list[Any]:
    await running.relayed()
    async with running.database.session() as session:
        tables = (NEED, OFFER, PROPOSAL, WITHDRAWAL, OUTBOX)
        return [list(await session.execute(select(table).order_by(*table.primary_key))) for table in tables]


def check_page(answer: httpx.Response) -> str:
    """What holds for every page; returns its text."""
    page = answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "script" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "<script" not in page
    assert len(re.findall(r"<h1", page)) == 1
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for tag in re.findall(r"<(?:input|textarea|select)\b[^>]*>", page):
        if 'type="hidden"' not in tag:
            control = re.search(r'\bid="([^"]+)"', tag)
            assert control, tag
            assert f'<label for="{control[1]}"' in page, tag
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


async def asked(running: Running, **fields: Any) -> tuple[Town, dict[str, Any], str]:
    here = await town(running, kind="guest_speaker")
    need = await here.ask(title=EVIL, students=22, starts_on="2027-02-01", ends_on="2027-02-28", **fields)
    return here, need, await link_of(running, "partnership.proposed", need)


async def test_the_shop_and_the_school_answer_by_their_links(matching: Running) -> None:
    here, need, link = await asked(matching)
    async with matching.browser() as browser:
        before = await everything(matching)
        for method in ("GET", "HEAD", "GET"):
            answer = await browser.request(method, link)
        assert await everything(matching) == before
        page = check_page(answer)
        assert answer.status_code == 200
        for part in (
            "York County School of Technology asks for a guest speaker",
            EVIL,
            "Elm Street Garage",
            "February 1, 2027 to February 28, 2027",
            "Students 22",
            "miles apart",
            here.region.centre,
        ):
            assert part in page, part
        answer = await browser.post(link, data={"answer": "yes"}, follow_redirects=True)
        assert [step.status_code for step in (*answer.history, answer)] == [303, 200]
        assert "You said yes. Thank you!" in check_page(answer)
        again = await browser.post(link, data={"answer": "no"}, follow_redirects=True)
        assert "You said yes. Thank you!" in check_page(again)
        theirs = await link_of(matching, "partnership.accepted", need)
        assert theirs != link
        answer = await browser.get(theirs)
        assert "Elm Street Garage says yes" in check_page(answer)
        answer = await browser.post(theirs, data={"answer": "yes"}, follow_redirects=True)
        assert "It is agreed" in check_page(answer)
        for used in (link, theirs):
            answer = await browser.get(used)
            assert answer.status_code == 200
            assert "It is agreed" in check_page(answer)
    await here.until(need["need_id"], (0, "agreed"))


async def test_no_by_the_link_passes_the_request_on(matching: Running) -> None:
    here, need, link = await asked(matching)
    async with matching.browser() as browser:
        answer = await browser.post(link, data={"answer": "no", "reason": " no time <b> "}, follow_redirects=True)
        assert answer.status_code == 200
        assert "You said no" in check_page(answer)
    need = await here.until(need["need_id"], (0, "declined"), (1, "proposed"))
    assert need["proposals"][0]["reason"] == "no time <b>"


async def test_a_link_that_has_ended_says_so_kindly(matching: Running) -> None:
    here, need, link = await asked(matching)
    async with here.teacher() as teacher:
        await teacher.delete(f"/v1/needs/{need['need_id']}")
    async with matching.browser() as browser:
        for answer in (
            await browser.get(link),
            await browser.post(link, data={"answer": "yes"}, follow_redirects=True),
        ):
            assert answer.status_code == 410
            assert "This was taken back" in check_page(answer)


async def test_a_link_that_was_changed_opens_nothing(matching: Running) -> None:
    _, _, link = await asked(matching)
    head, body, signature = link.rsplit("/", 1)[1].split(".")
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    async with matching.browser() as browser:
        for token in ("x", f"{head}.{body}", f"{head}.{body}.{flipped}", f"eyJhbGciOiJub25lIn0.{body}."):
            for answer in (
                await browser.get(f"/answers/{token}"),
                await browser.post(f"/answers/{token}", data={"answer": "yes"}),
            ):
                assert answer.status_code == 404
                assert "This link is not complete" in check_page(answer)
        answer = await browser.post(link, data={"answer": "perhaps"})
        assert answer.status_code == 400
        long = await browser.post(link, data={"answer": "no", "reason": "x" * 1001})
        assert long.status_code == 422


async def test_home_sends_who_is_not_signed_in_to_sign_in(matching: Running) -> None:
    async with matching.browser() as browser:
        answer = await browser.get("/home")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"{matching.keys.url}/sign-in?next=")
        assert (await browser.get("/")).headers["location"] == "/home"


async def test_from_home_to_what_came_of_it(matching: Running) -> None:
    here, need, _ = await asked(matching)
    shop, teacher = (
        matching.browser(**matching.keys.cookie("c-1", here.shops[0])),
        matching.browser(**matching.keys.cookie("c-9", here.school)),
    )
    proposal_id = need["proposals"][0]["proposal_id"]
    async with shop, teacher:
        before = await everything(matching)
        page = check_page(await teacher.get("/home"))
        assert await everything(matching) == before
        assert f"A guest speaker: {EVIL}" in page
        assert "Elm Street Garage was asked, and has until" in page
        answer = await shop.get("/home")
        assert "Waits for your answer" in check_page(answer)
        form = form_of(answer, "answer")
        assert form["action"] == f"/home/proposals/{proposal_id}/answer"
        forged = await shop.post(form["action"], data={"answer": "yes", "form_token": "0" * 64})
        assert forged.status_code == 403
        done = await shop.post(form["action"], data={"answer": "yes", "form_token": form["form_token"]})
        assert (done.status_code, done.headers["location"]) == (303, "/home")
        assert "You said yes to a guest speaker for York County" in check_page(await shop.get("/home"))
        answer = await teacher.get("/home")
        assert "Elm Street Garage would do it, and you have the last word." in check_page(answer)
        form = form_of(answer, "answer")
        await teacher.post(form["action"], data={"answer": "yes", "form_token": form["form_token"]})
        second = await teacher.post(form["action"], data={"answer": "no", "form_token": form["form_token"]})
        assert second.status_code == 409
        assert "This was answered before" in check_page(second)
        for side, given in (
            (shop, {"hours_given": "2.5", "value_donated": "$150.00"}),
            (teacher, {"students_reached": "21"}),
        ):
            form = form_of(await side.get("/home"), "complete")
            wrong = await side.post(form["action"], data={"hours_given": "two", "form_token": form["form_token"]})
            assert wrong.status_code == 422
            assert "Hours given: “two” is not a plain number." in check_page(wrong)
            done = await side.post(form["action"], data={**given, "form_token": form["form_token"]})
            assert done.status_code == 303, done.text
        assert "Took place" in check_page(await shop.get("/home"))
    [told] = await matching.told("partnership.completed", need_id=need["need_id"])
    assert (told["students_reached"], told["hours_given"], told["value_donated"]) == (21, "2.5", "150.00")


def form_of(answer: httpx.Response, verb: str) -> dict[str, str]:
    form = re.search(rf'<form[^>]*action="(/home/proposals/[^"]*/{verb})"[^>]*>(.*?)</form>', answer.text, re.DOTALL)
    assert form, answer.text
    token = re.search(r'name="form_token" value="([0-9a-f]{64})"', form[2])
    assert token
    return {"action": form[1], "form_token": token[1]}


async def test_home_shows_and_answers_ones_own_only(matching: Running) -> None:
    here, need, _ = await asked(matching)
    stranger = mark("shop")
    await joined(matching, member(stranger, name="Third Garage"))
    async with matching.browser(**matching.keys.cookie("c-3", stranger)) as browser:
        answer = await browser.get("/home")
        page = check_page(answer)
        assert "Third Garage" in page
        assert "Brake day" not in page
    async with matching.browser(**matching.keys.cookie("c-1", here.shops[0])) as shop:
        form = form_of(await shop.get("/home"), "answer")
    # The stranger's own session, with a form that was given to it.
    async with matching.browser(**matching.keys.cookie("c-9", here.school)) as other:
        answer = await other.post(form["action"], data={"answer": "yes", "form_token": form["form_token"]})
        assert answer.status_code == 403
    await here.until(need["need_id"], (0, "proposed"))


@pytest.mark.parametrize("kind", PARTNERSHIP_KINDS)
def test_every_kind_has_words(kind: str) -> None:
    assert words.kind(kind).split()[0] in ("a", "an") or words.kind(kind).split()[0].isalpha()
    assert kind in words.KINDS

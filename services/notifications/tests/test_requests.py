"""What services may have people told, and what partners may not."""

from typing import Any

import pytest
from chassis.servers.mailbox import Mailbox
from contracts.notifications import NotificationRequested
from notifications_people import Person, school, shop, unique
from notifications_process import Log, Running
from notifications_waiting import inbox, known, messages, settled

LINK = {"url": "https://driveline.example.com/sign-in/abc"}


@pytest.fixture
async def pat(notifications: Running) -> Person:
    person = shop()
    await notifications.tell(person.joins(), person.contact())
    await known(notifications.database, "contact", person.contact_id, 2)
    return person


def request(person: Person, **fields: Any) -> NotificationRequested:
    body = {
        "request_id": f"r-{unique()}",
        "member_id": person.member_id,
        "class": "transactional",
        "template": "sign_in",
        "data": LINK,
        "contact_id": person.contact_id,
        **fields,
    }
    return NotificationRequested.model_validate(body)


def news(person: Person, **fields: Any) -> NotificationRequested:
    given = {
        "class": "digest",
        "template": "program_news",
        "data": {"title": "A new shop <near> you"},
        "contact_id": None,
    }
    return request(person, **given | fields)


async def test_a_sign_in_link_goes_to_that_one_person(notifications: Running, mailbox: Mailbox, pat: Person) -> None:
    (cause,) = await notifications.tell(request(pat))
    (row,) = await settled(notifications.database, cause, ("sign_in", "email", "sent"))
    (mail,) = await inbox(mailbox, pat.email)
    assert mail.links == [LINK["url"]]
    assert mail.headers["list-unsubscribe"] is None
    assert row["data"] == {}


async def test_the_same_request_under_two_event_ids_is_one_mail(
    notifications: Running, mailbox: Mailbox, pat: Person
) -> None:
    asked = request(pat)
    first, second = await notifications.tell(asked, asked)
    await settled(notifications.database, first, ("sign_in", "email", "sent"))
    (marker,) = await notifications.tell(request(pat))
    await settled(notifications.database, marker, ("sign_in", "email", "sent"))
    assert await messages(notifications.database, second) == []
    await inbox(mailbox, pat.email, 2)


async def test_a_partner_may_have_news_told(notifications: Running, mailbox: Mailbox, pat: Person) -> None:
    (cause,) = await notifications.tell(news(pat), partner="ase", submitter="partner:ase")
    await settled(notifications.database, cause, ("program_news", "email", "sent"))
    (mail,) = await inbox(mailbox, pat.email)
    assert mail.subject == "A new shop <near> you"
    assert "<strong>A new shop &lt;near&gt; you</strong>" in mail.html


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"template": "sign_in", "data": LINK}, "template: 'sign_in' is the system's own"),
        ({"template": "sms_confirm"}, "template: 'sms_confirm' is the system's own"),
        ({"class": "transactional"}, "class: 'transactional' is for what people did here themselves"),
        ({"template": "proposal"}, "template: 'proposal' is none that may be asked for"),
        ({"template": "lottery"}, "template: 'lottery' is none that may be asked for"),
        ({"data": {}}, "data.title: is missing"),
        ({"data": {"title": "x", "url": "javascript:alert(1)"}}, "data.url: is not an http or https address"),
        ({"data": {"title": ["x"]}}, "data.title: is neither text nor a number"),
    ],
)
async def test_what_a_partner_may_not_is_a_dead_letter_of_its_own(
    notifications: Running, log: Log, pat: Person, fields: dict[str, Any], reason: str
) -> None:
    asked = news(pat, **fields)
    (cause,) = await notifications.tell(asked, partner="ase", submitter="partner:ase")
    (dead,) = await log("notifications.dead", lambda body: body.get("request_id") == asked.request_id, 1)
    assert dead["ce"]["dead_reason"] == reason
    assert await messages(notifications.database, cause) == []


async def test_nobody_is_told_what_is_meant_for_another_members_person(
    notifications: Running, log: Log, pat: Person
) -> None:
    robin = school()
    asked = request(pat, member_id=robin.member_id)
    await notifications.tell(asked)
    (dead,) = await log("notifications.dead", lambda body: body.get("request_id") == asked.request_id, 1)
    assert dead["ce"]["dead_reason"] == "contact_id: is not one of this member's people"

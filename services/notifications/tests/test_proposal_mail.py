"""A proposal becomes a mail to the shop whose turn it is: once, with both parts, its links, and its outcome on the log."""

import asyncio

from chassis.servers.mailbox import Mailbox
from notifications_people import Between, school, shop
from notifications_process import Log, Running
from notifications_waiting import inbox, messages, settled


async def test_a_proposal_that_comes_three_times_is_one_mail(
    notifications: Running, mailbox: Mailbox, log: Log
) -> None:
    asker, offerer = school(), shop()
    await notifications.tell(asker.joins(), asker.contact(), offerer.joins(), offerer.contact())
    proposal = Between(asker, offerer)
    cause = f"ce-{proposal.key}"
    await notifications.tell_again(proposal.proposed(), cause, times=3)

    (row,) = await settled(notifications.database, cause, ("proposal", "email", "sent"))
    (mail,) = await inbox(mailbox, offerer.email)
    assert mail.subject == "York Tech asks for a guest speaker"
    assert mail.sender == "Driveline <notifications@driveline.example.com>"
    assert mail.headers["message-id"] == f"<{row['message_id']}@driveline.example.com>"
    assert mail.headers["reply-to"] == "help@driveline.example.com"
    assert mail.headers["list-unsubscribe"] == f"<{notifications.url}/unsubscribe/{row['token']}>"
    assert mail.headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert "York Tech, 12 miles away, asks whether you can help:" in mail.text
    assert "When: between February 1, 2027 and February 28, 2027" in mail.text
    assert f"https://driveline.example.com/answers/{proposal.key}" in mail.text
    assert mail.links[0] == f"https://driveline.example.com/answers/{proposal.key}"
    assert await asyncio.to_thread(mailbox.inbox, asker.email) == []

    (said,) = await log("notification.settled", lambda body: body["cause"] == cause, 1)
    assert said["ce"]["ce_causationid"] == said["ce"]["ce_correlationid"] == cause
    assert {k: said[k] for k in ("revision", "member_id", "contact_id", "template", "class", "channel", "outcome")} == {
        "revision": 1,
        "member_id": offerer.member_id,
        "contact_id": offerer.contact_id,
        "template": "proposal",
        "class": "match",
        "channel": "email",
        "outcome": "sent",
    }
    assert (await messages(notifications.database, cause))[0]["data"] == {}

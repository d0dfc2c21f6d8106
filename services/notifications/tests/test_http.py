"""Over HTTP: a member's own subscriptions, what became of messages for operators, and one click to be left alone."""

import httpx
import pytest
from chassis.servers.mailbox import Mailbox
from contracts.exchange import BenchmarkPublished
from notifications_issuer import Issuer
from notifications_people import Between, Person, school, shop, unique
from notifications_process import Log, Running
from notifications_waiting import inbox, known, messages, settled

WANTED = {"cell": "pay|state:PA|tech_a|*|*|*", "threshold": "0.50"}


@pytest.fixture
async def pat(notifications: Running) -> Person:
    person = shop()
    await notifications.tell(person.joins(), person.contact())
    await known(notifications.database, "contact", person.contact_id, 2)
    await known(notifications.database, "member", person.member_id, 1)
    return person


def published(cell: str, epoch: int, now: str, before: str | None, serial: int = 0) -> BenchmarkPublished:
    body = {
        "cell": cell,
        "epoch": epoch,
        "serial": serial,
        "policy_id": "pay-2026",
        "percentiles": {"p50": now},
        "contributors": "20_49",
        "previous": {"p50": before} if before else None,
    }
    return BenchmarkPublished.model_validate(body)


async def test_a_member_reaches_its_own_subscriptions_only(api: httpx.AsyncClient, issuer: Issuer, pat: Person) -> None:
    mine, other = issuer.headers("pay:write", member_id=pat.member_id), issuer.headers("pay:write", member_id="m-other")
    made = await api.post("/v1/subscriptions", json=WANTED, headers=mine)
    assert made.status_code == 201
    again = await api.post("/v1/subscriptions", json=WANTED | {"threshold": "1"}, headers=mine)
    assert again.json() == made.json() | {"threshold": "1"}
    (listed,) = (await api.get("/v1/subscriptions", headers=mine)).json()["subscriptions"]
    assert listed == again.json()
    address = f"/v1/subscriptions/{made.json()['subscription_id']}"
    assert (await api.get("/v1/subscriptions", headers=other)).json() == {"subscriptions": []}
    assert (await api.delete(address, headers=other)).status_code == 404
    assert (await api.delete(address, headers=mine)).status_code == 204
    assert (await api.get("/v1/subscriptions", headers=mine)).json() == {"subscriptions": []}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (WANTED | {"threshold": "-1"}, "threshold: "),
        (WANTED | {"cell": "pay|PA"}, "cell: 'pay|PA' is not a cell's key such as 'pay|state:PA|tech_a|*|*|*'"),
        (
            WANTED | {"cell": "benefits|state:PA|*|health"},
            "cell: 'benefits|state:PA|*|health' is not a cell's key such as 'benefits|state:PA|*|*|health'",
        ),
        (WANTED | {"cell": "benefits|state:PA|*|*|*"}, "cell: '*' is not one of health, dental, vision, "),
        (WANTED | {"cell": "labor-rates|state:PA|*|door"}, "cell: 'door' is not one of mechanical_door, diesel_door, "),
        (WANTED | {"phone": "+1"}, "phone: "),
    ],
)
async def test_what_is_no_subscription_is_refused_in_one_line(
    api: httpx.AsyncClient, issuer: Issuer, pat: Person, body: dict[str, str], error: str
) -> None:
    answer = await api.post("/v1/subscriptions", json=body, headers=issuer.headers("x", member_id=pat.member_id))
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(error)


async def test_nobody_subscribes_without_speaking_for_a_member(api: httpx.AsyncClient, issuer: Issuer) -> None:
    assert (await api.post("/v1/subscriptions", json=WANTED)).status_code == 401
    assert (await api.post("/v1/subscriptions", json=WANTED, headers=issuer.headers("operate"))).status_code == 403


async def test_a_person_who_is_signed_in_subscribes_for_themselves(
    api: httpx.AsyncClient, issuer: Issuer, pat: Person
) -> None:
    session = issuer.token("member", subject=pat.contact_id, typ="session+jwt", member_id=pat.member_id, name="Pat")
    answer = await api.post("/v1/subscriptions", json=WANTED, headers={"Cookie": f"driveline_session={session}"})
    assert (answer.status_code, answer.json()["contact_id"]) == (201, pat.contact_id)


async def test_a_benchmark_that_moved_past_the_threshold_is_told_once_an_epoch(
    notifications: Running, api: httpx.AsyncClient, issuer: Issuer, mailbox: Mailbox, pat: Person
) -> None:
    cell = f"pay|metro:PA:{unique()}|tech_a|*|*|*"
    headers = issuer.headers("pay:write", member_id=pat.member_id)
    wanted = {"cell": cell, "threshold": "0.50"}
    assert (await api.post("/v1/subscriptions", json=wanted, headers=headers)).status_code == 201
    told = await notifications.tell(
        published(cell, 11, "26.75", "26.50"),
        published(cell, 12, "27.25", "26.75"),
        published(cell, 12, "28.25", "26.75", serial=1),
        published(f"{cell[:-1]}plan=hourly", 12, "30.00", "20.00"),
        published(cell, 13, "28.25", None),
        published(cell, 14, "27.75", "28.25"),
        source="driveline/exchange",
    )
    await settled(notifications.database, told[5], ("benchmark_moved", "email", "sent"))
    await settled(notifications.database, told[1], ("benchmark_moved", "email", "sent"))
    mails = sorted(await inbox(mailbox, pat.email, 2), key=lambda mail: mail.subject)
    assert [mail.subject for mail in mails] == [
        "A benchmark that you follow moved to $27.25 an hour",
        "A benchmark that you follow moved to $27.75 an hour",
    ]
    assert "moved from $26.75 an hour to $27.25 an hour" in mails[0].text
    for silent in (told[0], told[2], told[3], told[4]):
        assert await messages(notifications.database, silent) == []


async def test_a_benefit_is_followed_by_its_share_and_a_labor_rate_by_its_median(
    notifications: Running, api: httpx.AsyncClient, issuer: Issuer, mailbox: Mailbox, pat: Person
) -> None:
    """A share that is withheld, now or before, is no movement; nothing of it ends in the dead letters."""
    health, door = f"benefits|metro:PA:{unique()}|*|3_5|health", f"labor-rates|state:{unique()}|*|mechanical_door"
    headers = issuer.headers("pay:write", member_id=pat.member_id)
    for cell in (health, door):
        wanted = {"cell": cell, "threshold": "5"}
        assert (await api.post("/v1/subscriptions", json=wanted, headers=headers)).status_code == 201

    def share(epoch: int, now: str | None, before: str | None) -> BenchmarkPublished:
        body = {
            "cell": health,
            "epoch": epoch,
            "serial": 0,
            "policy_id": "benefits-2026",
            "share": now,
            "amount": {"unit": "percent_paid_by_employer", "p50": "70"},
            "contributors": "20_49",
            "previous_share": before,
        }
        return BenchmarkPublished.model_validate(body)

    told = await notifications.tell(
        share(11, "60", None),
        share(12, None, "60"),
        share(13, "65", None),
        share(14, "60", "65"),
        published(door, 14, "144.00", "140.00"),
        published(door, 15, "145.00", "140.00"),
        source="driveline/exchange",
    )
    await settled(notifications.database, told[3], ("benchmark_moved", "email", "sent"))
    await settled(notifications.database, told[5], ("benchmark_moved", "email", "sent"))
    mails = sorted(await inbox(mailbox, pat.email, 2), key=lambda mail: mail.subject)
    assert [mail.subject for mail in mails] == [
        "A benchmark that you follow moved to $145.00 an hour",
        "A benchmark that you follow moved to 60 percent",
    ]
    assert (
        "The share of shops that offer the benefit that you follow moved from 65 percent to 60 percent" in mails[1].text
    )
    assert "benefits: 3 to 5 people, health" in mails[1].text
    assert "The median of the labor rate that you follow moved from $140.00 an hour to $145.00 an hour" in mails[0].text
    for silent in (told[0], told[1], told[2], told[4]):
        assert await messages(notifications.database, silent) == []


async def test_operators_see_what_became_of_messages_and_neither_words_nor_addresses(
    notifications: Running, api: httpx.AsyncClient, issuer: Issuer, pat: Person
) -> None:
    (cause,) = await notifications.tell(Between(school(), pat).proposed(), source="driveline/matching")
    (row,) = await settled(notifications.database, cause, ("proposal", "email", "sent"))
    operate = issuer.headers("operate")
    answer = await api.get("/v1/messages", params={"cause": cause}, headers=operate)
    (shown,) = answer.json()["messages"]
    assert shown["notification_id"] == row["message_id"]
    assert shown["message_id"] == f"<{row['message_id']}@driveline.example.com>"
    assert (shown["contact_id"], shown["status"], shown["attempts"]) == (pat.contact_id, "sent", 1)
    assert pat.email not in answer.text
    by_member = await api.get("/v1/messages", params={"member_id": pat.member_id}, headers=operate)
    assert by_member.json()["messages"] == [shown]
    for status, there in (("sent", [shown]), ("unknown", [])):
        narrowed = await api.get("/v1/messages", params={"member_id": pat.member_id, "status": status}, headers=operate)
        assert narrowed.json()["messages"] == there
    assert shown in (await api.get("/v1/messages", params={"status": "sent"}, headers=operate)).json()["messages"]
    assert (await api.get("/v1/messages", params={"status": "lost"}, headers=operate)).status_code == 422
    assert (await api.get("/v1/messages", headers=operate)).json()["error"].startswith("cause: is missing")
    assert (await api.get("/v1/messages", params={"cause": cause})).status_code == 401
    pay = issuer.headers("pay:write")
    assert (await api.get("/v1/messages", params={"cause": cause}, headers=pay)).status_code == 403


async def test_a_look_at_the_link_changes_nothing_and_one_click_ends_mails_of_that_class(
    notifications: Running, api: httpx.AsyncClient, mailbox: Mailbox, pat: Person, log: Log
) -> None:
    asker = school()
    await notifications.tell(Between(asker, pat).proposed(), source="driveline/matching")
    (mail,) = await inbox(mailbox, pat.email)
    link = str(mail.headers["list-unsubscribe"]).strip("<>").strip()
    page = await api.get(link)
    assert page.status_code == 200
    assert "no more mails with proposals and answers about partnerships" in page.text
    (after_a_look,) = await notifications.tell(Between(asker, pat).proposed(), source="driveline/matching")
    await settled(notifications.database, after_a_look, ("proposal", "email", "sent"))

    for _ in range(2):
        done = await api.post(link, data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
        assert "You get no more mails with proposals" in done.text
    (stated,) = await log("consent.stated", lambda body: body["contact_id"] == pat.contact_id, 1)
    assert (stated["channel"], stated["classes"], stated["given"]) == ("email", ["match"], False)
    (after,) = await notifications.tell(Between(asker, pat).proposed(), source="driveline/matching")
    (row,) = await settled(notifications.database, after, ("proposal", "email", "suppressed"))
    assert row["reason"] == "the person asked for no match mail"
    assert (await api.get(f"{link}x")).status_code == 404
    assert (await api.post(f"{link}x")).status_code == 404


async def test_a_yes_that_is_newer_than_the_no_counts_again(
    notifications: Running, api: httpx.AsyncClient, mailbox: Mailbox, pat: Person
) -> None:
    asker = school()
    await notifications.tell(Between(asker, pat).proposed(), source="driveline/matching")
    (mail,) = await inbox(mailbox, pat.email)
    await api.post(str(mail.headers["list-unsubscribe"]).strip("<> "))
    yes = {"channel": "email", "class": "match", "given": True, "at": "2099-01-02T03:04:05Z", "source": "settings"}
    await notifications.tell(pat.contact(3, consents=[yes]))
    await known(notifications.database, "contact", pat.contact_id, 3)
    (after,) = await notifications.tell(Between(asker, pat).proposed(), source="driveline/matching")
    await settled(notifications.database, after, ("proposal", "email", "sent"))

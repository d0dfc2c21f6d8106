"""Whose turn it is hears of it, both hear that they agree, whoever waited in vain is told, and nobody else is."""

import asyncio

import pytest
from chassis.servers.mailbox import Mailbox
from notifications_people import Between, Person, school, shop
from notifications_process import Running
from notifications_waiting import inbox, known, messages, settled


@pytest.fixture
async def between(notifications: Running) -> Between:
    """A school and a shop that are known."""
    asker, offerer = school(), shop()
    for person in (asker, offerer):
        await notifications.tell(person.joins(), person.contact())
        await known(notifications.database, "member", person.member_id, 1)
        await known(notifications.database, "contact", person.contact_id, 2)
    return Between(asker, offerer)


async def subjects(mailbox: Mailbox, person: Person) -> list[str]:
    return [mail.subject for mail in await asyncio.to_thread(mailbox.inbox, person.email)]


async def test_the_school_hears_of_the_yes_and_both_of_the_agreement(
    notifications: Running, mailbox: Mailbox, between: Between
) -> None:
    (accepted,) = await notifications.tell(between.accepted(), source="driveline/matching")
    await settled(notifications.database, accepted, ("acceptance", "email", "sent"))
    (mail,) = await inbox(mailbox, between.asker.email)
    assert mail.subject == "Elm Street Garage says yes to Brake day"
    assert mail.links[0] == f"https://driveline.example.com/answers/{between.key}"

    (agreed,) = await notifications.tell(between.agreed(), source="driveline/matching")
    await settled(notifications.database, agreed, ("agreement", "email", "sent"), ("agreement", "email", "sent"))
    assert (await inbox(mailbox, between.asker.email, 2))[1].subject == "Agreed: Brake day with Elm Street Garage"
    (mail,) = await inbox(mailbox, between.offerer.email)
    assert mail.subject == "Agreed: Brake day with York Tech"
    assert "answers" not in mail.source.decode()


async def test_a_school_that_says_no_lets_the_shop_know_and_not_the_other_way_round(
    notifications: Running, mailbox: Mailbox, between: Between
) -> None:
    other = Between(between.asker, between.offerer)
    no_of_shop, no_of_school = other.declined(by=between.offerer), between.declined(by=between.asker)
    first, second = await notifications.tell(no_of_shop, no_of_school, source="driveline/matching")
    await settled(notifications.database, second, ("closed", "email", "sent"))
    await known(notifications.database, "proposal", f"p-{other.key}", 2)
    assert await messages(notifications.database, first) == []
    assert await subjects(mailbox, between.offerer) == ["Closed: Brake day for York Tech"]
    assert await subjects(mailbox, between.asker) == []


async def test_a_shop_whose_yes_was_never_answered_hears_that_it_is_over(
    notifications: Running, mailbox: Mailbox, between: Between
) -> None:
    never_answered = Between(between.asker, between.offerer)
    await notifications.tell(between.accepted(), source="driveline/matching")
    await known(notifications.database, "proposal", f"p-{between.key}", 2)
    causes = await notifications.tell(between.expired(), never_answered.expired(), source="driveline/matching")
    await settled(notifications.database, causes[0], ("closed", "email", "sent"))
    await known(notifications.database, "proposal", f"p-{never_answered.key}", 3)
    assert await messages(notifications.database, causes[1]) == []


async def test_the_school_hears_that_nobody_could(notifications: Running, mailbox: Mailbox, between: Between) -> None:
    (cause,) = await notifications.tell(between.nobody(), source="driveline/matching")
    await settled(notifications.database, cause, ("nobody", "email", "sent"))
    assert await subjects(mailbox, between.asker) == ["Nobody within reach could help with Brake day"]


async def test_what_is_behind_tells_nobody_anything(notifications: Running, mailbox: Mailbox, between: Between) -> None:
    await notifications.tell(between.agreed(), source="driveline/matching")
    await known(notifications.database, "proposal", f"p-{between.key}", 3)
    late, again = await notifications.tell(between.proposed(), between.agreed(), source="driveline/matching")
    (marker,) = await notifications.tell(Between(between.asker, between.offerer).nobody(), source="driveline/matching")
    await settled(notifications.database, marker, ("nobody", "email", "sent"))
    await inbox(mailbox, between.offerer.email, 1)
    assert await messages(notifications.database, late) == []
    assert await messages(notifications.database, again) == []


async def test_a_member_whose_people_are_heard_of_later_is_told_then(notifications: Running, mailbox: Mailbox) -> None:
    between = Between(school(), shop())
    (cause,) = await notifications.tell(between.proposed(), source="driveline/matching")
    await known(notifications.database, "proposal", f"p-{between.key}", 1)
    assert await messages(notifications.database, cause) == []
    await notifications.tell(between.offerer.contact())
    await settled(notifications.database, cause, ("proposal", "email", "sent"))
    (mail,) = await inbox(mailbox, between.offerer.email)
    assert mail.subject == "A school asks for a guest speaker"


async def test_a_question_that_came_too_late_is_not_asked(
    notifications: Running, mailbox: Mailbox, between: Between
) -> None:
    late = between.proposed(answer_until="2026-01-02T03:04:05Z")
    (cause,) = await notifications.tell(late, source="driveline/matching")
    (row,) = await settled(notifications.database, cause, ("proposal", "email", "suppressed"))
    assert row["reason"] == "it would have come too late"
    assert await subjects(mailbox, between.offerer) == []

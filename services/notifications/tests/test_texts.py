"""Texts: only with consent, with a code that a reply names, and ended at once by STOP."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from chassis.servers.sms_centre import SmsCentre
from contracts.notifications import NotificationRequested
from notifications_people import SMS_YES, Between, Person, phone_number, school, shop, unique
from notifications_process import Log, Running
from notifications_waiting import known, settled, texts

OURS = "+12025550100"


@dataclass
class Asked:
    """A shop that allowed texts and was asked something by one."""

    person: Person
    phone: str
    between: Between
    cause: str
    code: str


@pytest.fixture
async def asked(notifications: Running, sms_centre: SmsCentre) -> Asked:
    asker, person, phone = school(), shop(), phone_number()
    allowing = person.contact(phone=phone, consents=[SMS_YES])
    await notifications.tell(asker.joins(), asker.contact(), person.joins(), allowing)
    between, cause, code = await ask(notifications, sms_centre, asker, person, phone, 1)
    return Asked(person, phone, between, cause, code)


async def ask(
    notifications: Running, sms_centre: SmsCentre, asker: Person, person: Person, phone: str, count: int
) -> tuple[Between, str, str]:
    """Propose; the proposal, its cause and the code in the text, which is the phone's `count`th."""
    between = Between(asker, person)
    cause = f"ce-{between.key}"
    await notifications.tell_again(between.proposed(), cause)
    said = (await texts(sms_centre, phone, count))[-1]
    return between, cause, said.partition("Reply YES ")[2][:4]


async def write(sms_centre: SmsCentre, phone: str, text: str) -> None:
    await asyncio.to_thread(sms_centre.answer, phone, OURS, text)


def of(contact_id: str) -> Any:
    return lambda body: body["contact_id"] == contact_id


async def test_a_proposal_goes_by_text_too_and_the_receipt_settles_it(
    notifications: Running, asked: Asked, sms_centre: SmsCentre, log: Log
) -> None:
    await settled(notifications.database, asked.cause, ("proposal", "email", "sent"), ("proposal", "sms", "delivered"))
    (said,) = await texts(sms_centre, asked.phone)
    assert said.startswith("Driveline: York Tech asks for a guest speaker, 12 mi away")
    assert f"Reply YES {asked.code} or NO {asked.code} by " in said
    assert said.endswith("HELP for help, STOP to end.")
    about_it = await log(
        "notification.settled", lambda body: body["cause"] == asked.cause and body["channel"] == "sms", 2
    )
    assert [(event["revision"], event["outcome"]) for event in about_it] == [(1, "sent"), (2, "delivered")]


@pytest.mark.parametrize(("words", "answer"), [("yes", "accept"), ("NO {code}", "decline"), ("Sí {code}!", "accept")])
async def test_a_reply_answers_the_proposal(
    notifications: Running, asked: Asked, sms_centre: SmsCentre, log: Log, words: str, answer: str
) -> None:
    await write(sms_centre, asked.phone, words.format(code=asked.code))
    (answered,) = await log("partnership.answered", of(asked.person.contact_id), 1)
    assert {key: answered[key] for key in ("need_id", "proposal_id", "member_id", "answer", "channel")} == {
        "need_id": f"n-{asked.between.key}",
        "proposal_id": f"p-{asked.between.key}",
        "member_id": asked.person.member_id,
        "answer": answer,
        "channel": "sms",
    }
    said = "yes" if answer == "accept" else "no"
    thanks = (await texts(sms_centre, asked.phone, 2))[-1]
    assert thanks == f'Driveline: thank you, we passed on your {said} for "Brake day".'
    await write(sms_centre, asked.phone, f"{words.format(code=asked.code)} please")
    closed = (await texts(sms_centre, asked.phone, 3))[-1]
    assert closed.startswith("Driveline: that question is not open any more")


async def test_of_two_open_questions_the_code_says_which(
    notifications: Running, asked: Asked, sms_centre: SmsCentre, log: Log
) -> None:
    second, _, code = await ask(notifications, sms_centre, asked.between.asker, asked.person, asked.phone, 2)
    assert code != asked.code
    await write(sms_centre, asked.phone, "YES")
    which = (await texts(sms_centre, asked.phone, 3))[-1]
    assert (
        which
        == f"Driveline: which one do you mean? Reply YES or NO with its code: {', '.join(sorted((asked.code, code)))}. STOP to end."
    )
    await write(sms_centre, asked.phone, f"YES {code}")
    (answered,) = await log("partnership.answered", of(asked.person.contact_id), 1)
    assert answered["proposal_id"] == f"p-{second.key}"


async def test_a_question_that_has_gone_on_is_not_answered_any_more(
    notifications: Running, asked: Asked, sms_centre: SmsCentre
) -> None:
    expired = asked.between.expired()
    await notifications.tell(expired, source="driveline/matching")
    await known(notifications.database, "proposal", f"p-{asked.between.key}", 3)
    await write(sms_centre, asked.phone, f"YES {asked.code}")
    assert (await texts(sms_centre, asked.phone, 2))[-1].startswith("Driveline: that question is not open any more")


async def test_stop_ends_it_at_once_with_one_confirmation_and_start_begins_again(
    notifications: Running, asked: Asked, sms_centre: SmsCentre, log: Log
) -> None:
    await write(sms_centre, asked.phone, "please stop texting me")
    confirmed = (await texts(sms_centre, asked.phone, 2))[-1]
    assert confirmed == "Driveline: you get no more texts from us. Reply START to change that."
    (stated,) = await log("consent.stated", of(asked.person.contact_id), 1)
    assert (stated["channel"], stated["classes"], stated["given"]) == ("sms", [], False)
    # Membership has not answered yet, and the recorded consent still says yes.
    between = Between(asked.between.asker, asked.person)
    await notifications.tell_again(between.proposed(), f"ce-{between.key}")
    rows = await settled(
        notifications.database, f"ce-{between.key}", ("proposal", "email", "sent"), ("proposal", "sms", "suppressed")
    )
    assert rows[1]["reason"] == "the person asked for no match texts"
    await write(sms_centre, asked.phone, "Stop!")
    await write(sms_centre, asked.phone, "START")
    assert (await texts(sms_centre, asked.phone, 3))[-1].startswith(
        "Driveline: you get texts when a school or shop waits"
    )
    said = await log("consent.stated", of(asked.person.contact_id), 3)
    assert [(event["given"], event["classes"]) for event in said] == [
        (False, []),
        (False, []),
        (True, ["match", "transactional"]),
    ]
    await ask(notifications, sms_centre, asked.between.asker, asked.person, asked.phone, 4)


async def test_without_a_recorded_yes_there_is_no_text(notifications: Running, sms_centre: SmsCentre) -> None:
    asker, silent, phone = school(), shop(), phone_number()
    await notifications.tell(asker.joins(), asker.contact(), silent.joins(), silent.contact(phone=phone))
    between = Between(asker, silent)
    await notifications.tell_again(between.proposed(), f"ce-{between.key}")
    await settled(notifications.database, f"ce-{between.key}", ("proposal", "email", "sent"))
    no = SMS_YES | {"given": False, "at": "2026-05-02T03:04:05Z"}
    forbidding = silent.contact(3, phone=phone, consents=[SMS_YES, no])
    between = Between(asker, silent)
    await notifications.tell(forbidding)
    await known(notifications.database, "contact", silent.contact_id, 3)
    await notifications.tell_again(between.proposed(), f"ce-{between.key}")
    rows = await settled(
        notifications.database, f"ce-{between.key}", ("proposal", "email", "sent"), ("proposal", "sms", "suppressed")
    )
    assert rows[1]["reason"] == "the person does not allow match texts"
    assert await asyncio.to_thread(sms_centre.texts, phone) == []


async def test_the_confirming_text_goes_without_consent_and_its_yes_is_the_consent(
    notifications: Running, sms_centre: SmsCentre, log: Log
) -> None:
    person, phone = shop(), phone_number()
    await notifications.tell(person.joins(), person.contact(phone=phone))
    body = {"request_id": unique(), "member_id": person.member_id, "contact_id": person.contact_id}
    request = NotificationRequested.model_validate(body | {"class": "transactional", "template": "sms_confirm"})
    (cause,) = await notifications.tell(request)
    (text,) = await texts(sms_centre, phone)
    assert text.startswith("Driveline: reply YES to get texts when a school or shop waits for your answer")
    assert "HELP" in text
    assert "STOP" in text
    await settled(notifications.database, cause, ("sms_confirm", "sms", "delivered"))
    await write(sms_centre, phone, "Yes")
    (stated,) = await log("consent.stated", of(person.contact_id), 1)
    assert (stated["given"], stated["classes"], stated["source"]) == (
        True,
        ["match", "transactional"],
        "confirming reply",
    )
    assert len(await texts(sms_centre, phone, 2)) == 2


async def test_what_nobody_understands_is_answered_with_help_once(
    notifications: Running, asked: Asked, sms_centre: SmsCentre
) -> None:
    await write(sms_centre, asked.phone, "who is this?")
    await write(sms_centre, asked.phone, "hello??")
    await write(sms_centre, asked.phone, "AYUDA")
    said = await texts(sms_centre, asked.phone, 3)
    assert [text.startswith("Driveline: schools ask, shops answer.") for text in said] == [False, True, True]
    assert await asyncio.to_thread(sms_centre.untaken) == 0


async def test_a_stranger_can_stop_us_too(notifications: Running, sms_centre: SmsCentre) -> None:
    phone = phone_number()
    await write(sms_centre, phone, "STOP")
    assert await texts(sms_centre, phone) == ["Driveline: you get no more texts from us. Reply START to change that."]


async def test_a_text_that_is_refused_for_good_has_failed(
    notifications: Running, sms_centre: SmsCentre, log: Log
) -> None:
    asker, person, phone = school(), shop(), phone_number()
    await asyncio.to_thread(sms_centre.behave, phone, refusal=0x0B)
    await notifications.tell(
        asker.joins(), asker.contact(), person.joins(), person.contact(phone=phone, consents=[SMS_YES])
    )
    between = Between(asker, person)
    await notifications.tell_again(between.proposed(), f"ce-{between.key}")
    rows = await settled(
        notifications.database, f"ce-{between.key}", ("proposal", "email", "sent"), ("proposal", "sms", "failed")
    )
    assert rows[1]["reason"] == "the SMS centre refused with status 0x0B"
    assert rows[1]["attempts"] == 1

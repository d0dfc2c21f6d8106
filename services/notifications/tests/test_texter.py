"""One suite over both carriers of texts: what goes out, what comes back, what a refusal and what silence means."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from notifications.adapters.texter import Inbound
from notifications.adapters.twilio import sign
from notifications.domain.sending import RefusedForGood, RefusedForNow, Taken
from notifications_people import phone_number
from notifications_waiting import until
from sms_lines import Line, smpp_line, twilio_line
from twilio_stand_in import signature

LONG = "Driveline: York Tech asks for a guest speaker, 12 mi away, between February 1, 2027 and February 28, 2027. " * 3


@pytest.fixture(scope="module", params=["smpp", "twilio"])
async def line(request: pytest.FixtureRequest) -> AsyncIterator[Line]:
    if request.param == "twilio":
        async with twilio_line() as made:
            yield made
    else:
        with tempfile.TemporaryDirectory(prefix="driveline-sms-") as folder:
            async with smpp_line(Path(folder)) as made:
                yield made


@pytest.mark.parametrize(
    "text",
    [
        "Driveline: reply YES 4821 or NO 4821.",
        "Taller Peña: ¿puede venir? {70 € la hora}",
        "Привет 🚗 из гаража",
        LONG,
        "ж🚗" * 60,
    ],
    ids=["plain", "extended alphabet", "other letters", "long", "long in other letters"],
)
async def test_a_text_arrives_as_it_was_written(line: Line, text: str) -> None:
    phone = phone_number()
    taken = await line.texter.hand_over(phone, text)
    assert isinstance(taken, Taken)
    assert await until(lambda: line.texts(phone), lambda texts: len(texts) == 1) == [text]


async def test_a_receipt_names_the_part_by_the_id_of_the_submission(line: Line) -> None:
    phone = phone_number()
    taken = await line.texter.hand_over(phone, "Driveline: hello")
    assert isinstance(taken, Taken)
    (receipt,) = await until(_receipts(line, phone), lambda found: len(found) == 1)
    assert receipt.state == "delivered"
    assert {name.lower().lstrip("0") for name in taken.ids} & set(receipt.ids)


async def test_a_receipt_says_that_a_text_was_not_delivered(line: Line) -> None:
    phone = phone_number()
    await line.behave(phone, fails=True)
    assert isinstance(await line.texter.hand_over(phone, "Driveline: hello"), Taken)
    (receipt,) = await until(_receipts(line, phone), lambda found: len(found) == 1)
    assert receipt.state == "failed"
    assert receipt.reason is not None


async def test_a_refusal_for_good_and_one_for_now_are_told_apart(line: Line) -> None:
    wrong, busy = phone_number(), phone_number()
    await line.behave(wrong, refused="for good")
    await line.behave(busy, refused="for now")
    assert isinstance(await line.texter.hand_over(wrong, "Driveline: hello"), RefusedForGood)
    assert isinstance(await line.texter.hand_over(busy, "Driveline: hello"), RefusedForNow)
    assert await line.texts(wrong) == await line.texts(busy) == []


async def test_who_waits_for_an_answer_that_never_comes_can_stop_waiting(line: Line) -> None:
    phone = phone_number()
    await line.behave(phone, silent=True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await line.texter.hand_over(phone, "Driveline: hello")
    assert isinstance(await line.texter.hand_over(phone_number(), "Driveline: the next one"), Taken)


@pytest.mark.parametrize("text", ["YES 4821", "Sí, ¡claro!", "Ж" * 100, LONG.strip()])
async def test_what_a_person_writes_is_heard(line: Line, text: str) -> None:
    phone = phone_number()
    await line.write(phone, text)
    (inbound,) = await until(_inbound(line, phone), lambda found: len(found) == 1)
    assert (inbound.phone, inbound.text) == (phone, text)


async def test_what_was_not_taken_comes_again(line: Line) -> None:
    phone = phone_number()
    line.heard.failures = 2
    await line.write(phone, "STOP")
    (inbound,) = await until(_inbound(line, phone), lambda found: len(found) == 1)
    assert inbound.text == "STOP"
    assert line.heard.failures == 0


async def test_a_carrier_that_is_away_refuses_for_now_and_comes_back(line: Line) -> None:
    await line.go_away()
    try:
        # The first is handed over before the carrier has noticed; it too has an outcome.
        async with asyncio.timeout(30):
            outcome = await until(
                lambda: line.texter.hand_over(phone_number(), "Driveline: hello"),
                lambda o: isinstance(o, RefusedForNow),
            )
        assert isinstance(outcome, RefusedForNow)
    finally:
        await line.come_back()
    phone = phone_number()
    assert isinstance(await line.texter.hand_over(phone, "Driveline: here again"), Taken)
    assert await until(lambda: line.texts(phone), lambda texts: len(texts) == 1) == ["Driveline: here again"]


def test_the_signature_is_the_one_of_twilios_documentation() -> None:
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    assert sign("12345", url, form) == signature(url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def _receipts(line: Line, phone: str):  # type: ignore[no-untyped-def]
    async def look():  # type: ignore[no-untyped-def]
        return [receipt for receipt in line.heard.receipts if receipt.phone == phone]

    return look


def _inbound(line: Line, phone: str):  # type: ignore[no-untyped-def]
    async def look() -> list[Inbound]:
        return [inbound for inbound in line.heard.inbound if inbound.phone == phone]

    return look

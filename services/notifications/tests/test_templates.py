"""Every template says what it should, in every form, with little and with much to say; a text fits where it should."""

from datetime import UTC, datetime
from typing import Any

import pytest
from notifications.adapters.mail import Sender, compose
from notifications.adapters.rendering import MailWords, Templates, UnsayableError
from notifications.adapters.tables import MessageRow
from notifications.domain.catalogue import KINDS
from notifications.domain.contact import Contact
from notifications.domain.segments import segments
from notifications.domain.wording import (
    cell_words,
    day_words,
    kind_words,
    miles_words,
    moment_words,
    span_words,
    with_article,
)
from notifications.usecases.say import Say

SAY = Say(Templates(), "https://n.example.com", "https://m.example.com/home", "help@driveline.example.com")
LITTLE: dict[str, Any] = {
    "kind": "guest_speaker", "answer_until": "2027-01-15T19:00:00+00:00", "requested_by": "school-3",
    "offered_by": "shop-42", "cell": "pay|state:PA|tech_a|*|*|*", "before": "26.50", "now": "27.00",
    "policy_id": "pay-2026", "url": "https://driveline.example.com/x", "title": None, "codes": ["4821", "3310"],
    "answer": "yes",
}  # fmt: skip
MUCH = LITTLE | {
    "title": "Brake day <b>& more</b>\nBcc: everybody@example.com", "distance_miles": 12, "students": 22,
    "starts_on": "2027-02-01", "ends_on": "2027-02-28", "summary": "A long story.",
    "answer_url": "https://driveline.example.com/answers/a?b=c&d=e",
}  # fmt: skip
NAMES = {"school-3": "Cumberland Perry Area Career & Technical Center", "shop-42": "O'Malley's {{ 7 * 7 }} Garage"}
PAT = Contact("c-1", 1, "shop-42", "Pat", "pat@example.com", "+12025550123", timezone="America/Chicago")
MAILS = sorted(name for name, kind in KINDS.items() if "email" in kind.channels)
TEXTS = sorted(name for name, kind in KINDS.items() if "sms" in kind.channels)


def row(template: str, data: dict[str, Any]) -> MessageRow:
    fields = {"message_id": "m", "template": template, "member_id": "shop-42", "data": dict(data), "token": "t-0"}
    return MessageRow(**fields)


def mail(template: str, data: dict[str, Any] = MUCH, person: Contact = PAT, names: dict[str, str] = NAMES) -> MailWords:
    return SAY.mail(row(template, data), person, names)


@pytest.mark.parametrize("template", MAILS)
def test_a_mail_has_a_subject_two_parts_and_the_way_out(template: str) -> None:
    little = LITTLE | ({"title": "News"} if template == "program_news" else {})
    for words in (mail(template), mail(template, little, Contact("c-1", 1), {})):
        assert words.subject
        assert "\n" not in words.subject
        assert len(words.subject) <= 150
        assert "https://n.example.com/unsubscribe/t-0" in words.text
        assert 'href="https://n.example.com/unsubscribe/t-0"' in words.html
        assert "None" not in words.text + words.html
        assert "<b>" not in words.html
        assert "49" not in words.text.replace("4821", "")
        assert max(map(len, words.text.splitlines())) < 998
        assert "\n\n\n\n" not in words.text


@pytest.mark.parametrize("template", TEXTS)
@pytest.mark.parametrize("language", ["en", "es-MX"])
def test_a_text_names_driveline_and_is_short(template: str, language: str) -> None:
    person = Contact("c-1", 1, "shop-42", "Pat", language=language)
    for data in (LITTLE, MUCH):
        said = SAY.text(row(template, data), person, NAMES, "4821")
        assert said.startswith("Driveline: ")
        assert len(segments(said)) <= 2
        assert "None" not in said
        assert "\n" not in said


def test_what_has_nothing_to_say_is_not_said() -> None:
    with pytest.raises(UnsayableError, match="answer_until"):
        mail("proposal", {"kind": "job"})
    with pytest.raises(UnsayableError, match="TemplatesNotFound"):
        mail("lottery")


def test_words_for_codes_days_and_places() -> None:
    assert [with_article(kind_words(kind)) for kind in ("guest_speaker", "internship_paid", "internship_unpaid", "co_op", "instructor_externship")] == [
        "a guest speaker", "a paid internship", "an unpaid internship", "a co-op", "an instructor externship",
    ]  # fmt: skip
    assert day_words("2027-02-01") == "February 1, 2027"
    assert span_words("2027-02-01", "2027-02-01") == "on February 1, 2027"
    assert span_words(None, "2027-02-01") == "until February 1, 2027"
    assert moment_words("2027-01-15T19:00:00+00:00", "America/Chicago") == "Friday, January 15, 1:00 PM CST"
    assert moment_words("2027-07-15T04:30:00+00:00", None) == "Thursday, July 15, 12:30 AM EDT"
    assert [miles_words(miles) for miles in (0, 1, 12)] == ["less than a mile away", "1 mile away", "12 miles away"]
    assert (
        cell_words("pay|state:PA|tech_a|independent_repair|*|plan=flat_rate")
        == "pay: tech a, independent repair, flat rate, PA"
    )
    assert cell_words("pay|state:PA|tech_a|*|y20_plus|*") == "pay: tech a, 20 years and more, PA"
    assert cell_words("benefits|nation:US|*|3_5|pto_days") == "benefits: 3 to 5 people, pto days, US"
    assert cell_words("labor-rates|nation:US|*|mechanical_door") == "labor rates: mechanical door, US"


def test_what_others_wrote_stays_inside_its_line() -> None:
    words = mail("agreement")
    assert words.subject == f"Agreed: Brake day <b>& more</b> Bcc: everybody@example.com with {NAMES['school-3']}"
    assert "\nBcc:" not in words.text
    assert "O&#39;Malley&#39;s {{ 7 * 7 }} Garage" in words.html


@pytest.mark.parametrize(
    "address",
    [
        "josé@example.com",
        '"a b"@example.com',
        "a@[127.0.0.1]",
        "x" * 64 + "@example.com",
        "ж@пример.example",
        "a,b@example.com",
        "<a@example.com",
    ],
)
def test_a_mail_to_an_odd_address_is_made_or_refused_and_nothing_else(address: str) -> None:
    sender = Sender("Driveline <n@driveline.example.com>", "help@driveline.example.com")
    now = datetime(2027, 1, 1, tzinfo=UTC)
    try:
        made = compose(
            sender, message_id="m-1", to=address, words=mail("welcome"), cause="c", at=now, unsubscribe_url=None
        )
    except (ValueError, TypeError, LookupError, AttributeError):
        return
    head = made.partition(b"\r\n\r\n")[0]
    assert head.count(b"\r\nTo: ") == 1
    assert b"\r\nMessage-ID: <m-1@driveline.example.com>" in head

"""The second story: who plays, what they ask for and offer, and how what came of it is counted."""

import json
from collections import Counter
from email.message import EmailMessage
from typing import Any

from chassis.servers.mailbox import Mail
from contracts.codec import parse_data
from contracts.matching import PartnershipOffered, PartnershipRequested
from contracts.zips import zips
from driveline.demo import sources
from driveline.demo.market import real_shops, synthetic_shops
from driveline.demo.partnerships.act import NEEDS
from driveline.demo.partnerships.asking import NEED_MILES, NOBODY_OFFERS, OFFER_MILES, needs, offers
from driveline.demo.partnerships.cast import REACH_MILES, Cast, cast, miles
from driveline.demo.partnerships.tally import tally
from driveline.demo.story import date

SHOPS = [*real_shops(1), *synthetic_shops(1)]
MEMBER_OF = {shop.ref: f"m-{shop.ref}" for shop in SHOPS}
SCHOOLS = {row["UNITID"]: f"s-{row['UNITID']}" for row in sources.schools()}


def players() -> Cast:
    made = cast(SCHOOLS, SHOPS, MEMBER_OF, 7)
    ids: dict[str, list[str]] = {person.member_id: [f"c-{person.member_id}"] for person in made.people}
    return made.known_as(ids)


def test_every_program_has_shops_within_reach_and_everybody_a_reserved_address() -> None:
    found = players()
    assert len(found.programs) == 60
    for program in found.programs:
        here = zips()[program.zip]
        far = [miles(here.lat, here.lon, zips()[shop.zip].lat, zips()[shop.zip].lon) for shop in program.shops]
        assert far == sorted(far)
        assert far[-1] <= REACH_MILES
    emails = Counter(person.email for person in found.people)
    assert set(emails.values()) == {1}
    assert all(email.endswith("@example.com") for email in emails)
    phones = [person.phone for person in found.people if person.phone]
    assert len(set(phones)) == len(phones) >= 50
    assert all(phone[5:8] == "555" and "0100" <= phone[8:] <= "0199" for phone in phones)
    habits = Counter(owner.habit for owner in found.owners.values())
    assert habits["yes"] > habits["no"] > 0 < habits["silent"]


def test_what_is_asked_and_offered_is_as_the_contract_wants_it_and_in_reach() -> None:
    found = players()
    asked = [
        parse_data(PartnershipRequested, need.value or b"", strict=True) for need in needs(found, date(2026, 11, 26))
    ]
    offered = [parse_data(PartnershipOffered, offer.value or b"", strict=True) for offer in offers(found, MEMBER_OF)]
    assert len(asked) >= NEEDS
    assert len({need.need_id for need in asked}) == len(asked)
    assert len({offer.offer_id for offer in offered}) == len(offered)
    for need in asked:
        here = zips()[need.zip]
        suiting = [
            offer
            for offer in offered
            if offer.kind == need.kind
            and miles(here.lat, here.lon, zips()[offer.zip].lat, zips()[offer.zip].lon) <= min(NEED_MILES, OFFER_MILES)
        ]
        assert bool(suiting) == (need.kind != NOBODY_OFFERS)


def mail(to: str, name: str) -> Mail:
    message = EmailMessage()
    message["Message-ID"] = f"<{name}@example.com>"
    return Mail(to, bytes(message))


def settled(name: str, cause: str, template: str, outcome: str = "sent", revision: int = 1) -> dict[str, Any]:
    return {
        "notification_id": name, "cause": cause, "template": template, "channel": "email", "outcome": outcome,
        "revision": revision,
    }  # fmt: skip


STEPS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "proposed": [("e-1", {"need_id": "n-1"}), ("e-2", {"need_id": "n-1"})],
    "declined": [("e-3", {"need_id": "n-1", "proposal_id": "p-1"})],
    "accepted": [("e-4", {"need_id": "n-1"})],
    "agreed": [("e-5", {"need_id": "n-1"})],
    "expired": [("e-6", {"need_id": "n-2", "proposal_id": None})],
}
SETTLED = [
    settled("a", "e-1", "proposal"),
    settled("b", "e-2", "proposal", "held"),
    settled("b", "e-2", "proposal", "sent", 2),
    settled("c", "e-4", "acceptance"),
    settled("d", "e-5", "agreement"),
    settled("e", "e-5", "agreement"),
    settled("f", "e-6", "nobody"),
]
MAILS = [mail("pat@example.com", name) for name in "abcdef"]


def test_a_good_story_has_an_outcome_for_every_need_and_a_mail_for_every_cause() -> None:
    counted = tally(["n-1", "n-2"], STEPS, SETTLED, MAILS, [])
    assert counted.wrong == []
    assert counted.outcomes == {"agreed": 1, "nobody": 1}
    assert (counted.passed_on, counted.mails.total(), counted.mails["proposal"]) == (1, 6, 2)


def test_what_does_not_agree_is_said() -> None:
    twice = tally(["n-1", "n-2"], STEPS, SETTLED, [*MAILS, mail("kim@example.com", "a")], [])
    assert twice.wrong == ["mail <a@example.com> is there 2 times", "7 mails are there, 6 went out"]
    lost = tally(["n-1", "n-2"], STEPS, SETTLED, MAILS[1:], [])
    assert lost.wrong == ["5 mails are there, 6 went out"]
    untold = tally(["n-1", "n-2"], STEPS, SETTLED[1:], MAILS[1:], [])
    assert untold.wrong == ["0 mails tell of proposed e-1, not 1"]
    assert tally(["n-1", "n-2", "n-3"], STEPS, SETTLED, MAILS, []).outcomes["open"] == 1
    ended = {**STEPS, "agreed": [*STEPS["agreed"], ("e-7", {"need_id": "n-2"})]}
    assert "n-2 ended 2 times" in tally(["n-1", "n-2"], ended, SETTLED, MAILS, []).wrong


def test_an_unknown_mail_may_be_there_or_not() -> None:
    unsure = [*SETTLED[:-1], settled("f", "e-6", "nobody", "unknown")]
    for mails in (MAILS, MAILS[:-1]):
        counted = tally(["n-1", "n-2"], STEPS, unsure, mails, [])
        assert (counted.wrong, counted.unknown) == ([], 1)


def test_lines_name_people_as_membership_imports_them() -> None:
    person = players().people[0]
    assert json.loads(json.dumps(person.line())) == {
        "member_id": person.member_id,
        "contacts": [{"name": person.name, "email": "instructor-0@example.com", "roles": ["instructor"]}],
    }

"""A school and a shop of one island, with a person each; what they ask and offer, and the mails that they get."""

import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from chassis.servers.mailbox import Mail, Mailbox
from outside import Outside, until

# No other test asks or offers out there; every pair has a kind of its own, so that no other pair's shop is nearer.
LIHUE, KAPAA = "96766", "96746"
KINDS = itertools.cycle(("shop_tour", "job_shadow", "mentor", "classroom_demo", "field_trip", "mock_interview"))
KIND_WORDS = {
    "shop_tour": "a tour of a shop",
    "job_shadow": "a day of job shadowing",
    "mentor": "a mentor",
    "classroom_demo": "a demonstration in class",
    "field_trip": "a field trip",
    "mock_interview": "mock interviews",
}
# Longer than a telephone is wide.
TITLE = "Electromechanical-transmission-and-air-conditioning demonstration day"


@dataclass(frozen=True)
class Side:
    """A member and the person who speaks for it."""

    member_id: str
    member_name: str
    contact_id: str
    name: str
    email: str


@dataclass(frozen=True)
class Neighbours:
    """Both sides; the shop offers what the school may ask for."""

    up: Outside
    school: Side
    shop: Side
    kind: str

    def ask(self, **fields: Any) -> dict[str, Any]:
        """The school asks; the need as matching answers it."""
        body = {"member_id": self.school.member_id, "contact_id": self.school.contact_id, "kind": self.kind,
                "title": TITLE, "zip": LIHUE, "students": 22, "starts_on": "2027-02-01", "ends_on": "2027-02-28"}  # fmt: skip
        with self._matching() as matching:
            need: dict[str, Any] = matching.post("/v1/needs", json=body | fields).raise_for_status().json()
        return need

    def need(self, need_id: str) -> dict[str, Any]:
        """The need as it is now."""
        with self._matching() as matching:
            need: dict[str, Any] = matching.get(f"/v1/needs/{need_id}").raise_for_status().json()
        return need

    def say(self, proposal_id: str, answer: str, side: Side) -> None:
        """A side answers over HTTP."""
        with self._matching() as matching:
            said = matching.post(f"/v1/proposals/{proposal_id}/{answer}", json={"member_id": side.member_id})
            said.raise_for_status()

    def take_back(self, need_id: str) -> None:
        """The school needs it no more."""
        with self._matching() as matching:
            matching.delete(f"/v1/needs/{need_id}").raise_for_status()

    def mails(self, side: Side) -> list[Mail]:
        """What lies in that person's inbox, oldest first."""
        with Mailbox(self.up.running["mail_api"]) as mailbox:
            return mailbox.inbox(side.email)

    def mail(self, side: Side, subject: str, text: str = "") -> Mail:
        """The mail to that person with these words in it, once it is there."""
        (found,) = until(lambda: [mail for mail in self.mails(side) if subject in mail.subject and text in mail.text])
        return found

    @contextmanager
    def _matching(self) -> Iterator[httpx.Client]:
        running = self.up.running
        headers = {"authorization": f"Bearer {running['admin_token']}"}
        with httpx.Client(base_url=running["matching"], headers=headers, timeout=30) as client:
            yield client


def neighbours(up: Outside) -> Neighbours:
    """Both join and name their people; the shop offers."""
    mark, kind = uuid.uuid4().hex[:6], next(KINDS)
    school = {"kind": "school", "name": f"Garden Island High School {mark}", "level": "high_school"}
    shop = {"kind": "business", "name": f"Kapaa Transmission & Undercar {mark}", "shop_type": "independent_repair"}
    asking = join_with_person(up, school | {"zip": LIHUE}, "Robin Kealoha", f"robin-{mark}@example.com", "instructor")
    giving = join_with_person(up, shop | {"zip": KAPAA}, "Pat Nakamura", f"pat-{mark}@example.com", "owner")
    up.settle()  # matching knows both now
    pair = Neighbours(up, asking, giving, kind)
    offer = {"member_id": giving.member_id, "kind": kind, "zip": KAPAA, "capacity": 3, "period": "month"}
    with pair._matching() as matching:
        matching.post("/v1/offers", json=offer).raise_for_status()
    return pair


def join_with_person(up: Outside, member: dict[str, Any], name: str, email: str, role: str) -> Side:
    person = {"name": name, "email": email, "roles": [role], "timezone": "Pacific/Honolulu"}
    with up.api() as api:
        member_id = api.post("/v1/members", json=member).raise_for_status().json()["member_id"]
        line = {"member_id": member_id, "contacts": [person]}
        added = api.post("/v1/contacts/import", json=line).raise_for_status().json()
    assert added["refused"] == []
    return Side(member_id, member["name"], added["people"][member_id][0], name, email)


def link(mail: Mail, to: str) -> str:
    """The link in a mail that leads to such a page."""
    (found,) = {url for url in mail.links if to in url}
    return found


def only(need: dict[str, Any]) -> dict[str, Any]:
    """The need's one proposal."""
    (proposal,) = need["proposals"]
    return dict(proposal)

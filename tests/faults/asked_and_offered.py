"""Schools that ask and shops that offer less than is asked for, as the partner publishes it: drawn from a seed."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from market import TOPIC
from outside import Record, binary

PARTNER = "wrenchway"
# Of each place everything is within reach of everything, and nothing of any other place.
PLACES = {
    "PA": ("17350", "17325", "17331", "17401"),
    "SD": ("57103", "57104", "57105", "57106"),
    "WY": ("82001", "82007", "82009"),
    "WV": ("26301", "26330", "26554"),
}
REACH_MILES = 100
KINDS = ("shop_tour", "guest_speaker", "job_shadow")
PERIODS = ("once", "month", "quarter")
NEEDS_TAKEN_BACK, OFFERS_TAKEN_BACK, REPEATED = 30, 6, 40
Body = dict[str, Any]


def days(today: date) -> list[date]:
    """Three days in three months, of which the first two share a quarter."""
    months = [today.year * 12 + today.month - 1 + (3 - (today.month - 1) % 3) + step for step in (0, 1, 3)]
    return [date(month // 12, month % 12 + 1, 15) for month in months]


DAYS = days(datetime.now(UTC).date())


@dataclass(frozen=True)
class Person:
    """Whoever answers for a member: an instructor of a school or the owner of a shop."""

    member_id: str
    place: str
    role: str
    email: str
    phone: str | None
    contact_id: str = ""
    silent: bool = False


@dataclass
class Market:
    """Needs and offers by the ids under which the system knows them, and the records that bring them."""

    seed: int
    needs: dict[str, Body] = field(default_factory=dict)
    offers: dict[str, Body] = field(default_factory=dict)
    taken_back: set[str] = field(default_factory=set)
    offered: list[Record] = field(default_factory=list)
    requested: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"{self.seed}/market")

    def draw_offers(self, owners: list[Person]) -> None:
        """Each shop offers two of the three kinds, once or twice in its period."""
        for number, owner in enumerate(owners):
            for kind in self._chance.sample(KINDS, 2):
                body = {
                    "offer_id": f"o-{number}-{kind}", "revision": 1, "member_id": owner.member_id, "kind": kind,
                    "zip": self._chance.choice(PLACES[owner.place]), "radius_miles": REACH_MILES,
                    "capacity": self._chance.randint(1, 2), "period": self._chance.choice(PERIODS),
                }  # fmt: skip
                self.offers[f"{PARTNER}/{body['offer_id']}"] = body | {"place": owner.place}
                self.offered.append(binary("partnership.offered", f"path-{body['offer_id']}", body, TOPIC))

    def draw_needs(self, instructors: list[Person], count: int) -> None:
        """So many needs; in between some are taken back again, some offers too, and some records come twice."""
        for number in range(count):
            who = self._chance.choice(instructors)
            body = self.need(who, f"Need {number}", self._chance.choice(KINDS), self._chance.choice(DAYS))
            body |= {"need_id": f"n-{number}", "revision": 1}
            self.needs[f"{PARTNER}/n-{number}"] = body | {"place": who.place}
            self.requested.append(binary("partnership.requested", f"path-n-{number}", body, TOPIC))
        for name in self._chance.sample(sorted(self.needs), NEEDS_TAKEN_BACK):
            self._take_back("need_id", name, self.needs[name], self.requested.index(self._record_of(name)))
        for name in self._chance.sample(sorted(self.offers), OFFERS_TAKEN_BACK):
            self._take_back("offer_id", name, self.offers[name], self._chance.randrange(len(self.requested)))
        for record in self._chance.sample(self.requested, REPEATED):
            self.requested.insert(self._chance.randrange(len(self.requested)), record)

    def need(self, who: Person, title: str, kind: str, day: date) -> Body:
        """What this school asks for, as far as the storm is about it."""
        return {
            "member_id": who.member_id, "contact_id": who.contact_id, "kind": kind, "title": title,
            "zip": self._chance.choice(PLACES[who.place]), "radius_miles": REACH_MILES, "students": 15,
            "starts_on": day.isoformat(),
        }  # fmt: skip

    def _take_back(self, field_: str, name: str, body: Body, after: int) -> None:
        self.taken_back.add(name)
        said = {field_: body[field_], "member_id": body["member_id"], "revision": 2}
        record = binary("partnership.withdrawn", f"path-back-{body[field_]}", said, TOPIC)
        self.requested.insert(after + self._chance.randrange(1, 150), record)

    def _record_of(self, name: str) -> Record:
        ce_id = f"path-{name.removeprefix(f'{PARTNER}/')}"
        return next(record for record in self.requested if record.header("ce_id") == ce_id)

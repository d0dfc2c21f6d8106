"""The events of the storm, and a count of what must come of them that shares nothing with the system."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from market import LONG_AGO, TOPIC, day, pay, shop
from outside import Record, binary

PLACES = {"PA": "17350", "WV": "26301", "SD": "57104", "WY": "82001"}
ROLES = ("tech_a", "tech_b", "painter", "mlr_tech")
YOUNG = 20  # days: held back
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "role": ({"role": "wizard"}, "role: 'wizard' is not one of"),
    "zip": ({"zip": "00000"}, "zip: '00000' is not in the ZIP table"),
    "pay": ({"rate": "999"}, "rate: comes to an effective 999.00 an hour"),
    "unit": ({"rate_unit": "year"}, "rate_unit: 'year' does not belong to plan 'hourly'"),
}
Submission = tuple[str, str]  # member, submission
Body = dict[str, Any]


@dataclass
class History:
    """Events by their ids, and the entries that must stand when all of them have had their effect."""

    seed: int
    records: list[Record] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    applications: dict[str, str] = field(default_factory=dict)  # request -> name of the shop
    revisions: dict[Submission, dict[int, Body]] = field(default_factory=lambda: defaultdict(dict))
    withdrawn: dict[Submission, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)  # members that left

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._number = 0

    def entry(self, member_id: str, submission_id: str, revision: int) -> Body:
        """A position's pay, drawn; no two revisions of a submission are equal in number."""
        chance = self._chance
        ago = YOUNG if chance.random() < 0.05 else LONG_AGO + chance.randint(0, 300)
        body = pay(
            member_id, submission_id, revision=revision, role=chance.choice(ROLES), effective_on=day(ago),
            zip=chance.choice(list(PLACES.values())), rate=f"{chance.randint(1500, 6000) / 100:.2f}",
        )  # fmt: skip
        self.revisions[member_id, submission_id][revision] = body
        return body

    def draw(self, members: list[str], count: int) -> None:
        """So many records of pay: new, corrected, late, withdrawn, repeated and bad ones."""
        kinds = (self._new, self._corrected, self._late, self._withdrawn, self._repeated, self._bad)
        for kind in self._chance.choices(kinds, (60, 14, 6, 3, 12, 2), k=count):
            kind(members)

    def apply_for(self, count: int) -> None:
        """Applications of shops, each sent twice, spread over the whole storm."""
        for number in range(count):
            wanted = shop(request_id=f"storm-r-{number}")
            self.applications[wanted["request_id"]] = wanted["name"]
            record = binary("member.join-requested", f"storm-join-{number}", wanted, TOPIC)
            self.accepted.add(f"storm-join-{number}")
            for _ in range(2):
                self.records.insert(self._chance.randrange(len(self.records)), record)

    def standing(self, cutoff: date) -> list[Body]:
        """Of each submission the newest revision that is old enough, unless it or its member has been withdrawn."""
        found = []
        for (member_id, submission_id), revisions in self.revisions.items():
            old_enough = [r for r, body in revisions.items() if date.fromisoformat(body["effective_on"]) <= cutoff]
            newest = max(old_enough, default=0)
            withdrawn = self.withdrawn.get((member_id, submission_id), 0)
            if newest and newest >= withdrawn and member_id not in self.gone:
                found.append(revisions[newest])
        return found

    def _new(self, members: list[str]) -> None:
        member_id = self._chance.choice(members)
        self._add("pay.submitted", self.entry(member_id, f"s-{len(self.records)}", 3))

    def _corrected(self, members: list[str]) -> None:
        if self.revisions:
            member_id, submission_id = self._some_submission()
            greatest = max(self.revisions[member_id, submission_id])
            self._add("pay.submitted", self.entry(member_id, submission_id, greatest + self._chance.randint(1, 2)))

    def _late(self, members: list[str]) -> None:
        """A revision that is older than one that was sent before it."""
        if self.revisions:
            member_id, submission_id = self._some_submission()
            known = self.revisions[member_id, submission_id]
            unused = [revision for revision in range(1, max(known)) if revision not in known]
            if unused:
                self._add("pay.submitted", self.entry(member_id, submission_id, self._chance.choice(unused)))

    def _withdrawn(self, members: list[str]) -> None:
        if self.revisions:
            key = member_id, submission_id = self._some_submission()
            revision = max(self.revisions[key]) + self._chance.choice((0, 1))  # of equal ones the entry stands
            self.withdrawn[key] = max(self.withdrawn.get(key, 0), revision)
            body = {"submission_id": submission_id, "revision": revision, "member_id": member_id, "measure": "pay"}
            self._add("submission.withdrawn", body)

    def _repeated(self, members: list[str]) -> None:
        if self.records:
            self.records.append(self._chance.choice(self.records))

    def _bad(self, members: list[str]) -> None:
        wrong, reason = self._chance.choice(list(WRONG.values()))
        body = pay(self._chance.choice(members), "bad") | wrong
        self.refused[self._add("pay.submitted", body, good=False)] = reason

    def _some_submission(self) -> Submission:
        return self._chance.choice(list(self.revisions))

    def _add(self, kind: str, body: Body, *, good: bool = True) -> str:
        self._number += 1
        ce_id = f"storm-{self._number}"
        if good:
            self.accepted.add(ce_id)
        self.records.append(binary(kind, ce_id, body, TOPIC))
        return ce_id


def percentile(entries: list[Body], percent: int) -> str:
    """PostgreSQL's percentile_cont over hourly rates, rounded half up to a quarter of a dollar."""
    rates = sorted(Fraction(body["rate"]) for body in entries)
    place = Fraction(percent, 100) * (len(rates) - 1)
    below = rates[int(place)]
    above = rates[min(int(place) + 1, len(rates) - 1)]
    exact = below + (above - below) * (place - int(place))
    quarters = int(exact * 4 + Fraction(1, 2))
    return f"{quarters // 4}.{quarters % 4 * 25:02d}"

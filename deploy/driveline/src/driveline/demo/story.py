"""Turns positions into what partners publish: first entries, corrections, repeats, withdrawals, out of order, and bad input."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from contracts.partitions import partition_of

from driveline.demo.draw import Position
from driveline.demo.market import Shop
from driveline.demo.pay_plans import inputs, plan_for
from driveline.demo.publication import PAYROLL, WRENCHWAY, Publication, binary, structured
from driveline.demo.spoil import NO_GRANT, Spoil, spoiled

PAY = "pay.submitted"
AGE, WINDOW, MARGIN = 90, 690, 5  # days: the policy's age; a little less than its window; room for a midnight
# How often an entry is told in which way; the rest is told once and stands.
WAYS = {
    "once": 79.0,
    "under a wrong key": 1.0,  # on the partner's topic in a partition of its own choice: the intake takes the key from the body
    "revised": 5.0,  # a second revision stands
    "reordered": 2.0,  # the same, the second revision published first
    "old revision again": 1.0,  # the first revision published once more after the second
    "raise to come": 2.0,  # the second revision is not old enough yet, so the first stands
    "duplicate": 3.0,  # the same record twice
    "withdrawn": 2.0,
    "withdrawn before it came": 0.5,
    "withdrawn and back": 0.5,  # revision 1, withdrawal 2, revision 3
    "too young": 2.5,
    "too old": 1.5,
}
INSIDERS = 6  # records by an insider with another partitioner, and as many broken ones, straight onto an inner topic


@dataclass(frozen=True, slots=True)
class Standing:
    """A position that must count in the first epoch, with what it pays."""

    shop: Shop
    soc: str
    cents: int


@dataclass
class Story:
    """All that is published, in order; what must be refused, by event id; what must stand; how entries were told."""

    published: list[Publication] = field(default_factory=list)
    refused: dict[str, Spoil] = field(default_factory=dict)
    standing: list[Standing] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)
    dead: int = 0
    strays: int = 0
    entries: int = 0


@dataclass(frozen=True)
class Roll:
    """The market as it joined: member by shop, and the shops that are special."""

    member_of: dict[str, str]  # by a shop's ref
    payroll: frozenset[str] = frozenset()  # shops whose pay the payroll partner sends
    ungranted: frozenset[str] = frozenset()  # shops that granted nobody
    not_counted: frozenset[str] = frozenset()  # shops not verified by the cutoff, or gone by the release


class _Teller:
    def __init__(self, roll: Roll, today: date, seed: int) -> None:
        self.roll = roll
        self.cutoff = today - timedelta(days=AGE)
        self.today = today
        self.chance = random.Random(f"{seed}/story")
        self.story = Story()
        self.timed: list[tuple[float, Publication]] = []
        self.good: dict[str, list[dict[str, Any]]] = {WRENCHWAY: [], PAYROLL: []}

    def on(self, fewest: int, most: int) -> str:
        """A day so many days before the cutoff."""
        return (self.cutoff - timedelta(days=self.chance.randint(fewest, most))).isoformat()

    def body(self, position: Position, cents: int, revision: int, effective_on: str) -> dict[str, Any]:
        shop = position.shop
        return {
            "submission_id": f"{shop.ref}-{position.number}",
            "revision": revision,
            "member_id": self.roll.member_of[shop.ref],
            "role": position.role,
            "experience": position.experience,
            "shop_type": shop.shop_type,
            "size": shop.size,
            "zip": shop.zip,
            **inputs(plan_for(shop.shop_type, self.chance), cents, self.chance),
            "credentials": position.credentials,
            "effective_on": effective_on,
        }

    def say(self, phase: int, partner: str, topic: str, body: dict[str, Any], key: str = "") -> Publication:
        ce_id = f"demo-{body['submission_id']}-{body['revision']}-{topic.partition('.')[0]}"
        wrap = structured if self.chance.random() < 0.1 else binary
        publication = wrap(partner, ce_id, topic, body)
        publication = replace(publication, key=key or publication.key)
        self.timed.append((phase + self.chance.random(), publication))
        return publication

    def tell(self, position: Position) -> None:
        """Publish one position in one of the ways."""
        shop = position.shop
        partner = PAYROLL if shop.ref in self.roll.payroll else WRENCHWAY
        if shop.ref in self.roll.ungranted:
            refused = self.say(0, partner, PAY, self.body(position, position.cents, 1, self.on(MARGIN, WINDOW)))
            self.story.refused[refused.ce_id] = NO_GRANT
            return
        way = self.chance.choices(list(WAYS), list(WAYS.values()))[0]
        self.story.told[way] = self.story.told.get(way, 0) + 1
        stands = self._publish(position, way, partner)
        if stands is not None and shop.ref not in self.roll.not_counted:
            self.story.standing.append(Standing(shop, position.soc, stands))

    def _publish(self, position: Position, way: str, partner: str) -> int | None:
        """What stands afterwards, in cents."""
        day = self.on(MARGIN, WINDOW)
        if way == "too young":
            day = (self.cutoff + timedelta(days=self.chance.randint(MARGIN, AGE))).isoformat()
        elif way == "too old":
            day = self.on(WINDOW + 80, WINDOW + 400)
        first = self.body(position, position.cents, 1, day)
        phase = 2 if way in ("reordered", "withdrawn before it came") else 0
        key = f"not-{first['member_id']}" if way == "under a wrong key" else ""
        said = self.say(phase, partner, PAY, first, key)
        self.good[partner].append(first)
        raised = round(position.cents * self.chance.uniform(1.01, 1.08))
        if way in ("revised", "reordered", "old revision again"):
            self.say(1, partner, PAY, self.body(position, raised, 2, day))
        elif way == "raise to come":
            soon = (self.today + timedelta(days=self.chance.randint(1, 60))).isoformat()
            self.say(1, partner, PAY, self.body(position, raised, 2, soon))
        elif way.startswith("withdrawn"):
            mine = {name: first[name] for name in ("submission_id", "member_id")}
            self.say(1, partner, "submission.withdrawn", mine | {"revision": 2, "measure": "pay"})
        if way == "withdrawn and back":
            self.say(2, partner, PAY, self.body(position, raised, 3, day))
        if way in ("duplicate", "old revision again"):
            self.timed.append((2 + self.chance.random(), said))
        if way in ("withdrawn", "withdrawn before it came", "too young", "too old"):
            return None
        return raised if way in ("revised", "reordered", "old revision again", "withdrawn and back") else position.cents

    def spoil(self) -> None:
        """Mix the bad input in among the first entries."""
        for kind, publication in spoiled(self.good[WRENCHWAY], self.good[PAYROLL], self.chance):
            self.story.refused[publication.ce_id] = kind
            self.timed.append((self.chance.random(), publication))

    def intrude(self, positions: list[Position], partitions: int) -> None:
        """An insider's mistakes on the inner topic itself: a wrong partition, and bytes that are no event."""
        for number, position in enumerate(positions[:INSIDERS]):
            body = self.body(position, position.cents, 1, self.on(MARGIN, WINDOW))
            body["submission_id"] = f"insider-{number}"
            stray = binary("insider", f"demo-stray-{number}", PAY, body, on=PAY)
            wrong = (partition_of(body["member_id"], partitions) + 1) % partitions
            self.timed.append((1.5, replace(stray, partition=wrong)))
            self.story.standing.append(Standing(position.shop, position.soc, position.cents))
            broken = replace(stray, ce_id=f"demo-broken-{number}", value=b'{"submission_id": 7', partition=None)
            self.timed.append((1.5, broken))
        self.story.strays = self.story.dead = min(INSIDERS, len(positions))

    def order(self) -> Iterator[Publication]:
        """Everything in the order in which it is published."""
        return (publication for _, publication in sorted(self.timed, key=lambda item: item[0]))


def tell(positions: list[Position], roll: Roll, today: date, seed: int, partitions: int) -> Story:
    """The whole story of the market; the same arguments tell the same story."""
    teller = _Teller(roll, today, seed)
    for position in positions:
        teller.tell(position)
    teller.spoil()
    special = roll.ungranted | roll.not_counted | roll.payroll
    teller.intrude([p for p in positions if p.number == 1 and p.shop.ref not in special], partitions)
    teller.story.published = list(teller.order())
    teller.story.entries = len(positions)
    return teller.story

"""What shops say besides pay: which benefits they offer, and the labor rate at their counter; seeded, each told once."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from driveline.demo import sources
from driveline.demo.market import Shop
from driveline.demo.publication import WRENCHWAY, Publication, binary
from driveline.demo.story import Roll

SIZES = ("1_2", "3_5", "6_10", "11_20", "21_plus")
REAL_EACH = 3  # of the real shops every so many says it; every synthetic one does
SILENT = 0.15  # of those that offer a benefit, how many do not say how much
# By benefit: by the shop's size how many offer it, the unit of an amount, and amounts as they are usual.
BENEFITS: dict[str, tuple[tuple[float, ...], str, tuple[int, ...]]] = {
    "health": ((0.25, 0.45, 0.65, 0.85, 0.95), "percent_paid_by_employer", (50, 50, 60, 70, 75, 80, 100)),
    "pto_days": ((0.50, 0.65, 0.80, 0.90, 0.95), "days_year", (5, 5, 7, 10, 10, 12, 15, 20)),
    "tool_allowance_year": ((0.10, 0.20, 0.30, 0.40, 0.50), "usd_year", (250, 300, 500, 500, 600, 1000, 1500)),
}
# By a shop's type the kind of rate that hangs at its counter, and its middle in dollars; every other type's is the first.
DOOR = ("mechanical_door", 152)
KINDS = {
    "independent_collision": ("body", 72),
    "truck_dealer": ("diesel_door", 168),
    "dealership_service": (DOOR[0], 178),
}
# Days before today: old enough by the policy of the measure, not too old, and off both by a few for a midnight.
OLD_ENOUGH = {"benefits": 95, "labor-rates": 185}
NOT_TOO_OLD = 690


@dataclass(frozen=True, slots=True)
class Answer:
    """One shop's answer to one benefit that must count: whether it is offered, and how much where that is said."""

    shop: Shop
    benefit: str
    offered: bool
    amount: int | None


@dataclass(frozen=True, slots=True)
class Posted:
    """One posted labor rate that must count, in cents."""

    shop: Shop
    kind: str
    cents: int


@dataclass
class Offers:
    """All that is published of it, and what of it must stand."""

    published: list[Publication] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    rates: list[Posted] = field(default_factory=list)

    @property
    def standing(self) -> int:
        """How many entries must stand."""
        return len(self.answers) + len(self.rates)


def offers(shops: Iterable[Shop], roll: Roll, today: date, seed: int) -> Offers:
    """What the shops that granted it let the partner say; the same arguments say the same."""
    chance, means = random.Random(f"{seed}/offers"), sources.state_means()
    real, found = 0, Offers()
    for shop in shops:
        real += shop.real
        if shop.ref in roll.payroll | roll.ungranted or (shop.real and real % REAL_EACH):
            continue
        counts = shop.ref not in roll.not_counted
        for benefit in BENEFITS:
            answer = _answer(shop, benefit, chance)
            said: dict[str, Any] = {"size": shop.size, "benefit": benefit, "offered": answer.offered}
            if answer.amount is not None:
                said |= {"amount": str(answer.amount), "unit": BENEFITS[benefit][1]}
            found.published.append(_say("benefits", f"b-{benefit}", shop, said, roll, today, chance))
            found.answers += [answer] if counts else []
        kind, middle = KINDS.get(shop.shop_type, DOOR)
        scale = float(means[shop.state] / means["US"])
        posted = Posted(shop, kind, round(middle * scale * chance.lognormvariate(0, 0.14)) * 1_00)
        said = {"kind": kind, "posted_rate": f"{posted.cents // 100}.00"}
        found.published.append(_say("labor-rates", f"l-{kind}", shop, said, roll, today, chance))
        found.rates += [posted] if counts else []
    return found


def _answer(shop: Shop, benefit: str, chance: random.Random) -> Answer:
    shares, _, amounts = BENEFITS[benefit]
    offered = chance.random() < shares[SIZES.index(shop.size)]
    silent = chance.random() < SILENT
    return Answer(shop, benefit, offered, chance.choice(amounts) if offered and not silent else None)


def _say(
    measure: str, name: str, shop: Shop, said: dict[str, Any], roll: Roll, today: date, chance: random.Random
) -> Publication:
    topic = {"benefits": "benefits.submitted", "labor-rates": "labor-rate.submitted"}[measure]
    day = today - timedelta(days=chance.randint(OLD_ENOUGH[measure], NOT_TOO_OLD))
    body = {
        "submission_id": f"{shop.ref}-{name}",
        "revision": 1,
        "member_id": roll.member_of[shop.ref],
        "shop_type": shop.shop_type,
        "zip": shop.zip,
        **said,
        "effective_on": day.isoformat(),
    }
    return binary(WRENCHWAY, f"demo-{body['submission_id']}", topic, body)

"""What is drawn of each measure: a place in its cells, what is said there, and something else said in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from .said import Position, Submission

# A metro over two states; Puerto Rico without and with one.
ZIPS = ("17350", "19103", "19103", "08102", "00601", "00901")
# Benefits and labor rates, which have fewer filters, also have a rarer third of each: rounds need a few beside two cells.
SHOP_TYPES, SIZES = ("independent_repair", "quick_lube", "tire_store"), ("1_2", "3_5", "6_10")
EXPERIENCES, PLANS, LEVELS = ("y2_4", "y5_9"), ("hourly", "flat_rate"), ("none", "some", "master")
ROLES = ("tech_a", "tech_b")
LABOR_RATES = ("mechanical_door", "paint_materials")
AMOUNTS: Mapping[str, Sequence[int]] = {  # hundredths, of every unit and of none
    "health": range(0, 100_01, 5_00),
    "retirement_match_pct": range(0, 10_01, 50),
    "pto_days": range(0, 25_01, 50),
    "tuition": range(0, 4_000_01, 37_50),
    "relocation": range(0, 250_000_01, 20 << 16),  # they differ beyond the 16 bits that pay has room in
    "uniforms": (),
}
SUBJECTS = {"pay": ROLES, "technician-pay": ROLES, "benefits": tuple(AMOUNTS), "labor-rates": LABOR_RATES}
CONTRIBUTORS = {"pay": "business", "technician-pay": "technician", "benefits": "business", "labor-rates": "business"}
_OF_PAY = (
    ("subject", ROLES),
    ("experience", EXPERIENCES),
    ("plan", PLANS),
    ("credential_level", LEVELS),
    ("zip", ZIPS),
)
MOVES: Mapping[str, Sequence[tuple[str, Sequence[str]]]] = {
    "pay": _OF_PAY,
    "technician-pay": _OF_PAY,
    "benefits": (("size", SIZES), ("shop_type", SHOP_TYPES), ("zip", ZIPS)),
    "labor-rates": (("subject", LABOR_RATES), ("shop_type", SHOP_TYPES), ("zip", ZIPS)),
}


@dataclass(frozen=True)
class Shop:
    """Where a member is, and what kind of shop it has."""

    zip: str
    shop_type: str
    size: str


def draw_shop(chance: Random, measure: str, place: int) -> Shop:
    """One shop of the market, where the members before and after it are too."""
    rare = 0 if measure in ("pay", "technician-pay") else 1

    def one(codes: Sequence[str]) -> str:
        return chance.choice((*codes[:2] * 3, *codes[2:] * rare))

    return Shop(ZIPS[place % len(ZIPS)], one(SHOP_TYPES), one(SIZES))


class Talk:
    """What the members of one market say: of which subjects, and of a benefit how many of them offer it."""

    def __init__(self, chance: Random) -> None:
        self._subjects = {
            name: codes if len(codes) < 3 else chance.sample(codes, 2) for name, codes in SUBJECTS.items()
        }
        self._offering = {benefit: chance.choice((0.1, 0.4, 0.6, 0.6, 0.9, 1)) for benefit in AMOUNTS}
        self._telling = {benefit: chance.choice((0.3, 0.7, 0.95)) for benefit in AMOUNTS}

    def position(self, chance: Random, measure: str, shop: Shop) -> Position:
        """Somewhere in the cells of the measure."""
        here = Position(shop.zip, chance.choice(self._subjects[measure]), shop.shop_type, shop.size)
        if measure not in ("pay", "technician-pay"):
            return here
        experience, plan, level = chance.choice(EXPERIENCES), chance.choice(PLANS), chance.choice(LEVELS)
        return replace(here, experience=experience, plan=plan, credential_level=level)

    def value(self, chance: Random, measure: str, subject: str) -> tuple[int | None, bool]:
        """How much is said, if anything, and whether it is offered."""
        if measure != "benefits":
            return 100 * chance.randrange(18, 40), True
        if chance.random() > self._offering[subject]:
            return None, False
        tells = AMOUNTS[subject] and chance.random() < self._telling[subject]
        return (chance.choice(AMOUNTS[subject]) if tells else None), True

    def another(self, chance: Random, told: Submission, more: int) -> Submission:
        """The same with `more` cents or hundredths; of a benefit also its opposite, or no amount any more."""
        if told.measure != "benefits":
            assert told.value is not None
            return replace(told, value=told.value + more)
        amounts = AMOUNTS[told.position.subject]
        if chance.random() < 0.4 or not (told.offered and amounts):
            value = chance.choice(amounts) if amounts and not told.offered else None
            return replace(told, offered=not told.offered, value=value)
        if told.value is None:
            return replace(told, value=chance.choice(amounts))
        return replace(told, value=None if chance.random() < 0.2 else min(abs(told.value + more), amounts[-1]))

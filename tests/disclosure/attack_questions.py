"""What users would ask, and what answers them: the cell itself, a wider one, or nothing."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from exchange.domain import codes
from exchange.domain.lattice import FORMS, Cell, unpack

from .attack_measures import PAY
from .attack_tables import GEOGRAPHY, TOWNS, USUAL, Table
from .attack_talk import USUAL_TALK

# Of a hundred questions on the benchmark page how many give what beside role, benefit or kind: a judgement of ours, no
# measurement. Nobody asks for the metros that labor rates do not have.
_ASKED: Final[Mapping[str, tuple[tuple[tuple[str, ...], int], ...]]] = {
    "pay": (
        (("state",), 25),
        (("metro",), 25),
        (("metro", "experience"), 15),
        (("metro", "shop_type"), 10),
        (("state", "experience"), 8),
        (("state", "shop_type"), 5),
        (("metro", "shop_type", "experience"), 4),
        (("state", "plan"), 3),
        (("metro", "size"), 2),
        (("state", "credential_level"), 3),
    ),
    "benefits": (
        (("state",), 30),
        (("metro",), 30),
        (("state", "shop_type"), 10),
        (("metro", "shop_type"), 10),
        (("state", "size"), 10),
        (("metro", "size"), 5),
        (("metro", "shop_type", "size"), 5),
    ),
    "labor-rates": ((("state",), 60), (("state", "shop_type"), 40)),
}
_OTHERS: Final[dict[str, tuple[Table, tuple[str, ...]]]] = {
    "shop_type": (USUAL.shop_types, codes.SHOP_TYPES),
    "experience": (USUAL.experiences, codes.EXPERIENCES),
    "plan": (USUAL.plans, codes.PLANS),
    "size": (USUAL.sizes, codes.SIZES),
    "credential_level": (USUAL.levels, codes.CREDENTIAL_LEVELS),
}
ANSWERED: Final = ("directly", "by roll-up", "withheld")


def asked(rng: random.Random, measure: str = PAY.name) -> Cell:
    """A question of somebody who is somewhere and does something, as often as shops and positions are there."""
    form, how_often = FORMS[measure], _ASKED[measure]
    given = rng.choices([names for names, _ in how_often], [weight for _, weight in how_often])[0]
    place = rng.choices([place for place, _ in TOWNS], [weight for _, weight in TOWNS])[0]
    where = f"metro:{place.state}:{place.metro}" if place.metro and "metro" in given else f"state:{place.state}"
    cell = {name: _code(rng, *_OTHERS[name]) for name in given if name in _OTHERS}
    facet = next(((name, value) for name, value in cell.items() if name in form.facets), None)
    if measure == PAY.name:
        subject = _code(rng, USUAL.roles, codes.ROLES)
    else:
        subject = form.subjects[rng.choice(USUAL_TALK[measure]).subject]
    return Cell(measure, where, subject, cell.get("shop_type"), cell.get(form.grade or ""), facet)


def answers(shown: Iterable[int], questions: Iterable[Cell], measure: str = PAY.name) -> Counter[str]:
    """How many of these questions are answered how, by rule 7, where the cells of these packed keys are shown."""
    texts = {unpack(measure, key, GEOGRAPHY).text() for key in shown}

    def how(question: Cell) -> str:
        found = next((cell for cell in question.roll_up(GEOGRAPHY) if cell.text() in texts), None)
        return ANSWERED[2] if found is None else ANSWERED[0] if found == question else ANSWERED[1]

    return Counter(map(how, questions))


def _code(rng: random.Random, table: Table, names: tuple[str, ...]) -> str:
    row = rng.choices(table, [weight for _, weight, _ in table])[0]
    return names[row[0]]

"""What shops and their positions are like, and how often: as in the markets attacked, or as somebody might imagine.

The shares and amounts are plausible, not measured.
"""

import random
from dataclasses import dataclass
from typing import Final

from exchange.domain.lattice import Geography, Place

# (place, how many of a hundred shops): a state with two metros, one with a metro and the country around it, and a small
# state that is nearly alone in its division.
Towns = tuple[tuple[Place, float], ...]
TOWNS: Final[Towns] = (
    (Place("17350", "PA", "Middle Atlantic", "23900"), 45),
    (Place("16601", "PA", "Middle Atlantic", "11020"), 15),
    (Place("10001", "NY", "Middle Atlantic", "35620"), 35),
    (Place("13326", "NY", "Middle Atlantic", None), 3),
    (Place("06101", "CT", "New England", "25540"), 2),
)
GEOGRAPHY: Final = Geography([place for place, _ in TOWNS])

# (code in `exchange.domain.codes`, how many of a hundred have it, what it adds to pay in cents)
Table = tuple[tuple[int, float, int], ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """How often what is said."""

    towns: Towns = TOWNS
    roles: Table = ((5, 50, 3000), (4, 30, 2500), (0, 20, 1750))  # tech_a, tech_b, lube_tech
    shop_types: Table = ((0, 60, 0), (3, 25, 300), (6, 12, -150), (8, 3, 100))  # ..., specialty
    experiences: Table = ((1, 30, -250), (2, 40, 0), (3, 27, 250), (4, 3, 350))
    plans: Table = ((0, 60, 0), (4, 37, 150), (2, 3, 50))  # hourly, flat rate, salary
    sizes: Table = ((0, 40, 0), (1, 40, 0), (2, 17, 50), (4, 3, 100))
    levels: Table = ((0, 40, -100), (1, 40, 0), (2, 20, 200))


USUAL: Final = Tables()
_UNSURE: Final = 1.0  # of the logarithm of how often: mostly a third of it to three times as often


def imagined(rng: random.Random) -> tuple[Tables, int]:
    """What somebody who does not know the markets' chances takes for possible, and how many shops there might be."""

    def unsure(table: Table) -> Table:
        return tuple((code, share * rng.lognormvariate(0, _UNSURE), adds) for code, share, adds in table)

    of_positions = unsure(USUAL.roles), unsure(USUAL.shop_types), unsure(USUAL.experiences), unsure(USUAL.plans)
    of_shops = unsure(USUAL.sizes), unsure(USUAL.levels)
    towns = tuple((place, share * rng.lognormvariate(0, _UNSURE)) for place, share in TOWNS)
    return Tables(towns, *of_positions, *of_shops), int(30 * rng.lognormvariate(0.6, 0.6))

"""Draws positions: pay from the official percentiles of the role's occupation, scaled by the state's mean."""

import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from math import erf, exp, sqrt

from driveline.demo import sources
from driveline.demo.market import Shop
from driveline.demo.sources import Official

# How much of what a technician is paid depends on the shop: the square of a correlation.
SHOPS_PART = 0.12
# A percentile list ends at p10 and p90; beyond them pay goes on to these multiples of the two.
LOW_END, HIGH_END = 0.82, 1.22

AUTOMOTIVE, BODY, DIESEL = "49-3023", "49-3021", "49-3031"
OCCUPATION = {"independent_collision": BODY, "truck_dealer": DIESEL}  # every other type employs automotive technicians

# By occupation and role: where in the occupation's pay the role lies, from 0 to 1, and how common it is.
ROLES: dict[str, dict[str, tuple[float, float]]] = {
    AUTOMOTIVE: {
        "lube_tech": (0.08, 1.0), "tire_tech": (0.12, 0.7), "apprentice": (0.05, 0.5), "mlr_tech": (0.30, 0.9), "tech_c": (0.35, 1.2),
        "tech_b": (0.55, 1.5), "tech_a": (0.78, 1.5), "driveability_tech": (0.85, 0.5), "ev_hybrid_tech": (0.86, 0.3),
        "adas_tech": (0.82, 0.2), "master_tech": (0.95, 0.9),
    },
    BODY: {
        "disassembly_tech": (0.10, 0.6), "refinish_prepper": (0.20, 0.8), "body_tech": (0.50, 1.4), "non_structural_tech": (0.55, 0.7),
        "painter": (0.75, 0.9), "structural_tech": (0.85, 0.7),
    },
    DIESEL: {"diesel_tech_1": (0.15, 1.0), "diesel_tech_2": (0.50, 1.2), "diesel_tech_3": (0.85, 0.9)},
}  # fmt: skip
ROLE_SPREAD = 0.16
EXPERIENCES = ("y0_1", "y2_4", "y5_9", "y10_19", "y20_plus")
EXPERIENCE_STARTS = (0.15, 0.35, 0.60, 0.85)
MASTER = [f"A{n}" for n in range(1, 9)]


@dataclass(frozen=True, slots=True)
class Position:
    """One technician's job at a shop: what it is, and what it pays in cents an hour."""

    shop: Shop
    number: int
    soc: str
    role: str
    experience: str
    credentials: list[str]
    cents: int


def pay_at(level: float, occupation: Official) -> float:
    """Dollars an hour at a level from 0 to 1: straight lines between the official percentiles."""
    points = sorted(occupation.percentiles)
    dollars = [float(occupation.percentiles[point]) for point in points]
    xs = [0.0, *points, 1.0]
    ys = [dollars[0] * LOW_END, *dollars, dollars[-1] * HIGH_END]
    above = min(bisect_right(xs, level), len(xs) - 1)
    part = (level - xs[above - 1]) / (xs[above] - xs[above - 1])
    return ys[above - 1] + part * (ys[above] - ys[above - 1])


def positions(shops: list[Shop], seed: int) -> Iterator[Position]:
    """Every position of every shop; the same seed draws the same."""
    chance = random.Random(f"{seed}/positions")
    official, means = sources.official(), sources.state_means()
    for shop in shops:
        soc = OCCUPATION.get(shop.shop_type, AUTOMOTIVE)
        scale = float(means[shop.state] / means["US"])
        good = chance.gauss(0, 1)
        for number in range(1, shop.technicians + 1):
            level = _normal(sqrt(SHOPS_PART) * good + sqrt(1 - SHOPS_PART) * chance.gauss(0, 1))
            cents = round(pay_at(level, official[soc]) * scale * 100)
            experience = EXPERIENCES[bisect_right(EXPERIENCE_STARTS, level + chance.gauss(0, 0.2))]
            yield Position(shop, number, soc, _role(soc, level, chance), experience, _credentials(level, chance), cents)


def _normal(z: float) -> float:
    return 0.5 * (1 + erf(z / sqrt(2)))


def _role(soc: str, level: float, chance: random.Random) -> str:
    """A role whose pay lies about there, so that roles differ while the occupation as a whole keeps its percentiles."""
    roles = ROLES[soc]
    weights = [common * exp(-(((level - at) / ROLE_SPREAD) ** 2)) for at, common in roles.values()]
    return chance.choices(list(roles), weights)[0]


def _credentials(level: float, chance: random.Random) -> list[str]:
    if chance.random() < 0.25 * level:
        return MASTER
    return sorted(chance.sample(MASTER, chance.randint(1, 4))) if chance.random() < 0.2 + 0.5 * level else []

"""What shops say of benefits and labor rates, and how often: as in the markets attacked, or as somebody might imagine.

The shares and amounts are plausible, not measured.
"""

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from exchange.domain.offering import LEAST_AMOUNT, NOT_OFFERED, OFFERED

_UNSURE: Final = 1.0  # of the logarithm of the odds: mostly a third of them to three times as much
_TELL: Final = 0.8  # of those that offer what has an amount say it
_OF_TOWN: Final = (0, -10_00, 30_00, -15_00, 15_00)
_SPREAD: Final = 15_00
_LOWEST, _HIGHEST = 20_00, 500_00  # what a posted rate may be


@dataclass(frozen=True, slots=True)
class Benefit:
    """A benefit that is asked about: of how many it is answered, how many offer it, and the amounts, in hundredths."""

    subject: int  # in `exchange.domain.codes`
    answered: float
    offered: float
    amounts: tuple[int, ...] = ()

    def value(self, rng: Random, town: int) -> int:
        """What a shop answers, the same in every town."""
        if rng.random() >= self.offered:
            return NOT_OFFERED
        return self._offering(rng) if rng.random() < _TELL else OFFERED

    def restated(self, rng: Random, value: int) -> int:
        """A shop begins or ceases to offer it, or offers another amount."""
        if value == NOT_OFFERED:
            return self._offering(rng)
        return NOT_OFFERED if not self.amounts or rng.random() < 0.4 else self._offering(rng)

    def far(self, lowest: int, highest: int) -> tuple[int, ...]:
        """What moves share or amount as far as it goes, where amounts may be so much."""
        return NOT_OFFERED, *((LEAST_AMOUNT + lowest, LEAST_AMOUNT + highest) if self.amounts else (OFFERED,))

    def _offering(self, rng: Random) -> int:
        return LEAST_AMOUNT + rng.choice(self.amounts) if self.amounts else OFFERED


@dataclass(frozen=True, slots=True)
class Posted:
    """A kind of labor rate that is posted: by how many, and about what, in cents."""

    subject: int
    answered: float
    middle: int

    def value(self, rng: Random, town: int) -> int:
        """What a shop posts."""
        return _within(rng.gauss(self.middle + _OF_TOWN[town], _SPREAD))

    def restated(self, rng: Random, value: int) -> int:
        """It raises its rate, mostly by whole dollars."""
        return _within(value + 100 * rng.randint(1, 12) if rng.random() < 0.7 else rng.gauss(value, _SPREAD))

    def far(self, lowest: int, highest: int) -> tuple[int, ...]:
        """Far below and far above everybody's."""
        return lowest, highest


Talk = tuple[Benefit | Posted, ...]
USUAL_TALK: Final[dict[str, Talk]] = {
    "benefits": (
        Benefit(0, 0.9, 0.6, tuple(range(50_00, 100_01, 10_00))),  # health
        Benefit(3, 0.9, 0.8, (5_00, 6_00, 8_00, 10_00, 12_00, 15_00)),  # pto_days
        Benefit(7, 0.8, 0.35, tuple(range(200_00, 1_500_01, 25_00))),  # tool_allowance_year
        Benefit(9, 0.9, 0.9),  # uniforms
        Benefit(15, 0.8, 0.15),  # four_day_week
    ),
    "labor-rates": (Posted(0, 0.95, 145_00), Posted(2, 0.7, 160_00)),  # mechanical_door, diagnostic
}


def imagined_talk(rng: Random, measure: str) -> Talk:
    """What somebody who does not know the markets' chances takes for possible."""

    def unsure(share: float) -> float:
        odds = share / (1 - share) * rng.lognormvariate(0, _UNSURE)
        return odds / (1 + odds)

    found: list[Benefit | Posted] = []
    for one in USUAL_TALK[measure]:
        if isinstance(one, Benefit):
            found.append(replace(one, answered=unsure(one.answered), offered=unsure(one.offered)))
        else:
            found.append(replace(one, answered=unsure(one.answered)))
    return tuple(found)


def _within(cents: float) -> int:
    return min(max(round(cents), _LOWEST), _HIGHEST)

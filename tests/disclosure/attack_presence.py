"""Whether a shop takes part at all: a guess from which cells are shown, and what of them moves.

The curious member knows the target's cells. One that asks around knows also the quarters in which the target would have joined,
corrected its pay and left. It does not know the markets' chances, so it learns them by playing other markets of its own.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from .attack_bounds import Array
from .attack_exchange import Answers
from .attack_market import Market
from .attack_measures import PAY, Measure

_RIDGE: Final = 10.0
_STEPS: Final = 25


@dataclass(slots=True)
class Watch:
    """What anybody sees move under one set of rules, in the target's cells and in all others, quarter by quarter."""

    mine: frozenset[int]
    before: dict[tuple[int, str], str] = field(default_factory=dict)
    rows: list[list[float]] = field(default_factory=list)

    @classmethod
    def of(cls, market: Market, measure: Measure = PAY) -> "Watch":
        """Over the cells in which the target would be."""
        return cls(frozenset(measure.cells_of(market.like_the_target()).ravel().tolist()))

    def look(self, answers: Answers, own_moved: bool) -> None:
        """After a release."""
        now = {(key, what): said for key, one in answers.shown.items() for what, said in one.statements().items()}
        row = [float(sum(key in self.mine for key, _ in now)), float(len(now))]
        for mine in (True, False):
            old = {name for name in self.before if (name[0] in self.mine) == mine}
            new = {name for name in now if (name[0] in self.mine) == mine}
            both = old & new
            moved = sum(now[name] != self.before[name] for name in both) / (len(both) + 1)
            row += [float(len(new - old)), float(bool(new - old)), float(len(old - new)), float(bool(old - new)), moved]
        # What moved while it kept still itself was moved by somebody else.
        self.rows.append([*row, 0.0 if own_moved else row[6], 0.0 if own_moved else row[11]])
        self.before = now

    def throughout(self) -> Array:
        """What moved on the whole: for one who does not know when the target would have done something."""
        rows = np.array(self.rows)
        return np.concatenate([rows.mean(axis=0), np.ptp(rows, axis=0)])

    def moments(self, market: Market) -> Array:
        """What moved when the target would have joined, corrected and left."""
        when = (market.shops[0].joins, market.target_corrects, market.target_leaves)
        return np.concatenate([np.array(self.rows[quarter - 1]) for quarter in when])


@dataclass(frozen=True, slots=True)
class Judgement:
    """How certain it is that the target takes part, learnt from markets whose outcome is known (logistic, with a ridge)."""

    middle: Array
    spread: Array
    weights: Array

    @classmethod
    def learnt(cls, moments: Array, takes_part: Array) -> "Judgement":
        """From one row of moments a market."""
        middle, spread = moments.mean(axis=0), moments.std(axis=0) + 1e-6
        rows = np.c_[np.ones(len(moments)), (moments - middle) / spread]
        weights = np.zeros(rows.shape[1])
        ridge = np.diag([0.0] + [_RIDGE] * (rows.shape[1] - 1))
        for _ in range(_STEPS):
            stated = 1 / (1 + np.exp(-rows @ weights))
            slope = rows.T @ (stated - takes_part) + ridge @ weights
            weights = weights - np.linalg.solve((rows.T * (stated * (1 - stated))) @ rows + ridge, slope)
        return cls(middle, spread, weights)

    def certainty(self, moments: Array) -> Array:
        """For each market how probable it is that the target takes part."""
        rows = np.c_[np.ones(len(moments)), (moments - self.middle) / self.spread]
        found: Array = 1 / (1 + np.exp(-rows @ self.weights))
        return found

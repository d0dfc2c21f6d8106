"""What the attack must know of a measure: its policy, the cells of its entries, and between which bounds their values lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Final

import numpy as np
from exchange.domain.codes import BENEFIT_UNITS
from exchange.domain.lattice import FACET_SHIFT, FORMS, GEO_SHIFT, GRADE_SHIFT, LEVELS, SHOP_SHIFT, SUBJECT_SHIFT
from exchange.domain.policy import POLICIES, Policy

from .attack_bounds import HIGHEST, LOWEST, Array
from .attack_market import Entry
from .attack_tables import GEOGRAPHY

CLOSE: Final = 100  # cents: a value is known when its bounds are no further apart
_CODES: Final = ("zip", "subject", "shop_type", "grade", "plan", "size", "credential_level")


RULES: Final = ("all", "without nesting", "without change")
STRICTER: Final = "stricter policy"  # all rules, and old versions guarded
GUARDED: Final = "guarded"  # the guarded line: that, more contributors, and no share of nobody or everybody
GUARDED_RULES: Final = (GUARDED, f"{GUARDED} without nesting", f"{GUARDED} without change")


@dataclass(frozen=True, slots=True)
class Scale:
    """What values may be and what they are rounded to, in cents, or hundredths of a point or of a day.

    `whole`: shops say whole points and days, so that a value is known where only one of these is left.
    """

    lowest: float
    highest: float
    step: int
    whole: bool = False

    def known(self, low: float, high: float) -> bool:
        """Whether a value between these bounds is as good as known."""
        return floor(high / 100) - ceil(low / 100) <= 0 if self.whole else high - low <= CLOSE


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure as it is attacked; `positions` are a shop's entries in a cell, on the average, at most: the attacker
    does not think of more."""

    policy: Policy
    stricter: Policy
    guarded: Policy
    positions: int
    scale: Scale

    @property
    def name(self) -> str:
        """As cells call it."""
        return self.policy.measure

    def under(self, rule: str) -> Policy:
        """The policy of a set of rules."""
        if rule in GUARDED_RULES:
            return self.guarded
        return self.stricter if rule == STRICTER else self.policy

    def scale_of(self, subject: int) -> Scale:
        """Of values about this subject; of a benefit that has amounts."""
        if self.name != "benefits":
            return self.scale
        unit, policy = BENEFIT_UNITS[subject], self.policy
        if unit == "days_year":
            return Scale(0, 366_00, policy.days, whole=True)
        return self.scale if unit is None or unit.startswith("usd_") else Scale(0, 100_00, policy.points, whole=True)

    def cells_of(self, entries: Sequence[Entry]) -> Array:
        """The packed keys of the cells of each entry, one row an entry; negative where a place has no such geography."""
        form = FORMS[self.name]
        codes = np.array([[getattr(entry, code) for code in _CODES] for entry in entries], np.int64)
        codes = codes.reshape(-1, len(_CODES))
        places = GEOGRAPHY.chains[codes[:, 0], : LEVELS.index(self.policy.finest) + 1].astype(np.int64)
        shifts = (SUBJECT_SHIFT, SHOP_SHIFT, GRADE_SHIFT)
        subject, shop, grade = ((codes[:, 1 + n] + 1) << shift for n, shift in enumerate(shifts))
        none = np.zeros_like(subject)
        filters = [s | g for s in (none, shop) for g in ((none, grade) if form.grade else (none,))]
        filters += [(kind + 1) << FACET_SHIFT | (codes[:, 4 + kind] + 1) for kind in range(len(form.facets))]
        below = np.stack(
            [s | f for s in ((none, subject) if form.all_subjects else (subject,)) for f in filters], axis=1
        )
        keys: Array = np.where(places[:, :, None] < 0, -1, places[:, :, None] << GEO_SHIFT | below[:, None, :])
        return keys.reshape(len(codes), places.shape[1] * below.shape[1])


def _measure(policy_id: str, positions: int, scale: Scale) -> Measure:
    policy = POLICIES[policy_id]
    stricter = replace(policy, policy_id=f"{policy.measure}-stricter", guards_old_versions=True)
    return Measure(policy, stricter, POLICIES[f"{policy_id}-guarded"], positions, scale)


# Source of the limits: domain.md; what effective pay, a posted rate and an amount in dollars may be.
PAY: Final = _measure("pay-2026", 4, Scale(LOWEST, HIGHEST, POLICIES["pay-2026"].rounding))
BENEFITS: Final = _measure("benefits-2026", 1, Scale(0, 250_000_00, POLICIES["benefits-2026"].rounding))
LABOR_RATES: Final = _measure("labor-rates-2026", 1, Scale(20_00, 500_00, POLICIES["labor-rates-2026"].rounding))
MEASURES: Final[Mapping[str, Measure]] = {measure.name: measure for measure in (PAY, BENEFITS, LABOR_RATES)}

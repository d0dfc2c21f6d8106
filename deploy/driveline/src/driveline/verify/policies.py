"""The disclosure policies as verify reads them from the domain's table, typed in once more on purpose."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Policy:
    """One named policy, followed by releases from the day `since`; `rounding` is in cents, `cap` is the largest share
    of entries that one contributor may hold; benefits round percentages and days to `points` and `days`, in hundredths; `guards_old_versions` is stricter than the domain's rules (`beside_old.py`)."""

    policy_id: str
    measure: str
    since: date
    contributor_kind: str
    age_days: int
    window_months: int
    k: int
    cap: Fraction
    finest: str
    rounding: int
    guards_old_versions: bool = False
    points: int = 5_00
    days: int = 1_00


POLICIES = {
    policy.policy_id: policy
    for policy in (
        Policy("pay-2026", "pay", date(2026, 1, 1), "business", 90, 24, 5, Fraction(25, 100), "metro", 25),
        Policy(
            "technician-pay-2026",
            "technician-pay",
            date(2026, 1, 1),
            "technician",
            90,
            24,
            10,
            Fraction(10, 100),
            "state",
            25,
        ),
        Policy("benefits-2026", "benefits", date(2026, 1, 1), "business", 90, 24, 5, Fraction(25, 100), "metro", 50_00),
        Policy(
            "labor-rates-2026",
            "labor-rates",
            date(2026, 1, 1),
            "business",
            180,
            24,
            10,
            Fraction(20, 100),
            "state",
            1_00,
        ),
    )
}


def in_force(policies: Iterable[Policy], measure: str, day: date) -> Policy | None:
    """The policy that a release on that day follows for the measure: of those that have begun, the newest."""
    begun = [policy for policy in policies if policy.measure == measure and policy.since <= day]
    return max(begun, key=lambda policy: policy.since, default=None)

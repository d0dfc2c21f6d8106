"""The disclosure policies of issue 3 as verify reads them from the domain's table, typed in once more on purpose."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Policy:
    """One named policy; `rounding` is in cents, `cap` is the largest share of entries one contributor may hold."""

    policy_id: str
    measure: str
    contributor_kind: str
    age_days: int
    window_months: int
    k: int
    cap: Fraction
    finest: str
    rounding: int


POLICIES = {
    policy.policy_id: policy
    for policy in (
        Policy("pay-2026", "pay", "business", 90, 24, 5, Fraction(25, 100), "metro", 25),
        Policy(
            "technician-pay-2026",
            "technician-pay",
            "technician",
            90,
            24,
            10,
            Fraction(10, 100),
            "state",
            25,
        ),
    )
}

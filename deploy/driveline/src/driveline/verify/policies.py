"""The disclosure policies as verify reads them from the domain's table, typed in once more on purpose."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Policy:
    """One named policy, followed by releases from the day `since`; `rounding` is in cents, `cap` is the largest share
    of entries that one contributor may hold; benefits round percentages and days to `points` and `days`, in hundredths.

    What is stricter than the domain's rules: `guards_old_versions` (`beside_old.py`), and `none_is_few`, by which a share
    needs k contributors on either side. A release follows policies of one `line`, which the operator chose.
    """

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
    none_is_few: bool = False
    line: str = "floor"


BEGIN = date(2026, 1, 1)
FLOOR = (
    Policy("pay-2026", "pay", BEGIN, "business", 90, 24, 5, Fraction(25, 100), "metro", 25),
    Policy("technician-pay-2026", "technician-pay", BEGIN, "technician", 90, 24, 10, Fraction(10, 100), "state", 25),
    Policy("benefits-2026", "benefits", BEGIN, "business", 90, 24, 5, Fraction(25, 100), "metro", 50_00),
    Policy("labor-rates-2026", "labor-rates", BEGIN, "business", 180, 24, 10, Fraction(20, 100), "state", 1_00),
)
K_OF_GUARDED = {"pay": 8, "technician-pay": 12, "benefits": 10, "labor-rates": 12}
GUARDED = tuple(
    replace(
        policy,
        policy_id=policy.policy_id + "-guarded",
        k=K_OF_GUARDED[policy.measure],
        guards_old_versions=True,
        none_is_few=True,
        line="guarded",
    )
    for policy in FLOOR
)
POLICIES = {policy.policy_id: policy for policy in FLOOR + GUARDED}


def in_force(policies: Iterable[Policy], measure: str, day: date, line: str = "floor") -> Policy | None:
    """The policy that a release on that day follows for the measure: of those of the line that have begun, the newest."""
    begun = [policy for policy in policies if (policy.measure, policy.line) == (measure, line) and policy.since <= day]
    return max(begun, key=lambda policy: policy.since, default=None)

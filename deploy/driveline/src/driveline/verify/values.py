"""Rules 2 and 6: which cells qualify, and the percentiles, intervals and band of contributors that they show."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import NamedTuple

from driveline.verify import money
from driveline.verify.policies import Policy

P10, P25, P50, P75, P90 = Fraction(1, 10), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(9, 10)
NAMES = {"p10": P10, "p25": P25, "p50": P50, "p75": P75, "p90": P90}
BANDS = ((50, "50_plus"), (20, "20_49"), (10, "10_19"), (5, "5_9"))
PERCENTILES = {
    "5_9": ("p50",),
    "10_19": ("p25", "p50", "p75"),
    "20_49": ("p10", "p25", "p50", "p75", "p90"),
    "50_plus": ("p10", "p25", "p50", "p75", "p90"),
}
INTERVALS = {
    "5_9": (),
    "10_19": ("p50",),
    "20_49": ("p25", "p50", "p75"),
    "50_plus": ("p10", "p25", "p50", "p75", "p90"),
}
TAIL_CONTRIBUTORS = 3


class Entry(NamedTuple):
    """One standing submission: whose it is, and its value: pay or posted rate in cents, or a benefit's answer."""

    contributor: str
    value: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What a released cell says, as text, exactly as the exchange must answer it; share and amount are of benefits only."""

    policy_id: str
    contributors: str
    percentiles: dict[str, str]
    intervals: dict[str, tuple[str, str]]
    share: str | None = None
    amount: tuple[str, str] | None = None  # its unit and median


def percentile_cont(ordered: Sequence[int], fraction: Fraction) -> Fraction:
    """PostgreSQL's `percentile_cont` over sorted values, exact."""
    position = fraction * (len(ordered) - 1)
    below = position.__floor__()
    if below + 1 == len(ordered):
        return Fraction(ordered[below])
    return ordered[below] + (ordered[below + 1] - ordered[below]) * (position - below)


@cache
def interval_ranks(n: int, q: Fraction) -> tuple[int, int]:
    """The ranks (l, u) of the 95% interval of percentile q for n independent entries, X ~ Binomial(n, q).

    l is the smallest x with P(X <= x) >= 0.025; u the smallest with P(X <= x) >= 0.975, plus 1. All terms are kept as
    whole numbers over the common denominator b^n, so nothing is rounded.
    """
    a, b = q.numerator, q.denominator
    whole = b**n
    term = (b - a) ** n
    cumulated, x, lower = term, 0, None
    while True:
        if lower is None and cumulated * 40 >= whole:
            lower = x
        if cumulated * 40 >= whole * 39 and lower is not None:
            return lower, x + 1
        term = term * (n - x) * a // ((x + 1) * (b - a))
        x += 1
        cumulated += term


def effective_entries(counts: Sequence[int]) -> int:
    """How many independent entries the contributors' counts are worth: floor((sum e)^2 / sum e^2)."""
    return sum(counts) ** 2 // sum(count * count for count in counts)


def band(contributors: int) -> str:
    """The published band in which a number of contributors lies."""
    return next(name for least, name in BANDS if contributors >= least)


def by_contributor(entries: Sequence[Entry]) -> Counter[str]:
    """How many entries each contributor has."""
    return Counter(entry.contributor for entry in entries)


def qualifies(counts: Collection[int], policy: Policy) -> bool:
    """Rule 2: at least k contributors, and no share of the entries above the cap."""
    return len(counts) >= policy.k and Fraction(max(counts), sum(counts)) <= policy.cap


def show(entries: Sequence[Entry], policy: Policy) -> Shown | None:
    """What a cell with these entries shows under the policy, or None when rule 2 keeps it closed."""
    if len(entries) < policy.k:
        return None
    counts = list(by_contributor(entries).values())
    if not qualifies(counts, policy):
        return None
    ordered = sorted(entry.value for entry in entries)
    contributors = band(len(counts))
    percentiles: dict[str, str] = {}
    for name in PERCENTILES[contributors]:
        exact = percentile_cont(ordered, NAMES[name])
        low, high = floor(exact), ceil(exact)  # whole cents: comparing each entry with a fraction took half the time
        if name == "p10" and len({e.contributor for e in entries if e.value <= low}) < TAIL_CONTRIBUTORS:
            continue
        if name == "p90" and len({e.contributor for e in entries if e.value >= high}) < TAIL_CONTRIBUTORS:
            continue
        percentiles[name] = money.text(money.half_up(exact, policy.rounding))
    intervals: dict[str, tuple[str, str]] = {}
    n = effective_entries(counts)
    for name in INTERVALS[contributors]:
        lower, upper = interval_ranks(n, NAMES[name])
        if name in percentiles and lower >= 2 and upper <= n - 1:
            begin = percentile_cont(ordered, Fraction(lower - 1, n - 1))
            end = percentile_cont(ordered, Fraction(upper - 1, n - 1))
            intervals[name] = (
                money.text(money.down(begin, policy.rounding)),
                money.text(money.up(end, policy.rounding)),
            )
    return Shown(policy.policy_id, contributors, percentiles, intervals)

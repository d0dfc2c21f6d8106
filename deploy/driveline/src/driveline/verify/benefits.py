"""Rule 6 of benefits: the share of the entries that offer one, and the median of the amounts that they say."""

from collections.abc import Sequence
from fractions import Fraction

from driveline.verify import money
from driveline.verify.policies import Policy
from driveline.verify.records import NO_AMOUNT, NOT_OFFERED
from driveline.verify.values import P50, Entry, Shown, band, by_contributor, percentile_cont, qualifies
from driveline.verify.vocabulary import UNIT_OF


def _few(entries: Sequence[Entry], policy: Policy) -> bool:
    """Whether the entries are those of 1 to k - 1 contributors; nobody at all is a few by a stricter policy only."""
    contributors = len(by_contributor(entries))
    return contributors <= policy.k - 1 and (contributors > 0 or policy.none_is_few)


def share(entries: Sequence[Entry], policy: Policy) -> str | None:
    """How many percent of the entries offer the benefit; None where it would tell on the few who do, or do not."""
    offers = [entry for entry in entries if entry.value != NOT_OFFERED]
    others = [entry for entry in entries if entry.value == NOT_OFFERED]
    if _few(offers, policy) or _few(others, policy):
        return None
    return _whole(money.half_up(Fraction(len(offers) * 100_00, len(entries)), policy.points))


def amount(benefit: str, entries: Sequence[Entry], policy: Policy) -> tuple[str, str] | None:
    """The unit and the median of what is offered; None where those who say an amount do not pass rule 2 by themselves."""
    said = [entry for entry in entries if entry.value not in (NOT_OFFERED, NO_AMOUNT)]
    if not qualifies(by_contributor(said).values(), policy):
        return None
    unit, median = UNIT_OF[benefit], percentile_cont(sorted(entry.value for entry in said), P50)
    if unit in ("usd_year", "usd_once"):
        return unit, money.text(money.half_up(median, policy.rounding))
    return unit, _whole(money.half_up(median, policy.days if unit == "days_year" else policy.points))


def show_benefit(benefit: str, entries: Sequence[Entry], policy: Policy) -> Shown | None:
    """What a cell of that benefit with these entries shows, maybe neither number; None when rule 2 keeps it closed."""
    counts = by_contributor(entries)
    if not qualifies(counts.values(), policy):
        return None
    return Shown(policy.policy_id, band(len(counts)), {}, {}, share(entries, policy), amount(benefit, entries, policy))


def _whole(hundredths: int) -> str:
    return str(hundredths // 100)

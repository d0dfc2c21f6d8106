"""Disclosure policies: named, versioned data, and the dates that follow from them.

They come in lines, of which the operator chooses one for releases to follow: the floor, which is the domain's table, and one
that stands above it. Both are of the same lattice and the same days, so that a change of line touches what is shown only.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be shown of one measure. Shares are percent, `rounding` is in cents, `age_days` in days.

    `points` and `days` are the rounding of percentages and of numbers of days, in hundredths of them.
    """

    policy_id: str
    measure: str
    since: date  # the first day whose releases follow it
    contributors: str  # the kind of member that contributes
    age_days: int
    window_months: int
    fewest: int  # k, the fewest contributors of a cell
    largest_share: int  # percent of the entries that one contributor may have
    finest: str  # geography
    rounding: int
    guards_old_versions: bool = False  # stricter than the rules: see beside_old.py
    points: int = 5_00
    days: int = 1_00
    tells_unanimity: bool = True  # whether a share of nobody or of everybody is told, as rule 6 has it
    line: str = "floor"  # one of LINES

    def cutoff(self, epoch_day: date, last: date | None) -> date:
        """C of an epoch on `epoch_day` (UTC): its date minus the age, never before the measure's last cutoff."""
        cutoff = epoch_day - timedelta(days=self.age_days)
        return cutoff if last is None else max(cutoff, last)

    def window_start(self, cutoff: date) -> date:
        """An entry stands only if its effective_on is later than this day: C minus the window in clipped months."""
        return months_before(cutoff, self.window_months)


def months_before(day: date, months: int) -> date:
    """The same day of the month `months` earlier, clipped to that month's end (31 March minus 1 = 28 February)."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


# From the loosest to the strictest.
LINES: Final = ("floor", "guarded")


class Policies:
    """Every policy there ever was, and the line of them that is chosen; None goes on with that of the last release.

    Raises ValueError for a table that contradicts itself.
    """

    def __init__(self, policies: Iterable[Policy], line: str | None = None) -> None:
        self._line = line
        self._by_id: dict[str, Policy] = {}
        self._history: dict[str, list[Policy]] = {}
        for policy in sorted(policies, key=lambda p: p.since):
            if policy.policy_id in self._by_id:
                raise ValueError(f"policy_id: {policy.policy_id!r} is there twice")
            self._by_id[policy.policy_id] = policy
            of_measure = self._history.setdefault(policy.measure, [])
            of_measure.append(policy)
            # Who contributes and how fine cells go is built into the shards; changing it takes a rebuild.
            if (policy.contributors, policy.finest) != (of_measure[0].contributors, of_measure[0].finest):
                raise ValueError(f"{policy.policy_id}: contributors and finest are those of the measure for ever")

    def __getitem__(self, policy_id: str) -> Policy:
        """The policy of that id. Raises KeyError."""
        return self._by_id[policy_id]

    def of(self, measures: Iterable[str]) -> "Policies":
        """Those of some measures only."""
        wanted = set(measures)
        return Policies((policy for policy in self._by_id.values() if policy.measure in wanted), self._line)

    def following(self, line: str | None) -> "Policies":
        """The same policies, with this line chosen."""
        return Policies(self._by_id.values(), line)

    @property
    def measures(self) -> Mapping[str, Policy]:
        """By measure its first policy, for what all policies of a measure share."""
        return {measure: history[0] for measure, history in self._history.items()}

    def in_force(self, day: date, last: Iterable[str] = ()) -> dict[str, Policy]:
        """By measure the newest policy of the line that has begun on `day`; a measure without one is not released yet.

        `last` are the ids that the last release followed: where no line is chosen it goes on with the strictest of theirs,
        so that a process which was not told never shows more than the one before it.
        """
        followed = [LINES.index(self._by_id[policy_id].line) for policy_id in last if policy_id in self._by_id]
        line = self._line or LINES[max(followed, default=0)]
        begun = {m: [p for p in ps if p.since <= day and p.line == line] for m, ps in self._history.items()}
        return {measure: history[-1] for measure, history in begun.items() if history}


# Source: the disclosure rules of domain.md; a floor, not legal advice.
_BEGIN: Final = date(2026, 1, 1)
_FLOOR: Final = (
    Policy("pay-2026", "pay", _BEGIN, "business", 90, 24, 5, 25, "metro", 25),
    Policy("benefits-2026", "benefits", _BEGIN, "business", 90, 24, 5, 25, "metro", 50_00),
    Policy("labor-rates-2026", "labor-rates", _BEGIN, "business", 180, 24, 10, 20, "state", 1_00),
    Policy("technician-pay-2026", "technician-pay", _BEGIN, "technician", 90, 24, 10, 10, "state", 25),
)


# With so many, and old versions guarded, the attackers of decisions 0510 and 0535 win in none of 1,000 markets of a measure.
_GUARDED_FEWEST: Final = {"pay": 8, "benefits": 10, "labor-rates": 12, "technician-pay": 12}


def _guarded(floor: Policy) -> Policy:
    return replace(
        floor, policy_id=f"{floor.policy_id}-guarded", fewest=_GUARDED_FEWEST[floor.measure], guards_old_versions=True,
        tells_unanimity=False, line="guarded",
    )  # fmt: skip


POLICIES: Final = Policies([*_FLOOR, *map(_guarded, _FLOOR)])

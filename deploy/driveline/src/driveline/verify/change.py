"""Rule 4: which version of a cell is shown, by how many contributors changed since the one last shown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from driveline.verify.benefits import show_benefit
from driveline.verify.policies import Policy
from driveline.verify.values import Entry, Shown, show

MOST_STAYS = 4


@dataclass(frozen=True, slots=True)
class Version:
    """What a cell last showed: its entries at the epoch `baseline`, and the numbers that the policy of then made of them.

    `shown` says whether it shows it now or was withdrawn, `stayed` how many releases in a row it stayed although some,
    but fewer than k, had changed.
    """

    baseline: int
    entries: Sequence[Entry]
    values: Shown
    shown: bool = True
    stayed: int = 0


def changed(now: Sequence[Entry], then: Sequence[Entry]) -> int:
    """How many contributors have another multiset of values now than they had then."""
    different = Counter(now).items() ^ Counter(then).items()  # (entry, how often) on one side only
    return len({entry.contributor for entry, _ in different})


def withdrawn(version: Version) -> Version:
    """The version when it is no longer shown: what it showed is remembered for the day it may come back."""
    return replace(version, shown=False, stayed=0)


def outdated(last: Version) -> Version:
    """The version when it is not that of now: it stays for a while, if it is shown."""
    if not last.shown or last.stayed == MOST_STAYS:
        return withdrawn(last)
    return replace(last, stayed=last.stayed + 1)


def _values(cell: str, entries: Sequence[Entry], policy: Policy) -> Shown | None:
    if policy.measure == "benefits":
        return show_benefit(cell.rpartition("|")[2], entries, policy)
    return show(entries, policy)


def version_at(epoch: int, cell: str, last: Version | None, entries: Sequence[Entry], policy: Policy) -> Version:
    """The version that a release leaves of a cell that rules 2 and 3 allow with these entries."""
    differ = policy.k if last is None else changed(entries, last.entries)
    if last is None or differ >= policy.k:
        values = _values(cell, entries, policy)
        assert values is not None  # noqa: S101 - rule 2 allows it
        return Version(epoch, entries, values)
    if differ == 0:
        return replace(last, shown=True, stayed=0)
    return outdated(last)

"""Holds what the exchange released against what was recomputed, in both directions."""

from collections.abc import Mapping
from typing import NamedTuple

from driveline.verify.values import Shown


class Difference(NamedTuple):
    """One cell that is not as it should be; `kind` is missing, extra or different."""

    kind: str
    cell: str
    recomputed: str
    released: str


def words(shown: Shown | None) -> str:
    """What a cell shows, on one line."""
    if shown is None:
        return "-"
    numbers = " ".join(f"{name} {value}" for name, value in sorted(shown.percentiles.items()))
    ranges = " ".join(f"{name} {low}..{high}" for name, (low, high) in sorted(shown.intervals.items()))
    if shown.share is not None:
        numbers += f"share {shown.share}%"
    if shown.amount is not None:
        unit, median = shown.amount
        numbers += f" amount {median} {unit}"
    return f"{shown.policy_id} {shown.contributors} {numbers} [{ranges}]"


def compare(recomputed: Mapping[str, Shown], released: Mapping[str, Shown]) -> list[Difference]:
    """Every difference, by cell."""
    found = []
    for cell in sorted(recomputed.keys() | released.keys()):
        here, there = recomputed.get(cell), released.get(cell)
        if here != there:
            kind = "missing" if there is None else "extra" if here is None else "different"
            found.append(Difference(kind, cell, words(here), words(there)))
    return found

"""One epoch again, from nothing: the facts below the manifest's offsets, put into every cell, each judged alone."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from driveline.verify.lattice import cells
from driveline.verify.policies import Policy
from driveline.verify.records import Fact
from driveline.verify.standing import standing
from driveline.verify.values import Entry, Shown, show


class Recomputed(NamedTuple):
    """By cell key what is shown, cells that rule 2 keeps closed left out; and how many entries stand."""

    cells: dict[str, Shown]
    standing: int


def recompute(facts: Iterable[Fact], policy: Policy, cutoff: date) -> Recomputed:
    """What the policy shows at that cutoff."""
    counted: dict[str, list[Entry]] = defaultdict(list)
    stands = list(standing(facts, policy, cutoff))
    for pay in stands:
        entry = Entry(pay.member_id, pay.cents)
        for cell in cells(pay, policy):
            counted[cell].append(entry)
    shown = {}
    for cell, entries in counted.items():
        values = show(entries, policy)
        if values is not None:
            shown[cell] = values
    return Recomputed(shown, len(stands))

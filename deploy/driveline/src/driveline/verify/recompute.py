"""What stood at one epoch, from nothing: the facts below the manifest's offsets, put into every cell."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from driveline.verify.lattice import cells
from driveline.verify.policies import Policy
from driveline.verify.records import Fact
from driveline.verify.standing import standing
from driveline.verify.values import Entry


class Contents(NamedTuple):
    """By cell key the entries that stand in it; and how many entries stand."""

    cells: dict[str, list[Entry]]
    standing: int


def recompute(facts: Iterable[Fact], policy: Policy, cutoff: date) -> Contents:
    """What stands at that cutoff, in the cells down to the policy's finest geography."""
    counted: dict[str, list[Entry]] = defaultdict(list)
    stands = 0
    for told in standing(facts, policy, cutoff):
        stands += 1
        entry = Entry(told.member_id, told.value)
        for cell in cells(told, policy):
            counted[cell].append(entry)
    return Contents(dict(counted), stands)

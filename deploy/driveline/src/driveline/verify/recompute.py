"""One epoch again, from nothing: the facts below the manifest's offsets, put into every cell, each judged alone."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from driveline.verify.lattice import cells
from driveline.verify.policies import Policy
from driveline.verify.records import Fact
from driveline.verify.standing import standing
from driveline.verify.values import Entry, Shown, show


def recompute(facts: Iterable[Fact], policy: Policy, cutoff: date) -> dict[str, Shown]:
    """By cell key what the policy shows at that cutoff; cells that rule 2 keeps closed are left out."""
    counted: dict[str, list[Entry]] = defaultdict(list)
    for pay in standing(facts, policy, cutoff):
        entry = Entry(pay.member_id, pay.cents)
        for cell in cells(pay, policy):
            counted[cell].append(entry)
    shown = {}
    for cell, entries in counted.items():
        values = show(entries, policy)
        if values is not None:
            shown[cell] = values
    return shown

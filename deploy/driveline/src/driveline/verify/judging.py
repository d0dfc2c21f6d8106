"""One release or sweep of one measure: what was shown before and what stands now give what is shown next."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from driveline.verify.beside_old import waiting
from driveline.verify.change import Version, outdated, version_at, withdrawn
from driveline.verify.nesting import remaining
from driveline.verify.policies import Policy
from driveline.verify.values import Entry, Shown, by_contributor, qualifies

Memory = Mapping[str, Version]  # by cell key, every cell that was ever shown


class Judged(NamedTuple):
    """What is remembered from now on, and by cell key what is shown."""

    memory: Memory
    shown: dict[str, Shown]


def _judged(memory: Memory) -> Judged:
    return Judged(memory, {cell: version.values for cell, version in memory.items() if version.shown})


def judge(memory: Memory, cells: Mapping[str, Sequence[Entry]], policy: Policy, epoch: int) -> Judged:
    """The release of that number: rules 2 and 3 on what stands now, then rule 4; what was shown and may not be is withdrawn.

    A policy that guards old versions lets some cells wait: they are judged as if a few of their contributors had changed.
    """
    counts = {cell: by_contributor(entries) for cell, entries in cells.items() if len(entries) >= policy.k}
    qualifying = {cell: count for cell, count in counts.items() if qualifies(count.values(), policy)}
    versions = {cell: withdrawn(version) for cell, version in memory.items()}
    left = remaining(qualifying, policy.k)
    waits = waiting(memory, left, cells, policy.k) if policy.guards_old_versions else set()
    for cell in left - waits:
        versions[cell] = version_at(epoch, cell, memory.get(cell), cells[cell], policy)
    for cell in waits & memory.keys():
        versions[cell] = outdated(memory[cell])
    return _judged(versions)


def sweep(memory: Memory, cells: Mapping[str, Sequence[Entry]], policy: Policy) -> Judged:
    """A sweep: withdraws what rule 2 does not allow on what stands now, and does nothing else."""
    return _judged(
        {
            cell: version if qualifies(by_contributor(cells.get(cell, ())).values(), policy) else withdrawn(version)
            for cell, version in memory.items()
        }
    )

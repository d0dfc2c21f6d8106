"""Every epoch in order, each judged by its own manifest on what the ones before it showed; and what is left of each."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from driveline.verify.facts import Facts
from driveline.verify.judging import Memory, judge, sweep
from driveline.verify.manifests import Manifest
from driveline.verify.policies import Policy
from driveline.verify.recompute import recompute
from driveline.verify.values import Shown


class Epoch(NamedTuple):
    """One epoch again: what it showed, how many entries stood, and the measures that cannot be recomputed here."""

    manifest: Manifest
    shown: dict[str, Shown]
    standing: int
    left_out: dict[str, str]


def replay(
    manifests: Sequence[Manifest],
    facts: Facts,
    policies: Mapping[str, Policy],
    say: Callable[[str, int, int], None] = lambda *_: None,
) -> list[Epoch]:
    """Every epoch again. A measure that was once under an unknown policy is left out from there on: what it showed is not known."""
    memories: dict[str, Memory] = {}
    lost: set[str] = set()
    epochs = []
    for number, manifest in enumerate(manifests):
        say(f"recomputing epoch {manifest.name}", number, len(manifests))
        counted = facts.below(manifest.offsets, manifest.partitions)
        epoch = Epoch(manifest, {}, 0, {})
        for measure, policy_id in manifest.policies.items():
            policy = policies.get(policy_id)
            if policy is None or measure not in manifest.cutoffs:
                lost.add(measure)
            if policy is None or measure in lost:
                epoch.left_out[measure] = f"{measure} under {policy_id} ({manifest.kind})"
                continue
            cells, stands = recompute(counted, policy, manifest.cutoffs[measure])
            before = memories.get(measure, {})
            if manifest.kind == "sweep":
                memories[measure], shown = sweep(before, cells, policy)
            else:
                memories[measure], shown = judge(before, cells, policy, manifest.epoch)
            epoch.shown.update(shown)
            epoch = epoch._replace(standing=epoch.standing + stands)
        epochs.append(epoch)
        say(f"recomputing epoch {manifest.name}", number + 1, len(manifests))
    return epochs


def exported(shown: Sequence[Mapping[str, Shown]]) -> list[dict[str, Shown]]:
    """What each epoch's export still holds today: a cell's numbers disappear from history when it is withdrawn."""
    left: list[dict[str, Shown]] = []
    kept: set[str] | None = None  # cells that every later epoch shows
    for cells in reversed(shown):
        left.append({cell: values for cell, values in cells.items() if kept is None or cell in kept})
        kept = set(left[-1])
    return left[::-1]

"""The whole check: manifests, log, every epoch again, every cell compared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from contracts.topics import COLLECTED

from driveline.verify import log
from driveline.verify.compare import Difference, compare
from driveline.verify.facts import Facts, gather
from driveline.verify.manifests import Manifest, disorders, read_manifests
from driveline.verify.policies import POLICIES
from driveline.verify.recompute import Recomputed, recompute
from driveline.verify.released import released
from driveline.verify.values import Shown

EPOCHS = "exchange.epoch"
Say = Callable[[str, int, int], None]  # what is going on, how much of it is done, out of how much


@dataclass
class EpochResult:
    """One epoch's outcome: entries that stand, cells compared, differences, measures that are not recomputed here."""

    epoch: str
    standing: int
    cells: int
    differences: list[Difference]
    left_out: list[str]


@dataclass
class Result:
    """The outcome of the whole check; `seconds` is what it took, `faults` what is wrong besides cells."""

    epochs: list[EpochResult] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)
    seconds: float = 0.0

    @property
    def cells(self) -> int:
        """How many cells were compared, over all epochs."""
        return sum(epoch.cells for epoch in self.epochs)

    @property
    def differences(self) -> int:
        """How many of them differ."""
        return sum(len(epoch.differences) for epoch in self.epochs)

    @property
    def clean(self) -> bool:
        """Whether there was something to check, and all of it was as it must be."""
        return bool(self.epochs) and not self.faults and not self.differences


def expected(manifest: Manifest, facts: Facts) -> tuple[Recomputed, list[str]]:
    """The epoch again, and the measures that this command cannot recompute."""
    counted = facts.below(manifest.offsets)
    cells: dict[str, Shown] = {}
    stands = 0
    left_out = []
    for measure, policy_id in manifest.policies.items():
        policy = POLICIES.get(policy_id)
        if policy is None or measure not in manifest.cutoffs:
            left_out.append(f"{measure} under {policy_id} ({manifest.kind})")
        else:
            measured = recompute(counted, policy, manifest.cutoffs[measure])
            cells |= measured.cells
            stands += measured.standing
    return Recomputed(cells, stands), left_out


def swept(before: Mapping[str, Shown], allowed: Mapping[str, Shown]) -> dict[str, Shown]:
    """What a sweep leaves of what was shown before it: the same numbers, without the cells that broke rule 2."""
    return {cell: shown for cell, shown in before.items() if cell in allowed}


def exported(shown: Sequence[Mapping[str, Shown]]) -> list[dict[str, Shown]]:
    """What each epoch's export still holds today: a cell's numbers disappear from history when it is withdrawn."""
    left: list[dict[str, Shown]] = []
    kept: set[str] | None = None  # cells that every later epoch shows
    for cells in reversed(shown):
        left.append({cell: values for cell, values in cells.items() if kept is None or cell in kept})
        kept = set(left[-1])
    return left[::-1]


def _furthest(manifests: list[Manifest]) -> dict[str, dict[int, int]]:
    """By topic and partition the greatest offset that any manifest counts up to."""
    upto: dict[str, dict[int, int]] = {}
    for manifest in manifests:
        for topic, parts in manifest.offsets.items():
            held = upto.setdefault(topic, {})
            for partition, offset in parts.items():
                held[partition] = max(offset, held.get(partition, 0))
    return upto


async def check(bootstrap: str, exchange: str, say: Say = lambda *_: None) -> Result:
    """Recomputes every epoch that has a manifest and compares it with what the exchange released."""
    begun = monotonic()
    result = Result()
    manifests = read_manifests(await log.read(bootstrap, await log.end_of(bootstrap, EPOCHS)))
    if not manifests:
        result.faults.append("no epoch has been released yet")
        return result
    result.faults += disorders(manifests)
    result.faults += [
        f"epoch {manifest.name}: its manifest says nothing of {topic}"
        for manifest in manifests
        for topic in COLLECTED
        if len(manifest.offsets.get(topic, {})) != manifest.partitions
    ]
    upto = _furthest(manifests)
    total = sum(offset for parts in upto.values() for offset in parts.values())
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        say("reading the log", done, total)

    result.facts = gather(await log.read(bootstrap, upto, more), manifests[-1].partitions)
    again: list[tuple[Manifest, Recomputed, list[str]]] = []
    for number, manifest in enumerate(manifests):
        say(f"recomputing epoch {manifest.name}", number, len(manifests))
        found, left_out = expected(manifest, result.facts)
        if manifest.kind == "sweep" and again:
            found = Recomputed(swept(again[-1][1].cells, found.cells), found.standing)
        again.append((manifest, found, left_out))
        say(f"recomputing epoch {manifest.name}", number + 1, len(manifests))
    for (manifest, found, left_out), cells in zip(again, exported([found.cells for _, found, _ in again]), strict=True):
        given = released(exchange, manifest.epoch, manifest.serial)
        known = {cell: shown for cell, shown in given.items() if not _is_left_out(cell, left_out)}
        differences = compare(cells, known)
        result.epochs.append(
            EpochResult(manifest.name, found.standing, len(cells.keys() | known.keys()), differences, left_out)
        )
    result.seconds = monotonic() - begun
    return result


def _is_left_out(cell: str, left_out: list[str]) -> bool:
    return any(item.startswith(cell.partition("|")[0] + " under ") for item in left_out)

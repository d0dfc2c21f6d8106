"""The whole check: manifests, log, every epoch again, every cell compared."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from contracts.topics import COLLECTED

from driveline.verify import log
from driveline.verify.compare import Difference, compare
from driveline.verify.facts import Facts, gather
from driveline.verify.history import exported, replay
from driveline.verify.manifests import Manifest, disorders, read_manifests
from driveline.verify.policies import POLICIES
from driveline.verify.released import released

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

    partitions = {manifest.partitions for manifest in manifests}
    result.facts = gather(await log.read(bootstrap, upto, more), partitions)
    epochs = replay(manifests, result.facts, POLICIES, say)
    for epoch, cells in zip(epochs, exported([epoch.shown for epoch in epochs]), strict=True):
        given = released(exchange, epoch.manifest.epoch, epoch.manifest.serial)
        known = {cell: shown for cell, shown in given.items() if cell.partition("|")[0] not in epoch.left_out}
        differences = compare(cells, known)
        left_out = list(epoch.left_out.values())
        result.epochs.append(
            EpochResult(epoch.manifest.name, epoch.standing, len(cells.keys() | known.keys()), differences, left_out)
        )
    result.seconds = monotonic() - begun
    return result

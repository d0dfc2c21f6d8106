"""From the raw log to facts: each with its place, what counts as nothing counted by reason."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from driveline.verify.effective import Nothing
from driveline.verify.envelope import read_body
from driveline.verify.log import Record
from driveline.verify.partitions import partition_of
from driveline.verify.records import Fact, read_fact

WRONG_PARTITION = "in a partition that is not its member's"


@dataclass
class Facts:
    """Every fact by (topic, partition), with its offset; and why the other records count as nothing."""

    placed: dict[tuple[str, int], list[tuple[int, Fact]]] = field(default_factory=dict)
    nothing: Counter[str] = field(default_factory=Counter)
    records: int = 0

    def below(self, offsets: Mapping[str, Mapping[int, int]], partitions: int) -> list[Fact]:
        """The facts that a manifest with these offsets and so many partitions counted: those in their own partition."""
        return [
            fact
            for (topic, partition), facts in self.placed.items()
            for offset, fact in facts
            if offset < offsets.get(topic, {}).get(partition, 0)
            and partition_of(fact.member_id, partitions) == partition
        ]


def gather(records: Iterable[Record], partitions: Collection[int]) -> Facts:
    """The facts of the collected topics, which had one number of partitions after the other.

    A record in a partition that was never its member's counts only where it was published again.
    """
    facts = Facts()
    for record in records:
        facts.records += 1
        try:
            fact = read_fact(record.topic, read_body(record.topic, record.headers, record.value))
        except Nothing as reason:
            facts.nothing[f"{record.topic}: {reason}"] += 1
            continue
        if all(partition_of(fact.member_id, count) != record.partition for count in partitions):
            facts.nothing[f"{record.topic}: {WRONG_PARTITION}"] += 1
        else:
            facts.placed.setdefault((record.topic, record.partition), []).append((record.offset, fact))
    return facts

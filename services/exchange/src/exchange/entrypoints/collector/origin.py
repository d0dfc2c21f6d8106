"""Where a record that was published again came from: two headers say so, each place it has been after the other.

A member's home moves when there are more partitions, and what it said before is published there once more. It counted
all the while, though, so a copy must tell from where.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from contracts.codec import partition_of

from exchange.domain.shard import Release

PREFIX: Final = "driveline-origin-"
PARTITION: Final = f"{PREFIX}partition"
OFFSET: Final = f"{PREFIX}offset"

Headers: TypeAlias = Sequence[tuple[str, bytes | None]]


def with_origin(headers: Headers, partition: int, offset: int) -> list[tuple[str, bytes | None]]:
    """The headers of a copy of the record there: its own, with this place behind those that it came from itself."""
    places = [*origins(headers), (partition, offset)]
    kept = [(name, value) for name, value in headers if name not in (PARTITION, OFFSET)]
    return [
        *kept,
        (PARTITION, ",".join(str(place[0]) for place in places).encode()),
        (OFFSET, ",".join(str(place[1]) for place in places).encode()),
    ]


def first_counted(releases: Sequence[Release], topic: str, member_id: str, headers: Headers) -> int:
    """The first release that counted a record where it came from, and was at home; 0 if none did, or it is no copy."""
    counted = [
        release.number
        for partition, offset in origins(headers)
        for release in releases
        if partition_of(member_id, release.partitions) == partition
        and offset < release.offsets.get(topic, {}).get(str(partition), 0)
    ]
    return min(counted, default=0)


def origins(headers: Headers) -> list[tuple[int, int]]:
    """The places, oldest first, as (partition, offset); none for a record that is no copy."""
    found = {name: value for name, value in headers if name in (PARTITION, OFFSET)}
    try:
        partitions, offsets = (
            [int(part) for part in (found.get(name) or b"").split(b",") if part] for name in (PARTITION, OFFSET)
        )
        return list(zip(partitions, offsets, strict=True))
    except ValueError:  # not ours
        return []

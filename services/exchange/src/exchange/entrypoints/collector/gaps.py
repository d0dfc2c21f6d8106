"""Whether fetched records continue a shard: offsets must begin at its own and have no hole."""

from collections.abc import Mapping

from chassis.fetched import Fetched

from exchange.usecases.collect import Owned


def gap_before(owned: Owned, found: Mapping[str, Fetched]) -> str | None:
    """Where they do not, in words."""
    for topic, fetched in found.items():
        expected = owned.prepared[topic]
        if fetched.first != expected or not fetched.contiguous:
            holes = "" if fetched.contiguous else " with holes"
            return f"{topic} came from {fetched.first} to {fetched.next}{holes}, expected from {expected}"
    return None

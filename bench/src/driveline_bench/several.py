"""One, two and five processes of the exchange over the same log: events a second, CPU an event, and the same cells."""

import hashlib

from driveline_bench.census import census
from driveline_bench.collect import exchange
from driveline_bench.compare import exact, publish
from driveline_bench.figures import under
from driveline_bench.testbed import a_testbed
from driveline_bench.truth import Array, difference

COUNTS = (1, 2, 5)


def processes(events: int, members: int) -> None:
    """Collect the log anew with each number of processes."""
    with a_testbed(members) as bed:
        expected = publish(bed, events)
        for count in COUNTS:
            rate, _ = exchange(bed, events, count)
            print(rate.line(), flush=True)
            found = census(bed)
            exact("the exchange", difference(found, expected), len(expected))
            print(under(f"digest of all cells {digest(found)}"))
            bed.end_all()


def digest(cells: Array) -> str:
    """One short text for what a census says of every cell."""
    whole = b"".join(cells[name].tobytes() for name in cells.dtype.names or ())
    return hashlib.sha256(whole).hexdigest()[:16]

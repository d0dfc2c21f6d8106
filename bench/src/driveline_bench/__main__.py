"""`python -m driveline_bench`: what Driveline does in a second, beside others that do the same."""

import argparse
from collections.abc import Callable

from driveline_bench import compare, latency, rebuild, recovery, release, several, size


def main() -> None:
    """Run one measurement as the arguments say; without one, the collector beside its peers."""
    parser = argparse.ArgumentParser(prog="driveline_bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="compare", choices=sorted(MEASUREMENTS))
    parser.add_argument("--events", type=int, help="how many, instead of the measurement's own number")
    parser.add_argument("--members", type=int, default=20_000)
    asked = parser.parse_args()
    run, events = MEASUREMENTS[asked.what]
    run(asked.events or events, asked.members)


# name -> what runs, and how many events unless asked otherwise
MEASUREMENTS: dict[str, tuple[Callable[[int, int], None], int]] = {
    "compare": (compare.compare, 1_000_000),
    "collect": (compare.collect_alone, 1_000_000),
    "peer": (compare.peer_alone, 1_000_000),
    "processes": (several.processes, 600_000),
    "latency": (latency.latency, 60_000),
    "release": (release.release, 100_000),
    "recovery": (recovery.recovery, 1_000_000),
    "rebuild": (rebuild.rebuild, 2_000_000),
    "size": (size.size, 1_000_000),
}

if __name__ == "__main__":
    main()

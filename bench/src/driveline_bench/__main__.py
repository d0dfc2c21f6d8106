"""`python -m driveline_bench`: measure the collector beside a raw consumer, and print both."""

import argparse
import json
from dataclasses import asdict

from driveline_bench.collect import run


def main() -> None:
    """Run the bench as the arguments say."""
    parser = argparse.ArgumentParser(prog="driveline_bench", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--members", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    result = run(asked.events, asked.members)
    print(json.dumps(asdict(result)) if asked.json else "\n".join(result.lines()))


if __name__ == "__main__":
    main()

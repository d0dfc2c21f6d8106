"""`python -m contracts.seal`: record new samples and published shapes, so that a later edit of them is seen."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from contracts.event import Refused
from contracts.upkeep.samples import seal

HOME = Path(__file__).resolve().parents[2] / "samples"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 1 when something published would break."""
    parser = argparse.ArgumentParser(prog="python -m contracts.seal", description=__doc__)
    parser.add_argument("--home", type=Path, default=HOME, help="the folder that holds the samples")
    given = parser.parse_args(arguments)
    try:
        recorded = seal(given.home)
    except Refused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    sys.stdout.write("".join(f"{path}: sealed\n" for path in recorded))
    return 0


if __name__ == "__main__":
    sys.exit(main())

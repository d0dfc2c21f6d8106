"""What a command says: lines for people, or one JSON document with --json."""

import json
import sys
from typing import Any

from rich.console import Console

console = Console(stderr=True)


def say(text: str, data: dict[str, Any] | None = None, *, as_json: bool = False) -> None:
    """`text` for people; with `as_json` the data instead."""
    print(json.dumps(data, default=str) if as_json else text)


def complain(text: str) -> None:
    """One line on standard error."""
    print(f"driveline: {text}", file=sys.stderr)

"""`python -m contracts.generate [--check]`: write schemas, AsyncAPI document and README table, or say what is stale."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from contracts.upkeep import asyncapi
from contracts.upkeep.listing import with_listing
from contracts.upkeep.schemas import events, schema_of

HOME = Path(__file__).resolve().parents[2]
SYSTEM, README = "asyncapi/driveline.json", "README.md"


def documents(home: Path) -> dict[str, str]:
    """Return every generated document by its path below `home`; of the README only the table is generated."""
    schemas = {f"schemas/{topic}.json": _text(schema_of(event)) for topic, event in events().items()}
    readme = {README: with_listing((home / README).read_text())} if (home / README).is_file() else {}
    return {**schemas, SYSTEM: _text(asyncapi.document()), **readme}


def stale(home: Path) -> list[str]:
    """Return the documents below `home` that are missing, differ from what would be written, or belong to no event."""
    wanted = documents(home)
    differing = [
        path for path, text in wanted.items() if not (home / path).is_file() or (home / path).read_text() != text
    ]
    return sorted(differing + [path for path in _present(home) if path not in wanted])


def write(home: Path) -> list[str]:
    """Bring the documents below `home` up to date; return those that changed. Others' files in `asyncapi/` stay."""
    changed = stale(home)
    wanted = documents(home)
    for path in changed:
        target = home / path
        if path in wanted:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(wanted[path])
        else:
            target.unlink()
    return changed


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 1 when `--check` finds something stale."""
    parser = argparse.ArgumentParser(prog="python -m contracts.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when a document is stale")
    parser.add_argument("--home", type=Path, default=HOME, help="the folder that holds schemas/ and asyncapi/")
    given = parser.parse_args(arguments)
    changed = stale(given.home) if given.check else write(given.home)
    for path in changed:
        sys.stdout.write(f"{path}: {'is stale, run python -m contracts.generate' if given.check else 'written'}\n")
    return 1 if given.check and changed else 0


def _present(home: Path) -> list[str]:
    return [f"schemas/{path.name}" for path in (home / "schemas").glob("*.json")]


def _text(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())

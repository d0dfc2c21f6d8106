"""The samples kept for ever: every payload shape that was ever published, and the hashes that show an edit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.event import Event, Refused
from contracts.parsing import parse_data
from contracts.upkeep.compatibility import breaks
from contracts.upkeep.schemas import events, schema_of

LEDGER = "ledger.txt"


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def kept(home: Path) -> list[Path]:
    """Return what is sealed below `home`: samples and frozen schemas. What is refused was never published."""
    return sorted(path for path in home.glob("*/v*.json"))


def ledger(home: Path) -> dict[str, str]:
    """Return the recorded hash of every sealed file, by its path below `home`."""
    recorded = home / LEDGER
    lines = recorded.read_text().splitlines() if recorded.exists() else []
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


def tampered(home: Path) -> list[str]:
    """Return one line for every sealed file that was edited, taken away, or never sealed."""
    found, recorded = {str(p.relative_to(home)): p for p in kept(home)}, ledger(home)
    return [
        *(f"{path}: was edited; a published shape is never edited, add another sample" for path, p in found.items()
          if path in recorded and hash_of(p) != recorded[path]),
        *(f"{path}: is gone; readers still meet what it shows" for path in recorded if path not in found),
        *(f"{path}: is not sealed, run python -m contracts.seal" for path in found if path not in recorded),
    ]  # fmt: skip


def frozen(home: Path, topic: str) -> list[Path]:
    """Return the shapes that a topic was published with, oldest first: v1.schema.json, v1-2.schema.json ..."""
    return sorted((home / topic).glob("v1*.schema.json"), key=_number)


def payloads(home: Path, topic: str) -> list[Path]:
    """Return the sample payloads of a topic."""
    return sorted(p for p in (home / topic).glob("v1-*.json") if not p.name.endswith(".schema.json"))


def broken_shapes(home: Path, shapes: dict[str, type[Event]]) -> list[str]:
    """Return one line for every way in which an event breaks with a shape that it was published in."""
    return [
        f"{topic}: {found} (against {path.name})"
        for topic, event in shapes.items()
        for path in frozen(home, topic)
        for found in breaks(json.loads(path.read_text()), schema_of(event))
    ]


def broken_samples(home: Path, shapes: dict[str, type[Event]]) -> list[str]:
    """Return one line for every sample that is no longer read, or not read whole."""
    return [
        f"{path.relative_to(home)}: {problem}"
        for topic, event in shapes.items()
        for path in payloads(home, topic)
        for problem in _problems(event, path.read_bytes())
    ]


def unsampled(home: Path, shapes: dict[str, type[Event]]) -> list[str]:
    """Return the fields that no sample of their topic shows."""
    lines: list[str] = []
    for topic, event in shapes.items():
        shown: set[str] = set()
        for path in payloads(home, topic):
            shown |= json.loads(path.read_text()).keys()
        fields = {field.alias or name for name, field in event.model_fields.items()}
        lines += [f"{topic}.{name}: no sample shows it" for name in sorted(fields - shown)]
    return lines


def seal(home: Path) -> list[str]:
    """Record new samples and shapes; return what was recorded. Raises Refused rather than seal over a break."""
    shapes = events()
    edited = [line for line in tampered(home) if "is not sealed" not in line]
    for problem in (*edited, *broken_shapes(home, shapes), *broken_samples(home, shapes)):
        path, _, rest = problem.partition(": ")
        raise Refused(path, rest)
    for topic, event in shapes.items():
        before, now = frozen(home, topic), schema_of(event)
        if not before or shape_of(json.loads(before[-1].read_text())) != shape_of(now):
            name = f"v1-{len(before) + 1}.schema.json" if before else "v1.schema.json"
            (home / topic).mkdir(parents=True, exist_ok=True)
            (home / topic / name).write_text(json.dumps(now, indent=2, ensure_ascii=False) + "\n")
    recorded = ledger(home)
    new = {str(p.relative_to(home)): hash_of(p) for p in kept(home) if str(p.relative_to(home)) not in recorded}
    lines = sorted((path, digest) for path, digest in (recorded | new).items())
    (home / LEDGER).write_text("".join(f"{digest}  {path}\n" for path, digest in lines))
    return sorted(new)


def unfrozen(home: Path, shapes: dict[str, type[Event]]) -> list[str]:
    """Return the topics whose present shape was never frozen."""
    return [
        f"{topic}: its present shape is not sealed, run python -m contracts.seal"
        for topic, event in shapes.items()
        if not (paths := frozen(home, topic))
        or shape_of(json.loads(paths[-1].read_text())) != shape_of(schema_of(event))
    ]


def shape_of(schema: Any) -> Any:
    """Return a schema without its prose, so that wording may get better."""
    if isinstance(schema, list):
        return [shape_of(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: shape_of(inner) for name, inner in value.items()}
        if key in ("properties", "$defs")
        else shape_of(value)
        for key, value in schema.items()
        if key not in ("title", "description")
    }


def _problems(event: type[Event], data: bytes) -> Iterator[str]:
    try:
        again = json.loads(parse_data(event, data, strict=False).canonical())
    except Refused as refused:
        yield f"is no longer read: {refused}"
        return
    yield from _lost(json.loads(data), again, "")


def _lost(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            at = f"{path}.{name}" if path else name
            if name not in after:
                yield f"field {at} gets lost"
            else:
                yield from _lost(value, after[name], at)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, (x, y) in enumerate(zip(before, after, strict=True)):
            yield from _lost(x, y, f"{path}.{i}")
    elif before != after:
        yield f"{path} was {before!r} and comes out as {after!r}"


def _number(path: Path) -> int:
    middle = path.name.removesuffix(".schema.json").removeprefix("v1").removeprefix("-")
    return int(middle) if middle else 1

"""Whether two shapes of one event still understand each other: old data by a new reader, new data by an old one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
# Says nothing about which values are allowed.
SILENT = {"$schema", "$id", "$defs", "title", "description", "default", "examples"}
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
NARROWER, WIDER = "a new reader refuses old data", "an old reader refuses new data"


@dataclass(frozen=True)
class Break:
    """One difference that some reader would stumble over: where, what, and whose trouble it is."""

    path: str
    change: str
    trouble: str

    def __str__(self) -> str:
        return f"{self.path or 'the body'}: {self.change}: {self.trouble}"


def breaks(old: Schema, new: Schema) -> list[Break]:
    """Return what `new` breaks of the published `old`; empty when all that happened is a new optional field."""
    return list(_compare(_Side(old, old), _Side(new, new), ""))


@dataclass(frozen=True)
class _Side:
    """One node of a schema, with the document that its references lead into."""

    node: Schema
    document: Schema

    def at(self, node: Schema) -> _Side:
        return _Side(node, self.document).resolved()

    def resolved(self) -> _Side:
        node = self.node
        while "$ref" in node:
            target: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = {**target, **{k: v for k, v in node.items() if k != "$ref"}}
        return _Side(node, self.document)

    def without_null(self) -> tuple[_Side, bool]:
        """Take `null` out of an optional field, so that what is left can be compared on its own."""
        options = self.node.get("anyOf")
        if not options or {"type": "null"} not in options:
            return self, False
        rest = [o for o in options if o != {"type": "null"}]
        others = {k: v for k, v in self.node.items() if k != "anyOf"}
        return self.at({**others, **rest[0]} if len(rest) == 1 else {**others, "anyOf": rest}), True


def _compare(old: _Side, new: _Side, path: str) -> Iterator[Break]:
    (old, old_null), (new, new_null) = old.without_null(), new.without_null()
    if old_null != new_null:
        yield Break(
            path, "null is no longer allowed" if old_null else "null is now allowed", NARROWER if old_null else WIDER
        )
    a, b = old.node, new.node
    yield from _values(a, b, path)
    yield from _bounds(a, b, path)
    yield from _fields(old, new, path)
    for keyword in ("items", "additionalProperties"):
        if isinstance(a.get(keyword), dict) and isinstance(b.get(keyword), dict):
            yield from _compare(
                old.at(a[keyword]), new.at(b[keyword]), f"{path}[]" if keyword == "items" else f"{path}.*"
            )
        elif a.get(keyword) != b.get(keyword):
            yield from _other(keyword, a, b, path)
    for keyword in ("anyOf", "prefixItems", "oneOf", "allOf"):
        ours, theirs = a.get(keyword, []), b.get(keyword, [])
        if len(ours) != len(theirs):
            yield from _other(keyword, a, b, path)
            continue
        for i, (x, y) in enumerate(zip(ours, theirs, strict=True)):
            yield from _compare(old.at(x), new.at(y), f"{path}<{i}>")
    compared = {"type", "enum", "const", "properties", "required", "items", "additionalProperties"}
    compared |= {"anyOf", "oneOf", "allOf", "prefixItems", *LOWER, *UPPER}
    for keyword in sorted((set(a) | set(b)) - compared - SILENT):
        if a.get(keyword) != b.get(keyword):
            yield from _other(keyword, a, b, path)


def _values(a: Schema, b: Schema, path: str) -> Iterator[Break]:
    if a.get("type") != b.get("type"):
        yield from _other("type", a, b, path)
    ours, theirs = _listed(a), _listed(b)
    if ours is None or theirs is None:
        if ours is not theirs:
            yield (
                Break(path, "any value became a list of values", NARROWER)
                if ours is None
                else Break(path, "a list of values became any value", WIDER)
            )
        return
    for value in sorted(ours - theirs):
        yield Break(path, f"value {value} is gone", NARROWER)
    for value in sorted(theirs - ours):
        yield Break(path, f"value {value} is new", WIDER)


def _listed(node: Schema) -> set[str] | None:
    values = node.get("enum", [node["const"]] if "const" in node else None)
    return None if values is None else {repr(v) for v in values}


def _bounds(a: Schema, b: Schema, path: str) -> Iterator[Break]:
    for keyword in (*LOWER, *UPPER):
        x, y = a.get(keyword), b.get(keyword)
        if x == y:
            continue
        rises = y is not None and (x is None or y > x) if keyword in LOWER else y is not None and (x is None or y < x)
        yield Break(path, f"{keyword} {x} became {y}", NARROWER if rises else WIDER)


def _fields(old: _Side, new: _Side, path: str) -> Iterator[Break]:
    ours, theirs = old.node.get("properties", {}), new.node.get("properties", {})
    needed, needed_now = set(old.node.get("required", [])), set(new.node.get("required", []))
    for name in sorted(ours.keys() | theirs.keys()):
        at = f"{path}.{name}" if path else name
        if name not in theirs:
            yield Break(at, "the field is gone", "what old data says is lost" if name not in needed else WIDER)
        elif name not in ours:
            if name in needed_now:
                yield Break(at, "a new field is required", NARROWER)
        else:
            if name in needed_now - needed:
                yield Break(at, "the field became required", NARROWER)
            if name in needed - needed_now:
                yield Break(at, "the field became optional", WIDER)
            yield from _compare(old.at(ours[name]), new.at(theirs[name]), at)


def _other(keyword: str, a: Schema, b: Schema, path: str) -> Iterator[Break]:
    change = f"{keyword} {a.get(keyword)} became {b.get(keyword)}"
    if keyword in a and keyword in b:
        yield Break(path, change, f"{NARROWER}, or {WIDER}")
    else:
        yield Break(path, change, NARROWER if keyword in b else WIDER)

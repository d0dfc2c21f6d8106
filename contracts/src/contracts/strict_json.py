"""Reading JSON from strangers: one meaning for everybody who reads it, or a refusal."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from contracts.event import Refused, shown

_LARGEST = 2**63 - 1
# Escapes that can stand for a lone surrogate (no UTF-8) or for NUL (no PostgreSQL text): worth a closer look.
_SUSPECT = re.compile(r"\\u(?:[dD][89abAB]|[dD][c-fC-F]|0000)")


class _Unusable:
    """Stands in a decoded value for something that may not be there."""

    def __init__(self, problem: str) -> None:
        self.problem = problem


def loads(data: bytes, field: str) -> Any:
    """Return the JSON value in `data`; raises only Refused, naming the path of what is wrong or else `field`.

    Stricter than JSON where parsers differ: no key twice, no NaN, no integer beyond 64 bits, no lone surrogate, no NUL.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        raise Refused(field, f"is not UTF-8 at byte {e.start}") from None
    try:
        try:
            value = _DECODER.decode(text)
            if _SUSPECT.search(text):
                _refuse_unusable(value, field)
        except _UnusableFoundError:
            # What follows the unusable value may not be JSON at all, so this may fail as well.
            value = _LOCATOR.decode(text)
            _refuse_unusable(value, field)
    except json.JSONDecodeError as e:
        raise Refused(field, f"is not JSON: {e.msg[:1].lower()}{e.msg[1:]} at character {e.pos}") from None
    except RecursionError:
        raise Refused(field, "is nested too deeply") from None
    return value


class _UnusableFoundError(ValueError):
    pass


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _UnusableFoundError
    return found


def _no_constant(_: str) -> Any:
    raise _UnusableFoundError


def _int64(text: str) -> int:
    value = int(text) if len(text) <= 20 else _LARGEST + 1
    if abs(value) > _LARGEST:
        raise _UnusableFoundError
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _UnusableFoundError
    return value


def _locate(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        found[name] = _Unusable("is given twice") if name in found else value
    return found


def _locate_int(text: str) -> Any:
    fits = len(text) <= 20 and abs(int(text)) <= _LARGEST
    return 0 if fits else _Unusable(f"is a whole number of {len(text)} characters, beyond 64 bits")


def _locate_float(text: str) -> Any:
    return 0.0 if math.isfinite(float(text)) else _Unusable(f"{shown(text)} is out of range")


# The first is what everything passes through; the second finds out where it was that the first gave up.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_distinct, parse_constant=_no_constant, parse_int=_int64, parse_float=_finite
)
_LOCATOR = json.JSONDecoder(
    object_pairs_hook=_locate,
    parse_constant=lambda text: _Unusable(f"{text} is not JSON"),
    parse_int=_locate_int,
    parse_float=_locate_float,
)


def _refuse_unusable(value: Any, field: str) -> None:
    for path, item in _walk(value):
        if isinstance(item, _Unusable):
            raise Refused(path or field, item.problem)
        if isinstance(item, str) and ("\x00" in item or any("\ud800" <= c <= "\udfff" for c in item)):
            raise Refused(path or field, f"{shown(item)} holds what text cannot: NUL or half a character")


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield everything inside a decoded value with its dotted path, keys included, without recursion."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, item = waiting.pop()
        yield path, item
        inside = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
        for step, inner in inside:
            if isinstance(step, str):
                yield path, step
            name = str(step) or "''"
            waiting.append((f"{path}.{name}" if path else name, inner))

"""Reading JSON from strangers: one meaning for everybody who reads it, or a refusal."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from contracts.event import Refused, shown

_LARGEST = 2**63 - 1
# Escapes that can stand for a lone surrogate (no UTF-8) or for NUL (no PostgreSQL text): worth a closer look.
_SUSPECT = re.compile(r"\\u(?:[dD][89abAB]|[dD][c-fC-F]|0000)")


def loads(data: bytes, field: str) -> Any:
    """Return the JSON value in `data`; raises Refused, naming `field` or the key in question, and nothing else.

    Stricter than JSON where parsers differ: no key twice, no NaN, no integer beyond 64 bits, no lone surrogate, no NUL.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        raise Refused(field, f"is not UTF-8 at byte {e.start}") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_distinct, parse_constant=_no_constant, parse_int=_int64, parse_float=_finite
        )
    except json.JSONDecodeError as e:
        raise Refused(field, f"is not JSON: {e.msg[:1].lower()}{e.msg[1:]} at character {e.pos}") from None
    except RecursionError:
        raise Refused(field, "is nested too deeply") from None
    except Refused as e:
        raise e if e.field else Refused(field, e.problem) from None
    if _SUSPECT.search(text):
        _all_text_is_storable(value, field)
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise Refused(next(n for n in names if names.count(n) > 1) or "''", "is given twice")
    return found


def _no_constant(text: str) -> Any:
    raise Refused("", f"holds {text}, which is not JSON")


def _int64(text: str) -> int:
    value = int(text) if len(text) <= 20 else None
    if value is None or abs(value) > _LARGEST:
        raise Refused("", f"holds a whole number of {len(text)} characters, beyond 64 bits")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Refused("", f"holds the number {shown(text)}, which is out of range")
    return value


def _all_text_is_storable(value: Any, field: str) -> None:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str) and ("\x00" in item or any("\ud800" <= c <= "\udfff" for c in item)):
            raise Refused(field, f"holds text that cannot be kept: {shown(item)}")

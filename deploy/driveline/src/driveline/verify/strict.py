"""JSON with one meaning only: whatever two parsers could read differently counts as nothing."""

import json
import math
from typing import Any, NoReturn

from driveline.verify.effective import Nothing

GREATEST_INTEGER = 2**63 - 1


def _no_constant(name: str) -> NoReturn:
    raise Nothing(f"JSON: {name}")


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > GREATEST_INTEGER:
        raise Nothing("JSON: an integer beyond 64 bits")
    return int(text)


def _float(text: str) -> float:
    if not math.isfinite(float(text)):
        raise Nothing("JSON: a number out of range")
    return float(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise Nothing("JSON: a key twice")
    return dict(pairs)


def _text_everywhere(value: Any) -> None:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if "\0" in item or any("\ud800" <= char <= "\udfff" for char in item):
                raise Nothing("JSON: NUL or half a character")
        elif isinstance(item, dict):
            waiting += [*item, *item.values()]
        elif isinstance(item, list):
            waiting += item


def read_json(data: bytes) -> Any:
    """The JSON value in the bytes, or Nothing with the reason."""
    try:
        value = json.loads(
            data.decode(),
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_float,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as fault:
        raise Nothing("not UTF-8") from fault
    except (ValueError, RecursionError) as fault:
        raise Nothing("not JSON") from fault
    if b"\\u" in data:
        _text_everywhere(value)
    return value


def canonical(value: Any) -> bytes:
    """The one spelling that digests are made over: keys sorted, no spaces, non-ASCII as escapes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")

"""Tells records whose envelope is plainly right from those that the codec has to look at."""

from collections.abc import Sequence
from datetime import datetime

Headers = Sequence[tuple[str, bytes | None]]

# The order in which `contracts.codec` and the intake write them.
_FIRST = ("content-type", "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time")
_MOST_BYTES = 1000
_LONGEST_ID = 200
_LONGEST = 500


class PlainHeaders:
    """Recognizes binary-mode headers of one event type; remembers which sets of names it has found in order."""

    def __init__(self, ce_type: str) -> None:
        self._type = ce_type.encode()
        self._names: dict[tuple[str, ...], bool] = {}

    def __call__(self, headers: Headers) -> bool:
        """True only for what the codec would accept as this type; False says nothing but "look closer"."""
        names, values = zip(*headers, strict=True) if headers else ((), ())
        known = self._names.get(names)
        if known is None:
            known = names[: len(_FIRST)] == _FIRST and len(set(map(str.lower, names))) == len(names)
            if len(self._names) < 1000:
                self._names[names] = known
        if not known or values[4] != self._type or values[1] != b"1.0" or values[0] != b"application/json":
            return False
        try:
            joined = b"\0".join(values)
            text = joined.decode("ascii")
        except (TypeError, UnicodeDecodeError):
            return False
        if len(joined) > _MOST_BYTES or not text.replace("\0", "").isprintable():
            return False
        sizes_fit = 0 < len(values[2]) <= _LONGEST_ID and 0 < len(values[3]) <= _LONGEST
        return sizes_fit and all(len(value) <= _LONGEST for value in values[6:]) and _is_utc(values[5].decode("ascii"))


def _is_utc(text: str) -> bool:
    """Whether this is a time as every event of ours spells it: RFC 3339 with `Z`."""
    if text[10:11] != "T" or text[-1:] != "Z" or not (len(text) == 20 or (22 <= len(text) <= 27 and text[19] == ".")):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True

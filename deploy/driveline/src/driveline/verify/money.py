"""Exact numbers: plain decimals in, rounding half up or outward, money out as text; never a float."""

import re
from fractions import Fraction

_PLAIN = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,4}))?", re.ASCII)


def plain(text: object) -> Fraction | None:
    """The value of a plain number (no sign, no exponent, at most 7 and 4 digits), or None."""
    match = _PLAIN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    whole, decimals = match.group(1), match.group(2) or ""
    return Fraction(int(whole + decimals), 10 ** len(decimals))


def half_up(value: Fraction, step: int) -> int:
    """The multiple of `step` nearest to a value that is not negative, the greater of two equally near."""
    return (value / step + Fraction(1, 2)).__floor__() * step


def down(value: Fraction, step: int) -> int:
    """The greatest multiple of `step` that is not above the value."""
    return (value / step).__floor__() * step


def up(value: Fraction, step: int) -> int:
    """The smallest multiple of `step` that is not below the value."""
    return (value / step).__ceil__() * step


def text(cents: int) -> str:
    """Cents as a decimal string with two decimals: 2700 is `27.00`."""
    return f"{cents // 100}.{cents % 100:02d}"

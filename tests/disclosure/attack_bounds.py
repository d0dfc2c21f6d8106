"""What versions of cells that hold the same entries, but for one, say about that one: bounds that are sound.

For an interval of the one's value, bounds of all other entries (unknown, in order) are narrowed until either nothing
moves any more or a bound is crossed: then the answers could not have been what they are, and the interval is out.
"""
# Numba infers and checks the kernels' types when it compiles them; without a cache, which pytest and `python -m`, that name
# this module differently, could not share.
# mypy: disable-error-code="no-any-return, arg-type, assignment"

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

LOWEST, HIGHEST = 500.0, 25_000.0  # what effective pay may be, in cents
_FINEST: Final = 10.0  # cents, to which bounds are sought
_ROUNDS: Final = 12
_SLACK: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Told:
    """Versions of cells, and what they say.

    The others' unknown entries come in groups of `sizes`; version v counts the groups g with `covers[v, g]`, the
    values `held[held_ends[v - 1]:held_ends[v]]` that are known, and, where `with_x[v]`, the one that is sought. The value at
    `place` (whole and part) of the sorted entries of version `of` lies in [low, high]. All values lie `within` bounds.
    """

    sizes: Array
    covers: Array
    held: Array
    held_ends: Array
    with_x: Array
    of: Array
    place: Array
    low: Array
    high: Array
    within: tuple[float, float] = (LOWEST, HIGHEST)

    def narrowed(self, between: tuple[float, float]) -> tuple[float, float]:
        """Bounds of the sought value, cents, taken in from both ends as far as the versions say."""
        ends = np.cumsum(self.sizes)
        low, high = _narrow(
            ends, self.covers, self.held, self.held_ends, self.with_x, self.of, self.place, self.low, self.high,
            self.within, *between,
        )  # fmt: skip
        return float(low), float(high)


@numba.njit(nogil=True)
def _all(bounds: Array, ends: Array, covered: Array, held: Array, x: float, with_x: bool, out: Array) -> int:
    """The bounds of all entries of a version, sorted; how many."""
    n = 0
    for g in range(ends.shape[0]):
        if covered[g]:
            for i in range(ends[g - 1] if g else 0, ends[g]):
                out[n] = bounds[i]
                n += 1
    for value in held:
        out[n] = value
        n += 1
    if with_x:
        out[n] = x
        n += 1
    out[:n].sort()
    return n


@numba.njit(nogil=True)
def _at_most(
    lo: Array, hi: Array, ends: Array, covered: Array, held: Array, x_low: float, with_x: bool, j: int, value: float
) -> bool:  # fmt: skip
    """The entry at place j is at most `value`: narrow the others; whether something moved."""
    most = int(with_x and x_low <= value)
    for own in held:
        most += own <= value
    for g in range(ends.shape[0]):
        if covered[g]:
            for i in range(ends[g - 1] if g else 0, ends[g]):
                most += lo[i] <= value
    moved = False
    for g in range(ends.shape[0]):
        if not covered[g]:
            continue
        first = ends[g - 1] if g else 0
        of_group = 0
        for i in range(first, ends[g]):
            of_group += lo[i] <= value
        at = first + j - (most - of_group)
        while at >= first and hi[at] > value + _SLACK:
            hi[at] = value
            moved = True
            at -= 1
    return moved


@numba.njit(nogil=True)
def _at_least(
    lo: Array, hi: Array, ends: Array, covered: Array, held: Array, x_high: float, with_x: bool, above: int, value: float
) -> bool:  # fmt: skip
    """At least `above` entries are no less than `value`: narrow the others; whether something moved."""
    most = int(with_x and x_high >= value)
    for own in held:
        most += own >= value
    for g in range(ends.shape[0]):
        if covered[g]:
            for i in range(ends[g - 1] if g else 0, ends[g]):
                most += hi[i] >= value
    moved = False
    for g in range(ends.shape[0]):
        if not covered[g]:
            continue
        of_group = 0
        for i in range(ends[g - 1] if g else 0, ends[g]):
            of_group += hi[i] >= value
        at = ends[g] - (above - (most - of_group))
        while at < ends[g] and lo[at] < value - _SLACK:
            lo[at] = value
            moved = True
            at += 1
    return moved


@numba.njit(nogil=True)
def _possible(
    ends: Array, covers: Array, held: Array, held_ends: Array, with_x: Array, of: Array, place: Array, low: Array,
    high: Array, within: tuple[float, float], x_low: float, x_high: float,
) -> bool:  # fmt: skip
    """Whether the sought value may lie in [x_low, x_high]; True also when that is not decided."""
    unknown = ends[-1]
    lo = np.full(unknown, within[0])
    hi = np.full(unknown, within[1])
    lows = np.empty(unknown + held.shape[0] + 1)
    highs = np.empty(unknown + held.shape[0] + 1)
    for _ in range(_ROUNDS):
        moved = False
        for c in range(of.shape[0]):
            v = of[c]
            own = held[(held_ends[v - 1] if v else 0) : held_ends[v]]
            g = covers[v]
            x = with_x[v]
            n = _all(lo, ends, g, own, x_low, x, lows)
            _all(hi, ends, g, own, x_high, x, highs)
            j = int(place[c])
            t = place[c] - j
            a, b = low[c], high[c]
            if t < _SLACK:
                if lows[j] > b + _SLACK or highs[j] < a - _SLACK:
                    return False
                moved |= _at_most(lo, hi, ends, g, own, x_low, x, j, b)
                moved |= _at_least(lo, hi, ends, g, own, x_high, x, n - j, a)
            else:
                if (1 - t) * lows[j] + t * lows[j + 1] > b + _SLACK or (1 - t) * highs[j] + t * highs[
                    j + 1
                ] < a - _SLACK:
                    return False
                moved |= _at_most(lo, hi, ends, g, own, x_low, x, j, min(b, (b - t * lows[j + 1]) / (1 - t)))
                moved |= _at_most(lo, hi, ends, g, own, x_low, x, j + 1, (b - (1 - t) * lows[j]) / t)
                moved |= _at_least(lo, hi, ends, g, own, x_high, x, n - j, (a - t * highs[j + 1]) / (1 - t))
                moved |= _at_least(lo, hi, ends, g, own, x_high, x, n - j - 1, max(a, (a - (1 - t) * highs[j]) / t))
            for i in range(unknown):
                if lo[i] > hi[i] + _SLACK:
                    return False
        if not moved:
            break
    return True


@numba.njit(nogil=True)
def _narrow(
    ends: Array, covers: Array, held: Array, held_ends: Array, with_x: Array, of: Array, place: Array, low: Array,
    high: Array, within: tuple[float, float], x_low: float, x_high: float,
) -> tuple[float, float]:  # fmt: skip
    step = (x_high - x_low) / 4
    while step >= _FINEST and x_low < x_high:
        end = min(x_low + step, x_high)
        if _possible(ends, covers, held, held_ends, with_x, of, place, low, high, within, x_low, end):
            step /= 2
        else:
            x_low = end
    step = (x_high - x_low) / 4
    while step >= _FINEST and x_low < x_high:
        end = max(x_high - step, x_low)
        if _possible(ends, covers, held, held_ends, with_x, of, place, low, high, within, end, x_high):
            step /= 2
        else:
            x_high = end
    return x_low, x_high

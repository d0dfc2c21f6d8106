"""What versions of cells that hold the same entries, but for one, say about that one: bounds that are sound.

For an interval of the one's value, bounds of all other entries (unknown, in order) are narrowed until either nothing
moves any more or a bound is crossed: then the answers could not have been what they are, and the interval is out.
"""
# Numba infers and checks the kernels' types when it compiles them.
# mypy: disable-error-code="no-any-return, arg-type, assignment"

from typing import Any, Final

import numba
import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

LOWEST, HIGHEST = 500.0, 25_000.0  # what effective pay may be, in cents
FINEST: Final = 10.0  # cents, to which bounds are sought
_ROUNDS: Final = 12
_SLACK: Final = 1e-6
_LOWEST, _HIGHEST, _FINEST = LOWEST, HIGHEST, FINEST


@numba.njit(cache=True, nogil=True)
def _merged(bounds: Array, held: Array, x: float, with_x: bool, out: Array) -> int:
    """The bounds of all entries of a version, sorted; how many."""
    n = bounds.shape[0]
    out[:n] = bounds
    for i in range(held.shape[0] + 1):
        if i == held.shape[0] and not with_x:
            break
        value = x if i == held.shape[0] else held[i]
        at = n
        while at > 0 and out[at - 1] > value:
            out[at] = out[at - 1]
            at -= 1
        out[at] = value
        n += 1
    return n


@numba.njit(cache=True, nogil=True)
def _at_most(hi: Array, held: Array, x_low: float, with_x: bool, j: int, value: float) -> bool:
    """The entry at place j is at most `value`: narrow the others; whether something moved."""
    known = int(with_x and x_low <= value)
    for i in range(held.shape[0]):
        known += held[i] <= value
    at = j - known
    moved = False
    while at >= 0 and hi[at] > value + _SLACK:
        hi[at] = value
        moved = True
        at -= 1
    return moved


@numba.njit(cache=True, nogil=True)
def _at_least(lo: Array, held: Array, x_high: float, with_x: bool, j: int, n: int, value: float) -> bool:
    """The entry at place j of n is at least `value`: narrow the others; whether something moved."""
    known = int(with_x and x_high >= value)
    for i in range(held.shape[0]):
        known += held[i] >= value
    at = lo.shape[0] - (n - j - known)
    moved = False
    while at < lo.shape[0] and lo[max(at, 0)] < value - _SLACK:
        lo[max(at, 0)] = value
        moved = True
        at = max(at, 0) + 1
    return moved


@numba.njit(cache=True, nogil=True)
def possible(
    unknown: int, held: Array, held_ends: Array, with_x: Array, of: Array, place: Array, low: Array, high: Array,
    x_low: float, x_high: float,
) -> bool:  # fmt: skip
    """Whether the target may have said something in [x_low, x_high]; True also when that is not decided.

    There are `unknown` entries of others in every version. Version v holds besides `held[held_ends[v - 1]:held_ends[v]]`
    and, where `with_x[v]`, the target's. It is told that the value at `place` (whole and part) of the sorted entries of
    version `of` lies in [low, high].
    """
    lo = np.full(unknown, _LOWEST)
    hi = np.full(unknown, _HIGHEST)
    lows = np.empty(unknown + held.shape[0] + 1)
    highs = np.empty(unknown + held.shape[0] + 1)
    for _ in range(_ROUNDS):
        moved = False
        for c in range(of.shape[0]):
            v = of[c]
            own = held[(held_ends[v - 1] if v else 0) : held_ends[v]]
            x = with_x[v]
            n = _merged(lo, own, x_low, x, lows)
            _merged(hi, own, x_high, x, highs)
            j = int(place[c])
            t = place[c] - j
            a, b = low[c], high[c]
            if t < _SLACK:
                if lows[j] > b + _SLACK or highs[j] < a - _SLACK:
                    return False
                moved |= _at_most(hi, own, x_low, x, j, b)
                moved |= _at_least(lo, own, x_high, x, j, n, a)
            else:
                if (1 - t) * lows[j] + t * lows[j + 1] > b + _SLACK or (1 - t) * highs[j] + t * highs[j + 1] < a - _SLACK:
                    return False
                moved |= _at_most(hi, own, x_low, x, j, min(b, (b - t * lows[j + 1]) / (1 - t)))
                moved |= _at_most(hi, own, x_low, x, j + 1, (b - (1 - t) * lows[j]) / t)
                moved |= _at_least(lo, own, x_high, x, j, n, (a - t * highs[j + 1]) / (1 - t))
                moved |= _at_least(lo, own, x_high, x, j + 1, n, max(a, (a - (1 - t) * highs[j]) / t))
            for i in range(unknown):
                if lo[i] > hi[i] + _SLACK:
                    return False
        if not moved:
            break
    return True


@numba.njit(cache=True, nogil=True)
def narrow(
    unknown: int, held: Array, held_ends: Array, with_x: Array, of: Array, place: Array, low: Array, high: Array,
    x_low: float, x_high: float,
) -> tuple[float, float]:  # fmt: skip
    """The bounds [x_low, x_high] of the target's value, taken in from both ends as far as the versions say."""
    step = (x_high - x_low) / 4
    while step >= _FINEST and x_low < x_high:
        end = min(x_low + step, x_high)
        if possible(unknown, held, held_ends, with_x, of, place, low, high, x_low, end):
            step /= 2
        else:
            x_low = end
    step = (x_high - x_low) / 4
    while step >= _FINEST and x_low < x_high:
        end = max(x_high - step, x_low)
        if possible(unknown, held, held_ends, with_x, of, place, low, high, end, x_high):
            step /= 2
        else:
            x_high = end
    return x_low, x_high

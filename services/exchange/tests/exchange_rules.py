"""Rules of domain.md said plainly, in fractions, for tests to hold the fast ones to."""

from fractions import Fraction
from math import comb


def exact(values: list[int], numerator: int, denominator: int) -> Fraction:
    """`percentile_cont` of values at numerator/denominator, in cents, said plainly."""
    ordered = sorted(values)
    position = Fraction(numerator, denominator) * (len(ordered) - 1)
    low = position.numerator // position.denominator
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


def plain_ranks(n: int, percent: int) -> tuple[int, int] | None:
    """The definition in whole numbers: P(X <= x) times 100^n."""
    total, low, high = 0, None, None
    for x in range(n + 1):
        total += comb(n, x) * percent**x * (100 - percent) ** (n - x)
        if low is None and total * 1000 >= 25 * 100**n:
            low = x
        if total * 1000 >= 975 * 100**n:
            high = x + 1
            break
    assert low is not None
    assert high is not None
    return (low, high) if low >= 2 and high <= n - 1 else None

"""Effective hourly pay in exact 64-bit arithmetic, compiled, for one row of scaled decimals.

The rule for each plan is `domain.md`'s; `contracts.effective_pay` states it in fractions, and a test holds the two
to each other. Every amount here is a decimal times 10^4 (the wire format allows four places); -1 is "absent".
"""

from typing import Final

import numba

SCALE: Final = 10_000
LOWEST_CENTS: Final = 500
HIGHEST_CENTS: Final = 25_000
REFUSED: Final = -1

# Index = number of the plan in codes.PLANS; value = number of its unit in codes.RATE_UNITS.
UNIT_OF_PLAN: Final = (0, 0, 1, 1, 2, 2, 2, 2, 3)
_UNIT_OF_PLAN = UNIT_OF_PLAN


@numba.njit(cache=True, nogil=True)
def effective_cents(
    plan: int, rate: int, unit: int, hours: int, flagged: int, guaranteed: int, base_rate: int, sales: int,
    weekly_extra: int, annual_bonus: int,
) -> int:  # fmt: skip
    """Cents an hour, rounded once, half up; REFUSED for a missing input, a wrong unit, or a result out of range.

    With h the weekly hours and b = annual_bonus/52 + weekly_extra, pay is (week + b)/h. Multiplied out to whole
    numbers that is (52*week*10^8 + 10^4*(bonus + 52*extra)) / (5200*h) cents. A float bound comes first, so that
    no product overflows: past it every product is below 2^57.
    """
    if rate <= 0 or hours <= 0 or hours > 100 * SCALE or unit != _UNIT_OF_PLAN[plan]:
        return REFUSED
    extra = max(0, weekly_extra)
    bonus = max(0, annual_bonus)
    if plan <= 1:
        units = hours
    elif plan <= 3:
        units = 0
    elif plan <= 5:
        units = flagged
    elif plan == 6:
        units = max(flagged, guaranteed) if flagged >= 0 and guaranteed >= 0 else -1
    elif plan == 7:
        units = flagged if base_rate >= 0 else -1
    else:
        units = sales
    if units < 0:
        return REFUSED

    if plan == 2 or plan == 3:
        week = rate / SCALE / 52.0
    elif plan == 8:
        week = rate / SCALE / 100.0 * (units / SCALE)
    else:
        week = (rate / SCALE) * (units / SCALE)
    if plan == 7:
        week = max(week, (base_rate / SCALE) * (hours / SCALE))
    roughly = (week + bonus / SCALE / 52.0 + extra / SCALE) / (hours / SCALE)
    if roughly > 300.0:
        return REFUSED

    benefits = SCALE * (bonus + 52 * extra)
    if plan == 2 or plan == 3:
        numerator = rate * SCALE + benefits
        denominator = 5200 * hours
    elif plan == 8:
        numerator = 52 * rate * units + 100 * benefits
        denominator = 520_000 * hours
    else:
        product = rate * units
        if plan == 7:
            product = max(product, base_rate * hours)
        numerator = 52 * product + benefits
        denominator = 5200 * hours
    cents = (2 * numerator + denominator) // (2 * denominator)
    return cents if LOWEST_CENTS <= cents <= HIGHEST_CENTS else REFUSED

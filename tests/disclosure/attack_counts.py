"""The curious member who is told where versions differ by the target alone, but not how many entries they count.

The bands, the shares that rule 2 allows, and which intervals are given leave many counts possible: it knows only what
holds under every one of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from exchange.domain.quantiles import BANDS, INTERVALS, PERCENTILES, ranks

from .attack_curious import Bounds, Curious, Seen, Statement, told
from .attack_measures import BENEFITS, Measure, Scale

LEAST: Final = dict(zip(BANDS, (5, 10, 20, 50), strict=True))
MOST: Final = dict(zip(BANDS, (9, 19, 49, 200), strict=True))
_ALL: Final = np.array([True])


def bounds_uncounted(curious: Curious) -> dict[Statement, Bounds]:
    """As `Curious.bounds`, where it counts nothing; what is not known by the measure's scale is not bounded at all."""
    found: dict[Statement, Bounds] = {}
    for seen in curious.by_others.values():
        without, having = _apart(list(seen.values()))
        for said, versions in having.items() if without else ():
            scale = curious.measure.scale_of(said.subject)
            low, high = _over_all(without + versions, curious.measure, scale)
            known = found.get(said, (scale.lowest, scale.highest))
            found[said] = (max(low, known[0]), min(high, known[1]))
    return found


def _apart(seen: list[Seen]) -> tuple[list[Seen], dict[Statement, list[Seen]]]:
    """Versions without the target's entry, and by what it said those with it."""
    having: dict[Statement, list[Seen]] = {}
    for one in seen:
        if len(one[1].target) == 1:
            having.setdefault(one[1].target[0], []).append(one)
    return [one for one in seen if not one[1].target], having


def _over_all(versions: Sequence[Seen], measure: Measure, scale: Scale) -> Bounds:
    anything = scale.lowest, scale.highest
    high, low = anything
    for counted in _counts(versions, measure):
        lower, upper = told([counted[0][1].unknown], [(one, _ALL) for one in counted], scale).narrowed(anything)
        if lower < upper:  # otherwise these counts are impossible
            low, high = min(low, lower), max(high, upper)
        if not scale.known(low, high):
            return anything
    return (low, high) if low < high else anything


def _counts(versions: Sequence[Seen], measure: Measure) -> Iterator[list[Seen]]:
    """Every count of the others' entries that no answer contradicts: n, and the sum of their shops' squared counts."""
    amounts = measure is BENEFITS  # the band is of all who answer, also of those who say none
    extra = [len(counted.own) + len(counted.target) for _, counted in versions]
    bands = [version.figures.contributors for version, _ in versions]
    least = [measure.policy.fewest if amounts else LEAST[band] for band in bands]
    fewest = max(of - more for of, more in zip(least, extra, strict=True))
    for n in range(fewest, measure.positions * min(MOST[band] for band in bands) + 1):
        tried = set()
        for squares in range(n, n * n // 4 + 1, 2) if measure.positions > 1 else (n,):
            independent = tuple((n + more) ** 2 // (squares + more) for more in extra)
            if independent in tried:
                continue
            tried.add(independent)
            if amounts or all(map(_fits, versions, independent)):
                yield [
                    (version, replace(counted, unknown=n, independent=passes))
                    for (version, counted), passes in zip(versions, independent, strict=True)
                ]


def _fits(seen: Seen, independent: int) -> bool:
    """Whether a version may be of entries that pass for so many independent ones: of no more shops, and with these intervals."""
    figures = seen[0].figures
    given = INTERVALS[BANDS.index(figures.contributors)]
    return independent <= MOST[figures.contributors] and all(
        (f"p{percent}" in figures.intervals) == bool(ranks(independent, percent)[0])
        for percent in PERCENTILES
        if percent in given and f"p{percent}" in figures.percentiles
    )

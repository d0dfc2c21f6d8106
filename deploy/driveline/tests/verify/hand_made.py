"""Little markets written down by hand: who has how many entries, or which pay, in which cell."""

from collections.abc import Mapping

from driveline.verify.values import Entry

WHOLE = "pay|state:PA|*|*|*|*"
TECH_A, TECH_B = "pay|state:PA|tech_a|*|*|*", "pay|state:PA|tech_b|*|*|*"


def shops(*numbers: int, **more: int) -> dict[str, int]:
    """Shops s1, s2 ... with one entry each, those named with as many as is said."""
    return {f"s{number}": 1 for number in numbers} | more


def first(count: int) -> dict[str, int]:
    """Shops s1 to s<count> with one entry each."""
    return shops(*range(1, count + 1))


def pay(**dollars: int | tuple[int, ...]) -> list[Entry]:
    """Entries by shop, in whole dollars."""
    return [
        Entry(shop, 100 * one)
        for shop, given in dollars.items()
        for one in (given if isinstance(given, tuple) else (given,))
    ]


def by_cell(counts: Mapping[str, Mapping[str, int]]) -> dict[str, list[Entry]]:
    """Entries of 20.00 in the cells that are counted so."""
    return {
        cell: [Entry(shop, 2000) for shop, entries in by_shop.items() for _ in range(entries)]
        for cell, by_shop in counts.items()
    }

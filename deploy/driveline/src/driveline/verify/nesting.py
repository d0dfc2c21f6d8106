"""Rule 3: cells that are held back because subtracting one shown cell from another would tell on somebody."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from driveline.verify.lattice import steps, wider

Counts = Mapping[str, Mapping[str, int]]  # by cell, by contributor: entries


def exceeding(wide: Mapping[str, int], narrow: Mapping[str, int]) -> int:
    """How many contributors have more entries in the wide cell than in the narrow one."""
    return sum(entries > narrow.get(contributor, 0) for contributor, entries in wide.items())


def tells(wide: Mapping[str, int], narrow: Mapping[str, int], k: int) -> bool:
    """Whether the difference between two cells is that of a few: of 1 to k - 1 contributors."""
    if len(wide) - len(narrow) >= k:  # so many have nothing at all in the narrow cell: no need to count the others
        return False
    return 1 <= exceeding(wide, narrow) <= k - 1


def together(cells: Iterable[Mapping[str, int]]) -> Counter[str]:
    """Entries by contributor in several cells that have no entry in common."""
    found: Counter[str] = Counter()
    for cell in cells:
        found.update(cell)
    return found


def beside_wider(counts: Counts, k: int) -> set[str]:
    """Part one: the cells of which some wider one in `counts`, held back itself or not, differs by a few."""
    return {
        cell
        for cell, narrow in counts.items()
        if any(tells(counts[wide], narrow, k) for wide in wider(cell) if wide in counts)
    }


def finer(shown: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """By shown cell and filter that it leaves open: the shown cells one step finer along that filter."""
    shown = set(shown)
    found = defaultdict(list)
    for cell in sorted(shown):
        for along, wide in steps(cell):
            if wide in shown:
                found[wide, along].append(cell)
    return found


def in_rounds(counts: Counts, shown: set[str], k: int) -> set[str]:
    """The rounds: what is still shown once no cell differs by a few from its shown finer cells along one filter."""
    known: dict[tuple[str, str], tuple[list[str], bool]] = {}  # what was found out about the same finer cells before
    while True:
        held_back = set()
        for (wide, along), cells in finer(shown).items():
            if known.get((wide, along), ([], False))[0] != cells:
                known[wide, along] = cells, tells(counts[wide], together(counts[cell] for cell in cells), k)
            if known[wide, along][1]:
                held_back.add(min(cells, key=lambda cell: (len(counts[cell]), cell)))
        if not held_back:
            return shown
        shown = shown - held_back


def remaining(counts: Counts, k: int) -> set[str]:
    """The cells that rule 3 leaves, of cells that all qualify by rule 2."""
    return in_rounds(counts, set(counts) - beside_wider(counts, k), k)

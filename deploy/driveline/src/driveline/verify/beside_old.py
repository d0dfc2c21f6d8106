"""The rule of stricter policies: a version of now waits beside an older one, of a wider or finer cell, that is too close."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from driveline.verify.change import Version, changed
from driveline.verify.lattice import wider
from driveline.verify.nesting import exceeding
from driveline.verify.values import Entry, by_contributor


def pairs(cells: Collection[str]) -> Iterator[tuple[str, str]]:
    """Every two cells of which one is wider, that one first."""
    return ((wide, cell) for cell in cells for wide in wider(cell) if wide in cells)


def waiting(
    memory: Mapping[str, Version], left: Collection[str], cells: Mapping[str, Sequence[Entry]], k: int
) -> set[str]:
    """Of the cells that rules 2 and 3 leave: those whose version of now would be too close to an older version."""
    since = {cell: changed(cells.get(cell, ()), last.entries) for cell, last in memory.items()}
    of_now = {c for c in left if c not in memory or since[c] >= k or (since[c] == 0 and not memory[c].shown)}
    # Versions of before that count: not those withdrawn of which k or more changed.
    old = {cell for cell, last in memory.items() if since[cell] < k or (last.shown and cell in left)}
    counts = {cell: by_contributor(cells.get(cell, ())) for cell in of_now | old}
    close = []
    for wide, fine in pairs(of_now | old):
        ways = [(cell, other) for cell, other in ((wide, fine), (fine, wide)) if cell in of_now and other in old]
        if ways:
            more = exceeding(counts[wide], counts[fine])
            close += [(c, other) for c, other in ways if abs(more - since[other]) < k and (more or since[other])]
    waits: set[str] = set()
    while True:
        # Who gets a new version has no old one any more; who waits keeps it.
        renewed = {cell for cell in of_now - waits if since.get(cell, 0) >= k}
        found = {cell for cell, other in close if other not in renewed}
        if found == waits:
            return waits
        waits = found

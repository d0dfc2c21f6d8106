"""Rule 3, nesting: which pairs and families of cells must be asked about, and which cells their answers hold back.

Subtracting one shown cell from another must not tell on fewer than k contributors. Cells are packed keys; what is asked
of the shards are counts that add up, because a contributor is in one shard.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.lattice import (
    FACET_KIND_MASK,
    FACET_SHIFT,
    GEO_SHIFT,
    GRADE_SHIFT,
    SHOP_SHIFT,
    SUBJECT_SHIFT,
)

_BELOW_GEO: Final = (1 << GEO_SHIFT) - 1
_ROLE: Final = 63 << SUBJECT_SHIFT
_SHOP: Final = 31 << SHOP_SHIFT
_EXPERIENCE: Final = 7 << GRADE_SHIFT
_FACET: Final = (1 << GRADE_SHIFT) - 1
# The filters that a cell may leave open; opening one is a step to the wider cell along it.
_FILTERS: Final = (_ROLE, _SHOP, _EXPERIENCE, _FACET)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Wider and finer cells, by index among the qualifying ones, sorted by the wider."""

    wide: Array
    fine: Array


@dataclass(frozen=True, slots=True)
class Families:
    """Shown cells with their shown finer cells along one filter: those of parent i are finer[ends[i - 1]:ends[i]]."""

    parents: Array
    ends: Array
    finer: Array


def _find(keys: Array, wanted: Array) -> Array:
    """Where each wanted key stands among sorted keys; -1 where it is not."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: Array = np.where(keys[at] == wanted, at, -1)
    return found


def _geographies_up(keys: Array, parents: Array) -> Iterator[Array]:
    """The keys with their geography as it is, one step wider, two steps wider ...; -1 above the nation."""
    geography = keys >> GEO_SHIFT
    while (geography >= 0).any():
        yield np.where(geography < 0, -1, geography << GEO_SHIFT | keys & _BELOW_GEO)
        geography = np.where(geography < 0, -1, parents[geography])


def _openings(keys: Array) -> Iterator[Array]:
    """The keys with every choice of their filters opened, also with none; -1 where such a filter is open already."""
    for choice in range(1 << len(_FILTERS)):
        opened = keys.copy()
        for bit, mask in enumerate(_FILTERS):
            if choice >> bit & 1:
                opened = np.where((opened < 0) | (keys & mask == 0), -1, opened & ~np.int64(mask))
        yield opened


def nested(keys: Array, parents: Array) -> Iterator[tuple[Array, Array]]:
    """Every two of these cells (sorted keys) of which one is wider: indexes of the wider and of the finer ones, in parts."""
    for geography in _geographies_up(keys, parents):
        for opened in _openings(geography):
            at = _find(keys, opened)
            fine = np.flatnonzero((at >= 0) & (opened != keys))
            yield at[fine], fine


def close_pairs(keys: Array, contributors: Array, entries: Array, fewest: int, parents: Array) -> Pairs:
    """The pairs of qualifying cells (sorted `keys`) that may differ by 1 to k - 1 contributors; `parents` by geography.

    Each contributor of the wider cell that is not in the finer one has more entries there: where these are k or more
    there is nothing to ask. Equal numbers of entries are the same entries.
    """
    wide, fine = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for w, n in nested(keys, parents):
        close = (contributors[w] - contributors[n] < fewest) & (entries[w] != entries[n])
        wide.append(w[close])
        fine.append(n[close])
    wides, fines = np.concatenate(wide), np.concatenate(fine)
    order = np.argsort(wides, kind="stable")
    return Pairs(wides[order], fines[order])


def held_by_wider(pairs: Pairs, same: Array, contributors: Array, fewest: int) -> Array:
    """Indexes of the cells that a wider qualifying cell holds back; `same` counts whose entries are all in the finer."""
    more = contributors[pairs.wide] - same
    return np.unique(pairs.fine[(more >= 1) & (more < fewest)])


def families(shown: Array, parents: Array) -> Families:
    """Every shown cell (sorted keys) with its shown finer cells along each filter, by index among the shown."""
    up = np.where(shown < 0, -1, parents[shown >> GEO_SHIFT])
    wider = [np.where(up < 0, -1, up << GEO_SHIFT | shown & _BELOW_GEO)]
    wider += [np.where(shown & mask == 0, -1, shown & ~np.int64(mask)) for mask in (_ROLE, _SHOP, _EXPERIENCE)]
    # Pay plan, shop size and credential level are filters of their own.
    kind = shown >> FACET_SHIFT & FACET_KIND_MASK
    wider += [np.where(kind == number, shown & ~np.int64(_FACET), -1) for number in range(1, 4)]
    found, finer, along = [], [], []
    for filter_, keys in enumerate(wider):
        at = _find(shown, keys)
        n = np.flatnonzero(at >= 0)
        found.append(at[n])
        finer.append(n)
        along.append(np.full(len(n), filter_, np.int64))
    parent, child, by = np.concatenate(found), np.concatenate(finer), np.concatenate(along)
    order = np.lexsort((child, by, parent))
    parent, child, by = parent[order], child[order], by[order]
    last = np.flatnonzero(np.append((np.diff(parent) != 0) | (np.diff(by) != 0), True)) if len(parent) else parent
    return Families(parent[last], last + 1, child)


def held_by_finer(kin: Families, beyond: Array, contributors: Array, fewest: int, text: Callable[[int], str]) -> Array:
    """Indexes of the cells that one round holds back: of each family that tells on 1 to k - 1, the thinnest finer cell.

    `text` gives the key of the cell at an index as text, to decide between equals.
    """
    starts = np.concatenate([[0], kin.ends[:-1]]) if len(kin.ends) else kin.ends
    held = set()
    for family in np.flatnonzero((beyond >= 1) & (beyond < fewest)).tolist():
        finer = kin.finer[starts[family] : kin.ends[family]]
        least = finer[contributors[finer] == contributors[finer].min()]
        held.add(int(least[0]) if len(least) == 1 else min(least.tolist(), key=text))
    return np.array(sorted(held), np.int64)

"""A rule of stricter policies: a new version waits while an older one of a wider or finer cell is too close to it.

Rule 3 compares what stands now, and rule 4 leaves older versions. Say d contributors have more entries in the wider of two
cells than in the finer one, and x of the other cell changed since its last version: then at least |d - x| tell the new
version from that one, because each that changed can hide one of the d or add one, and no more.
"""

from dataclasses import dataclass

import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.cell_book import Census
from exchange.domain.change import Memory
from exchange.domain.nesting import Pairs, nested


@dataclass(frozen=True, slots=True)
class Beside:
    """Cells (sorted keys), what is known of them, and the pairs to be asked about, by index."""

    keys: Array
    contributors: Array  # now
    changed: Array  # contributors since the last version
    fresh: Array  # whether the version would be as of now
    old: Array  # whether there is a last version that may be too close, unless a new one takes its place
    pairs: Pairs

    @classmethod
    def of(
        cls, memory: Memory, remaining: Array, changed: Array, census: Census, fewest: int, parents: Array
    ) -> "Beside":
        """Of the cells that rules 2 and 3 leave (sorted keys), and all that were ever shown."""
        keys = np.union1d(memory.keys, remaining)
        known, left = np.searchsorted(keys, memory.keys), np.isin(keys, remaining, assume_unique=True)
        remembered, shown = np.zeros(len(keys), np.bool_), np.zeros(len(keys), np.bool_)
        since, contributors = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        remembered[known], shown[known], since[known] = True, memory.shown, changed
        _, here, there = np.intersect1d(keys, census.keys, assume_unique=True, return_indices=True)
        contributors[here] = census.contributors[there]
        fresh = left & (~remembered | (since >= fewest) | (~shown & (since == 0)))
        # Of a withdrawn version of which k or more changed |d - x| says too little: it would hold back most cells.
        old = remembered & ((since < fewest) | (shown & left))
        wide, fine = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for w, n in nested(keys, parents):
            # Whoever is in the wider cell alone has more entries there, so it may be known already that d is large.
            close = contributors[w] - contributors[n] < fewest + np.maximum(since[w], since[n])
            close &= (fresh[w] & old[n]) | (fresh[n] & old[w])
            wide.append(w[close])
            fine.append(n[close])
        wides, fines = np.concatenate(wide), np.concatenate(fine)
        order = np.argsort(wides, kind="stable")
        return cls(keys, contributors, since, fresh, old, Pairs(wides[order], fines[order]))

    def waiting(self, same: Array, fewest: int) -> Array:
        """The keys of the cells whose version waits; `same` counts for each pair whose entries are all in the finer."""
        wide, fine = self.pairs.wide, self.pairs.fine
        cell, other = np.concatenate([wide, fine]), np.concatenate([fine, wide])
        more, since = np.tile(self.contributors[wide] - same, 2), self.changed[other]
        close = self.fresh[cell] & self.old[other]
        close &= (np.abs(more - since) < fewest) & ((more > 0) | (since > 0))  # none and none: the same entries
        cell, other = cell[close], other[close]
        waits = np.zeros(len(self.keys), np.bool_)
        while True:
            # Who waits keeps an old version itself, so in rounds, until nothing more waits.
            renewed = self.fresh & (self.changed >= fewest) & ~waits
            more_wait = np.zeros_like(waits)
            more_wait[cell[~renewed[other]]] = True
            if (more_wait == waits).all():
                waiting: Array = self.keys[waits]
                return waiting
            waits = more_wait

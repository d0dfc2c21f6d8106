"""Rule 6 of benefits: what share of the entries offer one, and the median of the amounts that are said.

An entry's value is one shop's answer to one benefit as a whole number: 0 is not offered, 1 offered without an amount, and
what is more is 2 + the amount in hundredths (of a percent, a day, a dollar).
"""
# Numba infers and checks the kernel's types when it compiles it.
# mypy: disable-error-code="no-any-return, return-value, arg-type, assignment"

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numba
import numpy as np

from exchange.domain.addresses import Array
from exchange.domain.codes import BENEFIT_UNITS
from exchange.domain.layout import CONTRIBUTOR_SHIFT, WIDE_VALUE_MASK, WIDE_VALUE_SHIFT
from exchange.domain.policy import Policy
from exchange.domain.quantiles import at_fraction, band, gathered, rounded

NOT_OFFERED: Final = 0
OFFERED: Final = 1
LEAST_AMOUNT: Final = 2
NOT_GIVEN: Final = -1
# What is counted of a cell: its entries, and those that offer; the contributors with any, with one that offers, with one
# that does not, and with an amount; the amounts of the contributor with most.
COUNTS: Final = ("entries", "offering", "contributors", "offerers", "others", "amounters", "largest")
_ENTRIES, _OFFERING, _CONTRIBUTORS, _OFFERERS, _OTHERS, _AMOUNTERS, _LARGEST = range(len(COUNTS))


@dataclass(frozen=True, slots=True)
class Offers:
    """The answers in some cells at a cut: the amounts of cell i are amounts[ends[i - 1]:ends[i]], in hundredths, sorted."""

    ends: Array  # i8
    amounts: Array  # u4
    counts: Array  # i4, a row each cell of COUNTS


@dataclass(frozen=True, slots=True)
class Offering:
    """Rule 6 of many cells of benefits: the share in hundredths of a percent, the median amount in hundredths of its unit,
    the number in BANDS; -1 is not given."""

    shares: Array
    amounts: Array
    bands: Array
    units: tuple[str | None, ...]

    def of(self, cells: slice) -> "Offering":
        """Some of the cells."""
        return Offering(self.shares[cells], self.amounts[cells], self.bands[cells], self.units[cells])


def offers(starts: Array, lengths: Array, entries: Array, cells: Array) -> Offers:
    """What these cells hold, by index among those whose entries `spread` wrote; -1 is a cell without entries."""
    told = Offers(
        np.zeros(len(cells), np.int64),
        np.zeros(int(lengths[cells[cells >= 0]].sum()), np.uint32),
        np.zeros((len(cells), len(COUNTS)), np.int32),
    )
    used = int(_tell(starts, lengths, entries, cells, told.ends, told.amounts, told.counts))
    return Offers(told.ends, told.amounts[:used].copy(), told.counts)


def offered(shards: Sequence[Offers], benefits: Array, policy: Policy) -> Offering:
    """Rule 6 of cells about these benefits (numbers), of each shard's answers in them."""
    counts: Array = np.sum([shard.counts for shard in shards], axis=0, dtype=np.int64)
    counts[:, _LARGEST] = np.max([shard.counts[:, _LARGEST] for shard in shards], axis=0)
    ends = np.stack([shard.ends for shard in shards])
    starts = np.concatenate([np.zeros((len(shards), 1), np.int64), ends[:, :-1]], axis=1)
    before = np.concatenate([[0], np.cumsum([len(shard.amounts) for shard in shards])])[:-1].reshape(-1, 1)
    steps = np.array([_step(BENEFIT_UNITS[benefit], policy) for benefit in benefits.tolist()], np.int64)
    shares, amounts, bands = (np.full(len(benefits), NOT_GIVEN, np.int64) for _ in range(3))
    _summarise(
        np.concatenate([shard.amounts for shard in shards]), starts + before, ends + before, counts, steps,
        policy.fewest, policy.largest_share, policy.points, policy.tells_unanimity, shares, amounts, bands,
    )  # fmt: skip
    return Offering(shares, amounts, bands, tuple(BENEFIT_UNITS[benefit] for benefit in benefits.tolist()))


def _step(unit: str | None, policy: Policy) -> int:
    """What amounts of a unit are rounded to, in hundredths."""
    if unit is None or unit.startswith("percent_"):
        return policy.points
    return policy.days if unit == "days_year" else policy.rounding


@numba.njit(cache=True, nogil=True)
def _tell(
    starts: Array, lengths: Array, pool: Array, cells: Array, ends: Array, amounts: Array, counts: Array
) -> int:  # fmt: skip
    """Write the amounts of each cell, sorted, one cell after the other, and its counts; how many amounts there are."""
    used = 0
    for i in range(cells.shape[0]):
        first = used
        if cells[i] >= 0:
            at = np.int64(starts[cells[i]])
            end = at + lengths[cells[i]]
            while at < end:
                contributor = pool[at] >> CONTRIBUTOR_SHIFT
                entries, offering, said = 0, 0, 0
                while at < end and pool[at] >> CONTRIBUTOR_SHIFT == contributor:
                    value = pool[at] >> WIDE_VALUE_SHIFT & WIDE_VALUE_MASK
                    entries += 1
                    offering += value != NOT_OFFERED
                    if value >= LEAST_AMOUNT:
                        amounts[used] = value - LEAST_AMOUNT
                        used += 1
                        said += 1
                    at += 1
                counts[i, _ENTRIES] += entries
                counts[i, _OFFERING] += offering
                counts[i, _CONTRIBUTORS] += 1
                counts[i, _OFFERERS] += offering > 0
                counts[i, _OTHERS] += offering < entries
                counts[i, _AMOUNTERS] += said > 0
                counts[i, _LARGEST] = max(counts[i, _LARGEST], said)
            amounts[first:used].sort()
        ends[i] = used
    return used


@numba.njit(cache=True, nogil=True)
def _summarise(
    told: Array, starts: Array, ends: Array, counts: Array, steps: Array, fewest: int, largest_share: int, points: int,
    tells_unanimity: bool, shares: Array, amounts: Array, bands: Array,
) -> None:  # fmt: skip
    """Rule 6 for each cell: write share and amount where they are given, and its band."""
    for cell in range(counts.shape[0]):
        count = counts[cell]
        bands[cell] = band(count[_CONTRIBUTORS])
        # By rule 6 nobody on one side is no reason to withhold: then the share tells nothing of few, though it tells of all.
        least = 1 if tells_unanimity else 0
        few = least <= count[_OFFERERS] < fewest or least <= count[_OTHERS] < fewest
        if not few:
            shares[cell] = rounded(100_00 * count[_OFFERING], count[_ENTRIES], points)
        values = gathered(told, starts, ends, cell)
        if count[_AMOUNTERS] >= fewest and count[_LARGEST] * 100 <= values.shape[0] * largest_share:
            amounts[cell] = rounded(at_fraction(values, 50, 100), 100, steps[cell])

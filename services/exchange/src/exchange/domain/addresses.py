"""Where a cell lies: a block for each geography and subject, and in it a place for each combination of the other filters.

The 56 cells of an entry of pay are in 8 blocks, seven in each. Its places in a block follow from its codes by arithmetic
alone, so a block needs to hold each of its entries but once. The other measures' blocks are the same with fewer places
in use (0531).
"""
# Numba infers and checks the kernel's types when it compiles it.
# mypy: disable-error-code="no-any-return, return-value"

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numba
import numpy as np

from exchange.domain.codes import EXPERIENCES, FACET_CODES, ROLES, SHOP_TYPES
from exchange.domain.lattice import FACET_SHIFT, FORMS, GEO_SHIFT, GRADE_SHIFT, SHOP_SHIFT, SUBJECT_SHIFT

Array = np.ndarray[Any, np.dtype[Any]]

BLOCKS_PER_ENTRY: Final = 8  # at most
GROUPS_PER_GEOGRAPHY: Final = len(ROLES) + 1  # subject 0 is "all"; there are more roles than benefits or kinds
# Places in a block: all, each grade, each plan, size and credential level; then for each shop type a row of it alone and
# with each grade. There are as many sizes as experiences.
_GRADE: Final = 1
_PLAN: Final = _GRADE + len(EXPERIENCES)
_SIZE: Final = _PLAN + len(FACET_CODES[0])
_LEVEL: Final = _SIZE + len(FACET_CODES[1])
_SHOP: Final = _LEVEL + len(FACET_CODES[2])
_ROW: Final = len(EXPERIENCES) + 1
BLOCK: Final = _SHOP + len(SHOP_TYPES) * _ROW


def _filters() -> Array:
    """Place -> the part of the packed key below the subject."""
    keys = np.zeros(BLOCK, np.int64)
    for grade in range(len(EXPERIENCES)):
        keys[_GRADE + grade] = (grade + 1) << GRADE_SHIFT
    for kind, first in enumerate((_PLAN, _SIZE, _LEVEL)):
        for code in range(len(FACET_CODES[kind])):
            keys[first + code] = (kind + 1) << FACET_SHIFT | (code + 1)
    for shop in range(len(SHOP_TYPES)):
        for grade in range(_ROW):
            keys[_SHOP + shop * _ROW + grade] = (shop + 1) << SHOP_SHIFT | grade << GRADE_SHIFT
    return keys


_FILTERS: Final = _filters()
_BELOW_SUBJECT: Final = (1 << SUBJECT_SHIFT) - 1
_PLACES: Final = np.full(_BELOW_SUBJECT + 1, -1, np.int64)
_PLACES[_FILTERS] = np.arange(BLOCK)


class Shape(NamedTuple):
    """What the kernels must know of a measure: `cells` of an entry are in each of its blocks, the first of its places;
    it is in the blocks of all subjects too, or not; its logs have wide records (`layout`), or not."""

    cells: int
    all_subjects: bool
    wide: bool


SHAPES: Final[Mapping[str, Shape]] = {
    measure: Shape(2 * (2 if form.grade else 1) + len(form.facets), form.all_subjects, form.wide)
    for measure, form in FORMS.items()
}


@numba.njit(cache=True, nogil=True)
def blocks_of(
    chain: Array, subject: int, all_subjects: bool, blocks: Array, groups: Array, counters: Array, out: Array
) -> int:
    """Write the blocks of one entry to `out`; how many (8 with a metro and those of all subjects).

    `blocks` is the block of each group, -1 where there is none yet, `groups` the group of each block; `counters[0]`
    blocks are in use, and there must be room for `BLOCKS_PER_ENTRY` more.
    """
    n = 0
    for step in range(chain.shape[0]):
        if chain[step] < 0:
            continue
        for which in range(0 if all_subjects else 1, 2):
            group = chain[step] * GROUPS_PER_GEOGRAPHY + (subject + 1 if which else 0)
            block = blocks[group]
            if block < 0:
                block = counters[0]
                counters[0] = block + 1
                blocks[group] = block
                groups[block] = group
            out[n] = block
            n += 1
    return n


@numba.njit(cache=True, nogil=True, inline="always")
def places_of(shop: int, grade: int, plan: int, size: int, level: int) -> tuple[int, int, int, int, int, int, int]:
    """The places of an entry's cells in each of its blocks: the first two of a measure without grades, the first four of
    one without facets."""
    row = _SHOP + shop * _ROW
    return (
        np.int64(0), np.int64(row), np.int64(_GRADE + grade), np.int64(row + 1 + grade),
        np.int64(_PLAN + plan), np.int64(_SIZE + size), np.int64(_LEVEL + level),
    )  # fmt: skip


def key_of(addresses: Array, groups: Array) -> Array:
    """The packed keys of the cells at these addresses."""
    return key_at(groups[addresses // BLOCK].astype(np.int64) * BLOCK + addresses % BLOCK)


def key_at(spots: Array | int) -> Array:
    """The packed keys of the cells at these spots: a group's number times `BLOCK`, plus a place."""
    group, place = spots // BLOCK, spots % BLOCK
    geography, subject = group // GROUPS_PER_GEOGRAPHY, group % GROUPS_PER_GEOGRAPHY
    keys: Array = geography << GEO_SHIFT | subject << SUBJECT_SHIFT | _FILTERS[place]
    return keys


def address_of(keys: Array, blocks: Array) -> Array:
    """The addresses of the cells with these packed keys; -1 for a cell whose block there is not."""
    group = (keys >> GEO_SHIFT) * GROUPS_PER_GEOGRAPHY + (keys >> SUBJECT_SHIFT & 63)
    block = np.where(group < len(blocks), blocks[np.minimum(group, len(blocks) - 1)], -1).astype(np.int64)
    found: Array = np.where(block < 0, -1, block * BLOCK + _PLACES[keys & _BELOW_SUBJECT])
    return found

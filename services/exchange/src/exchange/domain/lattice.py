"""The lattice of cells: which cells an entry is in, a cell's key as 64-bit number and as text, and what is wider.

A cell of pay is a geography x role {one, all} x shop type {one, all} x experience {one, all}, or a geography x
role {one, all} x exactly one of {pay plan, shop size, credential level}; of benefits a geography x shop type {one, all}
x size {one, all} x benefit; of labor rates a geography x shop type {one, all} x kind. Geography is a tree: nation,
Census division, state, metro within its state. With a metro, an entry of pay is in 4 x (2*2*2 + 2*3) = 56 cells, one of
benefits in 4 x 2*2 = 16; labor rates have no metros, so one of theirs is in 3 x 2 = 6.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Final

import numpy as np

from exchange.domain.codes import (
    BENEFITS,
    EXPERIENCES,
    FACET_CODES,
    FACETS,
    LABOR_RATE_KINDS,
    ROLES,
    SHOP_TYPES,
    SIZES,
)

# Packed key, low bits first: facet value 4, facet kind 2, grade 3, shop type 5, subject 6, geography 16. 0 is "all", so
# every code is stored plus one.
FACET_VALUE_BITS: Final = 4
FACET_SHIFT: Final = 4
FACET_KIND_MASK: Final = 3
GRADE_SHIFT: Final = 6
SHOP_SHIFT: Final = 9
SUBJECT_SHIFT: Final = 14
GEO_SHIFT: Final = 20
LEVELS: Final = ("nation", "division", "state", "metro")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ZIP lies; division and metro may be missing (Puerto Rico has no division, its parent is the nation)."""

    zip: str
    state: str
    division: str | None
    metro: str | None


class Geography:
    """The geography tree over a ZIP table: numbers for geographies, and for each ZIP its chain of them."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._parent: list[int] = []
        # Row = ZIP as a number; columns = nation, division, state, metro; -1 where there is none. Unknown ZIP: all -1.
        self.chains = np.full((100_000, 4), -1, np.int32)
        nation = self._number("nation:US", -1)
        for place in sorted(places, key=lambda p: p.zip):
            row = self.chains[int(place.zip)]
            parent = row[0] = nation
            if place.division:
                parent = row[1] = self._number(f"division:{place.division}", nation)
            parent = row[2] = self._number(f"state:{place.state}", int(parent))
            if place.metro:
                row[3] = self._number(f"metro:{place.state}:{place.metro}", int(parent))

    def _number(self, name: str, parent: int) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
            self._parent.append(parent)
        return number

    def __contains__(self, name: str) -> bool:
        return name in self._numbers

    def number(self, name: str) -> int:
        """The number of a geography given as text (`state:PA`). Raises KeyError."""
        return self._numbers[name]

    @cached_property
    def parents(self) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """By number the number of the geography one step up the tree; -1 above the nation."""
        return np.array(self._parent, np.int64)

    @cached_property
    def levels(self) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """By number its place in LEVELS."""
        return np.array([LEVELS.index(name.partition(":")[0]) for name in self.names], np.int64)

    def wider(self, name: str) -> str | None:
        """The geography one step up the tree; None above the nation."""
        parent = self._parent[self._numbers[name]]
        return None if parent < 0 else self.names[parent]


@dataclass(frozen=True, slots=True)
class Form:
    """How the cells of a measure are built: what a cell is about, and the filters that it may have besides geography.

    A measure whose subject is never left open has one cell for each, and none of all of them together.
    """

    subject: str  # what the code in its place is called: role, benefit, kind
    subjects: tuple[str, ...]
    grade: str | None  # experience; of benefits the shop's size
    grades: tuple[str, ...]
    facets: tuple[str, ...]  # a cell with one of them asks for neither shop type nor grade
    all_subjects: bool
    wide: bool = False  # its values need 25 bits, not 16


_PAY: Final = Form("role", ROLES, "experience", EXPERIENCES, FACETS, True)
FORMS: Final[Mapping[str, Form]] = {
    "pay": _PAY,
    "technician-pay": _PAY,
    "benefits": Form("benefit", BENEFITS, "size", SIZES, (), False, wide=True),
    "labor-rates": Form("kind", LABOR_RATE_KINDS, None, (), (), False),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a measure. None is "all"; `subject` and `grade` are what the measure's Form calls so, and `facet` is
    None or one of ("plan", code), ("size", code) ..."""

    measure: str
    geography: str
    subject: str | None = None
    shop_type: str | None = None
    grade: str | None = None
    facet: tuple[str, str] | None = None

    def text(self) -> str:
        """`pay|metro:PA:49620|tech_a|independent_repair|y5_9|*`, `benefits|state:PA|independent_repair|*|health`."""
        form = FORMS[self.measure]
        filters = [self.shop_type or "*"]
        if form.grade:
            filters.append(self.grade or "*")
        if form.facets:
            filters.append(f"{self.facet[0]}={self.facet[1]}" if self.facet else "*")
        filters.insert(0 if form.all_subjects else len(filters), self.subject or "*")
        return "|".join((self.measure, self.geography, *filters))

    def roll_up(self, geography: Geography) -> Iterator["Cell"]:
        """Rule 7: this cell, then each wider one in the order in which they may answer; subject and measure are kept."""
        cell = self
        yield cell
        if cell.facet:
            cell = replace(cell, facet=None)
            yield cell
        if cell.grade:
            cell = replace(cell, grade=None)
            yield cell
        if cell.shop_type:
            cell = replace(cell, shop_type=None)
            yield cell
        while (wider := geography.wider(cell.geography)) is not None:
            cell = replace(cell, geography=wider)
            yield cell


def texts(measure: str, keys: "np.ndarray[Any, np.dtype[np.int64]]", geography: Geography) -> list[str]:
    """The text of every packed key."""
    places = (keys >> GEO_SHIFT).tolist()
    filters = (keys & (1 << GEO_SHIFT) - 1).tolist()
    names = geography.names
    return [f"{measure}|{names[place]}|{_filters(measure, low)}" for place, low in zip(places, filters, strict=True)]


@cache  # there are some thousand
def _filters(measure: str, low: int) -> str:
    return Cell(measure, "", *_codes(FORMS[measure], low)).text().removeprefix(f"{measure}||")


def unpack(measure: str, key: int, geography: Geography) -> Cell:
    """The cell of a packed key."""
    return Cell(measure, geography.names[key >> GEO_SHIFT], *_codes(FORMS[measure], key))


def subjects_of(keys: "np.ndarray[Any, np.dtype[np.int64]]") -> "np.ndarray[Any, np.dtype[np.int64]]":
    """The number of each packed key's subject in its code table; -1 where it is left open."""
    return (keys >> SUBJECT_SHIFT & 63) - 1


def _codes(form: Form, key: int) -> tuple[str | None, str | None, str | None, tuple[str, str] | None]:
    """What the low bits of a key say: subject, shop type, grade, facet."""

    def code(codes: tuple[str, ...], number: int) -> str | None:
        return codes[number - 1] if number else None

    kind = key >> FACET_SHIFT & FACET_KIND_MASK
    value = key & (1 << FACET_VALUE_BITS) - 1
    return (
        code(form.subjects, key >> SUBJECT_SHIFT & 63),
        code(SHOP_TYPES, key >> SHOP_SHIFT & 31),
        code(form.grades, key >> GRADE_SHIFT & 7),
        (FACETS[kind - 1], FACET_CODES[kind - 1][value - 1]) if kind else None,
    )

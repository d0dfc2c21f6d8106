"""A seeded market: shops of four towns, what they pay, and what of it changes from quarter to quarter.

One shop is the target; one is curious, of the same town and kind, and restates its own pay as it likes. Everything
follows from the seed.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from .attack_tables import TOWNS, USUAL, Table, Tables

FIRST_DAY: Final = date(2026, 4, 1)
QUARTER: Final = timedelta(days=91)
QUARTERS: Final = 6
TARGET, CURIOUS = 0, 1

OF_TOWN: Final = (0, -100, 250, -150, 150)
SPREAD: Final = 400  # of pay beside what the codes explain
LOWEST, HIGHEST = 1000, 7000
FAR_BELOW, FAR_ABOVE = 800, 8000  # what the curious shop states, to move every percentile down or up


@dataclass(frozen=True, slots=True)
class Entry:
    """What a shop last stated in one submission, `number`: a position's pay, a benefit's answer, a labor rate.

    Codes and value are called as in the exchange's VERSION; codes that the measure has none of are 0.
    """

    number: int
    shop: int
    zip: int
    subject: int
    shop_type: int
    grade: int
    plan: int
    size: int
    credential_level: int
    value: int
    day: date


@dataclass(slots=True)
class Said:
    """What is said until the epoch of `day`: versions stated, submissions taken back, shops that join and leave."""

    day: date
    stated: list[Entry] = field(default_factory=list)
    taken_back: list[Entry] = field(default_factory=list)
    joined: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Shop:
    """A shop and its positions whose pay stands; `table_rows` are its town, shop type and size."""

    number: int
    table_rows: tuple[int, int, int]
    joins: int  # in which quarter
    rng: random.Random  # of its own, so that what one shop does changes nothing of another
    active: bool = False
    entries: dict[int, Entry] = field(default_factory=dict)


class Market:
    """Say the quarters in order. `with_target` False: the same, but that the target says nothing."""

    def __init__(self, seed: int, with_target: bool = True, shops: int | None = None, tables: Tables = USUAL) -> None:
        rng = self._rng = random.Random(seed)
        self._tables = tables
        self._of_positions = (tables.roles, tables.experiences, tables.plans, tables.levels)
        self._with_target = with_target
        self._submissions = 0
        self._quarter = 0
        self.day = FIRST_DAY
        # The target is whom subtraction tells on most easily: unlike most others in one thing, which its neighbour
        # knows. The curious shop is like it in everything.
        odd = rng.choice(("town", "state", "shop_type", "size", "experience", "plan"))
        town = {"town": 3, "state": 4}.get(odd, 0)
        first = (town, _drawn(rng, tables.shop_types, odd == "shop_type"), _drawn(rng, tables.sizes, odd == "size"))
        self._rows: tuple[int, ...] = (
            _drawn(rng, tables.roles), _drawn(rng, tables.experiences, odd == "experience"),
            _drawn(rng, tables.plans, odd == "plan"), _drawn(rng, tables.levels),
        )  # fmt: skip
        towns = tuple((row, weight, 0) for row, (_, weight) in enumerate(tables.towns))
        self.shops = []
        for number in range(rng.randrange(30, 90) if shops is None else shops):
            rows = (_drawn(rng, towns), _drawn(rng, tables.shop_types), _drawn(rng, tables.sizes))
            joins = 1 if rng.random() < 0.8 else rng.randint(2, QUARTERS)
            of_its_own = random.Random(seed * 100_003 + number)
            self.shops.append(Shop(number, first if number in (TARGET, CURIOUS) else rows, joins, of_its_own))
        self.shops[CURIOUS].joins = 1
        joins = self.shops[TARGET].joins = rng.randint(1, 2)
        self.target_corrects = joins + rng.randint(1, 2)
        self.target_leaves = self.target_corrects + rng.randint(1, 2)
        self._busy = [rng.random() < 0.2 for _ in range(QUARTERS + 1)]

    def entries(self) -> list[Entry]:
        """What stands now."""
        return [entry for shop in self.shops for entry in self.entries_of(shop.number).values()]

    def entries_of(self, shop: int) -> Mapping[int, Entry]:
        """What stands of one shop, by submission."""
        return self.shops[shop].entries

    def quarter(self) -> Said:
        """What is said until the next release. Mostly one or two things; in a busy quarter many restate their pay."""
        self._quarter += 1
        self.day = FIRST_DAY + (self._quarter - 1) * QUARTER
        said = Said(self.day)
        for shop in self.shops:
            if shop.joins == self._quarter:
                self._join(shop, said)
        if self._quarter > 1:
            others = [shop for shop in self.shops[2:] if shop.active]
            for shop in others if self._busy[self._quarter] else ():
                if self._rng.random() < 0.4:
                    for entry in list(shop.entries.values()):
                        self._state(shop, _restated(entry, shop.rng), said)
            for _ in range(self._rng.choice((0, 1, 1, 2, 3)) * len(self.shops) // 60):
                self._change(self._rng.choice(others), self._rng.random(), said)
            self._target(said)
            self._probe(said)
        return said

    def day_after(self) -> Said:
        """What is said between a release and the sweep that follows: now and then a shop leaves."""
        said = Said(self.day)
        others = [shop for shop in self.shops[2:] if shop.active]
        if self._rng.random() < 0.5:
            self._leave(self._rng.choice(others), said)
        return said

    # -- who says what --------------------------------------------------------------------------------------------

    def _change(self, shop: Shop, what: float, said: Said) -> None:
        if what < 0.25 or not shop.entries:
            self._leave(shop, said)
            return
        entry = shop.rng.choice(list(shop.entries.values()))
        if what < 0.45:
            self._state(shop, self._position(shop), said)
        elif what < 0.6:
            del shop.entries[entry.number]
            said.taken_back.append(entry)
        elif what < 0.75:
            self._state(shop, replace(entry, grade=min(3, entry.grade + 1)), said)
        else:
            self._state(shop, _restated(entry, shop.rng), said)

    def _target(self, said: Said) -> None:
        target = self.shops[TARGET]
        if self._quarter == self.target_corrects:
            for entry in list(target.entries.values()):
                self._state(target, _restated(entry, target.rng), said)
        elif self._quarter == self.target_leaves:
            self._leave(target, said)

    def _probe(self, said: Said) -> None:
        """The curious shop restates its own pay far below or far above everybody's, in turn; or it rests, to see what others do."""
        curious = self.shops[CURIOUS]
        far = FAR_BELOW if self._quarter % 2 else FAR_ABOVE
        for entry in list(curious.entries.values()):
            if curious.rng.random() < 0.5:
                self._state(curious, replace(entry, value=far), said)

    def _join(self, shop: Shop, said: Said) -> None:
        if shop.number == TARGET and not self._with_target:
            return
        shop.active = True
        said.joined.append(shop.number)
        alone = shop.number in (TARGET, CURIOUS)
        for _ in range(1 if alone else shop.rng.choice((1, 1, 1, 2, 2, 3))):
            self._state(shop, self._position(shop), said)

    def _leave(self, shop: Shop, said: Said) -> None:
        if shop.active:
            shop.active = False
            shop.entries.clear()
            said.left.append(shop.number)

    def _state(self, shop: Shop, entry: Entry, said: Said) -> None:
        if shop.active:
            # Of the last day that the release of this quarter counts.
            dated = replace(entry, day=said.day - timedelta(days=90))
            shop.entries[entry.number] = dated
            said.stated.append(dated)

    def like_the_target(self) -> list[Entry]:
        """Where the target's position is and what it is like, with no pay: all that a neighbour knows of it."""
        return [self._entry(self.shops[TARGET], self._rows, 0)]

    def _position(self, shop: Shop) -> Entry:
        rows = self._rows
        if shop.number not in (TARGET, CURIOUS):
            rows = tuple(_drawn(shop.rng, table) for table in self._of_positions)
        town, shop_type, size = shop.table_rows
        of_shop = (self._tables.shop_types, shop_type), (self._tables.sizes, size)
        codes = (*zip(self._of_positions, rows, strict=True), *of_shop)
        middle = sum(table[row][2] for table, row in codes) + OF_TOWN[town]
        self._submissions += 1
        return self._entry(shop, rows, _within(shop.rng.gauss(middle, SPREAD)))

    def _entry(self, shop: Shop, rows: tuple[int, ...], cents: int) -> Entry:
        role, experience, plan, level = (table[row][0] for table, row in zip(self._of_positions, rows, strict=True))
        town, shop_type, size = shop.table_rows
        return Entry(
            self._submissions, shop.number, int(TOWNS[town][0].zip), role, self._tables.shop_types[shop_type][0],
            experience, plan, self._tables.sizes[size][0], level, cents, self.day,
        )  # fmt: skip


def _drawn(rng: random.Random, table: Table, odd: bool = False) -> int:
    """A row of the table by its weight; the rarest, which is the last one, for who is odd."""
    return len(table) - 1 if odd else rng.choices(range(len(table)), [weight for _, weight, _ in table])[0]


def _within(cents: float) -> int:
    return min(max(round(cents), LOWEST), HIGHEST)


def _restated(entry: Entry, rng: random.Random) -> Entry:
    """A raise, or a correction."""
    return replace(
        entry, value=_within(entry.value + (rng.randint(25, 200) if rng.random() < 0.7 else rng.gauss(0, 400)))
    )

"""What the shops of a market say of another measure than pay, in the same quarters: who joins and leaves is the market's.

Everything follows from the seed, and nothing that is drawn here changes what the market draws.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random

from .attack_market import CURIOUS, TARGET, Entry, Market, Said
from .attack_measures import BENEFITS, MEASURES, PAY, Measure
from .attack_tables import TOWNS, USUAL, Tables
from .attack_talk import USUAL_TALK, Talk

_ALL_OF_THEM = (TARGET, CURIOUS)  # answer everything


class Alongside(Market):
    """Say the quarters in order, of one measure."""

    def __init__(
        self,
        measure: Measure,
        talk: Talk,
        seed: int,
        with_target: bool = True,
        shops: int | None = None,
        tables: Tables = USUAL,
    ) -> None:
        super().__init__(seed, with_target, shops, tables)
        self._measure = measure
        self._talk = {one.subject: one for one in talk}
        self._own = Random(f"{measure.name} {seed}")
        # Of each shop its own, so that what one shop does changes nothing of another.
        self._own_of = [Random(f"{measure.name} {seed} {shop.number}") for shop in self.shops]
        self._stand: list[dict[int, Entry]] = [{} for _ in self.shops]  # by subject

    def entries_of(self, shop: int) -> Mapping[int, Entry]:
        """What stands of one shop, by subject."""
        return self._stand[shop]

    def quarter(self) -> Said:
        """What is said until the next release."""
        of_market = super().quarter()
        said = Said(of_market.day, joined=of_market.joined)
        for shop in said.joined:
            for subject, one in self._talk.items():
                if self._own_of[shop].random() < one.answered or shop in _ALL_OF_THEM:
                    self._answer(shop, subject, said)
        self._leave_with(of_market, said)
        if self._quarter > 1:
            others = [shop.number for shop in self.shops[2:] if shop.active]
            for shop in others if self._busy[self._quarter] else ():
                if self._own.random() < 0.4:
                    self._restate(shop, said)
            for _ in range(self._own.choice((0, 1, 1, 2, 3)) * len(self.shops) // 60):
                self._change_of(self._own.choice(others), said)
            if self._quarter == self.target_corrects:
                self._restate(TARGET, said)
            self._move_others(said)
        return said

    def day_after(self) -> Said:
        """What is said between a release and the sweep that follows."""
        of_market = super().day_after()
        said = Said(of_market.day)
        self._leave_with(of_market, said)
        return said

    def like_the_target(self) -> list[Entry]:
        """Where the target is and what it is like, with no answers."""
        return [self._entry_of(TARGET, subject, 0) for subject in self._talk]

    # -- who says what --------------------------------------------------------------------------------------------

    def _leave_with(self, of_market: Said, said: Said) -> None:
        said.left.extend(of_market.left)
        for shop in of_market.left:
            self._stand[shop].clear()

    def _change_of(self, shop: int, said: Said) -> None:
        """It takes one answer back, gives one that it has not given yet, or changes one."""
        rng, stands = self._own_of[shop], self._stand[shop]
        what = rng.random()
        missing = [subject for subject in self._talk if subject not in stands]
        if missing and (what < 0.25 or not stands):
            self._answer(shop, rng.choice(missing), said)
        elif what < 0.45:
            said.taken_back.append(stands.pop(rng.choice(list(stands))))
        else:
            self._restate(shop, said, rng.choice(list(stands)))

    def _restate(self, shop: int, said: Said, only: int | None = None) -> None:
        for subject, entry in list(self._stand[shop].items()):
            if only in (None, subject):
                value = self._talk[subject].restated(self._own_of[shop], entry.value)
                self._say(replace(entry, value=value), said)

    def _move_others(self, said: Said) -> None:
        """The curious shop states what moves the numbers far, to read the others' order; or it rests."""
        rng = self._own_of[CURIOUS]
        for subject, entry in list(self._stand[CURIOUS].items()):
            if rng.random() < 0.5:
                scale = self._measure.scale_of(subject)
                far = self._talk[subject].far(int(scale.lowest), int(scale.highest))
                self._say(replace(entry, value=rng.choice(far)), said)

    def _answer(self, shop: int, subject: int, said: Said) -> None:
        value = self._talk[subject].value(self._own_of[shop], self.shops[shop].table_rows[0])
        self._say(self._entry_of(shop, subject, value), said)

    def _say(self, entry: Entry, said: Said) -> None:
        # Of the last day that the release of this quarter counts.
        dated = replace(entry, day=said.day - timedelta(days=self._measure.policy.age_days))
        self._stand[entry.shop][entry.subject] = dated
        said.stated.append(dated)

    def _entry_of(self, shop: int, subject: int, value: int) -> Entry:
        town, shop_type, size = self.shops[shop].table_rows
        grade = self._tables.sizes[size][0] if self._measure is BENEFITS else 0
        self._submissions += 1
        return Entry(
            self._submissions, shop, int(TOWNS[town][0].zip), subject, self._tables.shop_types[shop_type][0], grade, 0, 0, 0,
            value, self.day,
        )  # fmt: skip


def market_of(
    measure: str,
    seed: int,
    with_target: bool = True,
    shops: int | None = None,
    tables: Tables = USUAL,
    talk: Talk | None = None,
) -> Market:
    """A seeded market that says one measure; `talk` None: as usual."""
    if measure == PAY.name:
        return Market(seed, with_target, shops, tables)
    return Alongside(MEASURES[measure], talk or USUAL_TALK[measure], seed, with_target, shops, tables)

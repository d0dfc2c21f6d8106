"""One seeded market played to its end under several sets of rules at once, and whether the curious member won."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from exchange.domain.disclosure import qualifying

from .attack_bounds import Array
from .attack_counts import bounds_uncounted
from .attack_curious import Bounds, Contents, Curious
from .attack_exchange import POLICY, RULES, Exchange
from .attack_market import CURIOUS, QUARTERS, Market
from .attack_presence import Watch
from .attack_tables import GEOGRAPHY, USUAL, Tables

CLOSE: Final = 100  # cents: an entry is known when its bounds are no further apart


@dataclass(frozen=True, slots=True)
class Played:
    """By set of rules: the target's bounds by what it had said, to one who is told where versions differ by it alone and how
    many entries they count, and to one who is told where only (`uncounted`); what moved at its moments and on the whole, and
    the cells shown at the end.

    `held` are the cells that hold an entry at the end, `qualified` those of them that rule 2 allows.
    """

    bounds: dict[str, dict[int, Bounds]]
    uncounted: dict[str, dict[int, Bounds]]
    moments: dict[str, Array]
    throughout: dict[str, Array]
    shown: dict[str, list[int]]
    held: list[int]
    qualified: list[int]

    def won(self, rules: str) -> bool:
        """Whether something that the target said is bounded within $1."""
        return _close(self.bounds[rules])

    def won_uncounted(self, rules: str) -> bool:
        """The same where it is not told how many entries versions count."""
        return _close(self.uncounted[rules])

    def mistaken(self, rules: str) -> bool:
        """Whether bounds leave out what the target had said: then the inference is wrong, not the rules."""
        bounds = [*self.bounds[rules].items(), *self.uncounted[rules].items()]
        return any(not low <= said <= high for said, (low, high) in bounds)


def _close(bounds: Mapping[int, Bounds]) -> bool:
    return any(high - low <= CLOSE for low, high in bounds.values())


def play(
    seed: int, rules: Sequence[str] = RULES, with_target: bool = True, shops: int | None = None, tables: Tables = USUAL
) -> Played:  # fmt: skip
    """Play a market of six quarters, each with a release and a sweep."""
    market, exchange = Market(seed, with_target, shops, tables), Exchange(rules=rules)
    contents: dict[int, Contents] = {}
    curious = {rule: Curious() for rule in rules}
    watches = {rule: Watch.of(market) for rule in rules}
    shown: dict[str, list[int]] = {}
    for _ in range(QUARTERS):
        own = dict(market.shops[CURIOUS].entries)
        exchange.collect(market.quarter())
        exchange.release(market.day)
        contents[exchange.number] = Contents(market.entries())
        for rule, answers in exchange.answers.items():
            curious[rule].look(answers, contents)
            watches[rule].look(answers, own != market.shops[CURIOUS].entries)
            shown[rule] = list(answers.shown)
        exchange.collect(market.day_after())
        exchange.sweep()
    return Played(
        {rule: one.bounds() for rule, one in curious.items()},
        {rule: bounds_uncounted(one, CLOSE) for rule, one in curious.items()},
        {rule: watch.moments(market) for rule, watch in watches.items()},
        {rule: watch.throughout() for rule, watch in watches.items()},
        shown,
        exchange.census.keys.tolist(),
        qualifying(exchange.census, POLICY, GEOGRAPHY).keys.tolist(),
    )

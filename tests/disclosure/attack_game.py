"""One seeded market played to its end under several sets of rules at once, and whether the curious member won."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from exchange.domain.disclosure import qualifying
from exchange.domain.offering import LEAST_AMOUNT, NOT_OFFERED

from .attack_alongside import market_of
from .attack_bounds import Array
from .attack_counts import bounds_uncounted
from .attack_curious import Bounds, Contents, Curious, Statement
from .attack_exchange import Answers, Exchange
from .attack_market import CURIOUS, QUARTERS, Entry, Market
from .attack_measures import BENEFITS, MEASURES, PAY, RULES, Measure
from .attack_offers import Possible, possible
from .attack_presence import Watch
from .attack_tables import GEOGRAPHY, USUAL, Tables
from .attack_talk import Talk


@dataclass(frozen=True, slots=True)
class Played:
    """By set of rules: the target's bounds by what it had said, to one who is told where versions differ by it alone and how
    many entries they count, and to one who is told where only (`uncounted`); what moved at its moments and on the whole, and
    the cells shown at the end.

    Of benefits the bounds are of amounts, and `offers` says which answers are possible. `held` are the cells that hold an
    entry at the end, `qualified` those of them that rule 2 allows.
    """

    bounds: dict[str, dict[Statement, Bounds]]
    uncounted: dict[str, dict[Statement, Bounds]]
    moments: dict[str, Array]
    throughout: dict[str, Array]
    shown: dict[str, list[int]]
    held: list[int]
    qualified: list[int]
    measure: str = PAY.name
    offers: dict[str, dict[Statement, Possible]] | None = None

    def won(self, rules: str) -> bool:
        """Whether something that the target said is bounded within $1, or an answer or a whole number known."""
        return self._known(self.bounds[rules]) or any(
            len(one.counted & one.between) == 1 for one in self._offers(rules)
        )

    def won_uncounted(self, rules: str) -> bool:
        """The same where it is not told how many entries versions count."""
        return self._known(self.uncounted[rules]) or any(len(one.where) == 1 for one in self._offers(rules))

    def unanimous(self, rules: str) -> bool:
        """Whether an answer is known from one version that counts it: all that are counted offer, or none."""
        return any(len(one.by_one) == 1 for one in self._offers(rules))

    def between(self, rules: str) -> bool:
        """Whether an answer is known from what a finer cell leaves of a wider one, and from no version by itself."""
        return any(len(one.between) == 1 < len(one.by_one) for one in self._offers(rules))

    def subtracted(self, rules: str, counted: bool = True) -> bool:
        """Whether something is known by versions that differ by the target alone: a value, or an answer that no version
        tells by itself."""
        bounds = self.bounds if counted else self.uncounted
        answers = ((one.counted if counted else one.where, one.by_one) for one in self._offers(rules))
        return self._known(bounds[rules]) or any(len(left) == 1 < len(by_one) for left, by_one in answers)

    def something_to_subtract(self, rules: str) -> bool:
        """Whether two versions differ by the target alone: in what bears on a value, or in the answers to a benefit."""
        return bool(self.bounds[rules]) or any(one.apart for one in self._offers(rules))

    def mistaken(self, rules: str) -> bool:
        """Whether the inference leaves out what the target had said: then it is wrong, not the rules."""
        bounds = [*self.bounds[rules].items(), *self.uncounted[rules].items()]
        answers = self.offers[rules].items() if self.offers else ()
        return any(not low <= said.value <= high for said, (low, high) in bounds) or any(
            (said.value != NOT_OFFERED) not in left
            for said, one in answers
            for left in (one.by_one, one.between, one.where, one.counted)
        )

    def _offers(self, rules: str) -> Sequence[Possible]:
        return list(self.offers[rules].values()) if self.offers else []

    def _known(self, bounds: Mapping[Statement, Bounds]) -> bool:
        scales = MEASURES[self.measure].scale_of
        return any(scales(said.subject).known(low, high) for said, (low, high) in bounds.items())


class Memory:
    """All that the curious member remembers under one set of rules."""

    def __init__(self, market: Market, measure: Measure) -> None:
        self.entries, self.amounts = Curious(measure), Curious(measure)
        self.watch = Watch.of(market, measure)
        self._measure = measure

    def look(self, answers: Answers, contents: "OfReleases", own_moved: bool) -> None:
        """After a release."""
        self.entries.look(answers.shown, contents.entries)
        if self._measure is BENEFITS:
            said = {key: version for key, version in answers.shown.items() if version.figures.percentiles}
            self.amounts.look(said, contents.amounts)
        self.watch.look(answers, own_moved)

    @property
    def valued(self) -> Curious:
        """What it remembers of values that are more or less: pay, rates, amounts."""
        return self.amounts if self._measure is BENEFITS else self.entries


class OfReleases:
    """What cells held, by release: all entries, and the amounts among the answers to benefits."""

    def __init__(self, measure: Measure) -> None:
        self.entries: dict[int, Contents] = {}
        self.amounts: dict[int, Contents] = {}
        self._measure = measure

    def add(self, release: int, entries: list[Entry]) -> None:
        """What stands at a release."""
        self.entries[release] = Contents(entries, self._measure)
        said = [entry for entry in entries if entry.value >= LEAST_AMOUNT] if self._measure is BENEFITS else []
        amounts = [replace(entry, value=entry.value - LEAST_AMOUNT) for entry in said]
        self.amounts[release] = Contents(amounts, self._measure)


def play(
    seed: int,
    rules: Sequence[str] = RULES,
    with_target: bool = True,
    shops: int | None = None,
    tables: Tables = USUAL,
    measure: str = PAY.name,
    talk: Talk | None = None,
    values: bool = True,
) -> Played:
    """Play one measure of a market of six quarters, each with a release and a sweep; `talk` None: as usual.

    `values` False: nothing is sought but presence.
    """
    attacked = MEASURES[measure]
    market = market_of(measure, seed, with_target, shops, tables, talk)
    exchange, contents = Exchange(rules=rules, measure=attacked), OfReleases(attacked)
    memories = {rule: Memory(market, attacked) for rule in rules}
    shown: dict[str, list[int]] = {}
    for _ in range(QUARTERS):
        own = dict(market.entries_of(CURIOUS))
        exchange.collect(market.quarter())
        exchange.release(market.day)
        contents.add(exchange.number, market.entries())
        for rule, answers in exchange.answers.items():
            memories[rule].look(answers, contents, own != market.entries_of(CURIOUS))
            shown[rule] = list(answers.shown)
        exchange.collect(market.day_after())
        exchange.sweep()
    return Played(
        {rule: one.valued.bounds() if values else {} for rule, one in memories.items()},
        {rule: bounds_uncounted(one.valued) if values else {} for rule, one in memories.items()},
        {rule: one.watch.moments(market) for rule, one in memories.items()},
        {rule: one.watch.throughout() for rule, one in memories.items()},
        shown,
        exchange.census.keys.tolist(),
        qualifying(exchange.census, attacked.policy, GEOGRAPHY).keys.tolist(),
        measure,
        {rule: possible(one.entries, attacked.under(rule)) for rule, one in memories.items()}
        if values and attacked is BENEFITS
        else None,
    )

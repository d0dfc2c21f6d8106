"""What was said in a market from beginning to end, and what anybody was answered: to be played again, said by others."""

from dataclasses import dataclass, replace
from itertools import pairwise

from .attack_alongside import market_of
from .attack_exchange import Exchange
from .attack_market import CURIOUS, QUARTERS, TARGET, Entry, Said
from .attack_measures import MEASURES, PAY

Answered = list[dict[int, tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class History:
    """By quarter what is said before the release and before the sweep."""

    quarters: tuple[tuple[Said, Said], ...]

    @classmethod
    def of(cls, seed: int, shops: int | None = None, measure: str = PAY.name) -> "History":
        """A seeded market's, of one measure."""
        market = market_of(measure, seed, shops=shops)
        return cls(tuple((market.quarter(), market.day_after()) for _ in range(QUARTERS)))

    def alone(self) -> list[int]:
        """The shops that were the only ones, beside the curious, to say something between two releases."""
        found: list[int] = []
        for (_, before), (said, _) in pairwise(self.quarters):
            entries = [*before.stated, *before.taken_back, *said.stated, *said.taken_back]
            shops = {*(entry.shop for entry in entries), *before.joined, *before.left, *said.joined, *said.left}
            found += shops - {CURIOUS} if len(shops - {CURIOUS}) == 1 else ()
        return found

    def by_a_stranger(self) -> "History":
        """The target says nothing; a shop that nobody thought of, of the same kind, says what it said."""
        stranger = 1 + max(shop for said, _ in self.quarters for shop in said.joined)

        def who(shop: int) -> int:
            return stranger if shop == TARGET else shop

        def of(entries: list[Entry]) -> list[Entry]:
            return [replace(entry, shop=who(entry.shop)) for entry in entries]

        def renamed(said: Said) -> Said:
            joined, left = [who(shop) for shop in said.joined], [who(shop) for shop in said.left]
            return Said(said.day, of(said.stated), of(said.taken_back), joined, left)

        return History(tuple((renamed(said), renamed(after)) for said, after in self.quarters))


def answered(history: History, rules: str, measure: str = PAY.name) -> Answered:
    """What anybody sees after every release and sweep: of each shown cell the release that its version is of, and figures."""
    exchange = Exchange(rules=(rules,), measure=MEASURES[measure])
    seen: Answered = []
    for said, after in history.quarters:
        exchange.collect(said)
        exchange.release(said.day)
        seen.append(_seen(exchange, rules))
        exchange.collect(after)
        exchange.sweep()
        seen.append(_seen(exchange, rules))
    return seen


def _seen(exchange: Exchange, rules: str) -> dict[int, tuple[int, str]]:
    shown = exchange.answers[rules].shown
    return {key: (version.release, repr(version.statements())) for key, version in shown.items()}

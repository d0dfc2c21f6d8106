"""Little histories, written down by hand, of what the drawn ones found."""

from collections.abc import Sequence
from datetime import date, timedelta

from .by_the_exchange import ByTheExchange
from .plainly import Plainly
from .playing import differences
from .said import History, Member, Position, Rules, Said, Step, Submission

DAY = date(2026, 6, 1)
CUTOFF = DAY - timedelta(days=90)
RULES = Rules("pay-1", "pay", "business", "metro", date(2026, 1, 1), 90, 24, 5, 25, 25)
STATE, TECH_A = "pay|state:PA|*|*|*|*", "pay|state:PA|tech_a|*|*|*"


def pay(shop: int, revision: int = 1, cents: int = 2000, effective: date = CUTOFF, role: str = "") -> Submission:
    """Shops 0 to 5 pay one tech_a each, the others one tech_b."""
    role = role or ("tech_a" if shop < 6 else "tech_b")
    at = Position("17350", role, "quick_lube", "3_5", "y2_4", "hourly", "none")
    return Submission("pay", f"s{shop}", "p", revision, effective, cents, at)


def member(shop: int) -> Member:
    return Member(f"s{shop}", 1, "business", "active", CUTOFF)


def in_state(*batches: Sequence[Said]) -> list[tuple[int, int]]:
    """After a release of each batch: (baseline, stayed) of the state's cell, by the exchange and plainly alike."""
    steps = tuple(Step((tuple(batch),), DAY, "release", "") for batch in batches)
    history = History(2, (RULES,), steps)
    plainly, exchange, found = Plainly(history), ByTheExchange(history), []
    for step in steps:
        plain, shown = plainly.take(step), exchange.take(step)
        assert differences(plain, shown) == []
        found.append((shown[STATE].baseline, shown[STATE].stayed))
    assert plain[TECH_A].baseline == 1  # the first release is still referred to
    return found


def test_a_revision_that_stood_nowhere_is_remembered_while_a_release_that_knew_it_is() -> None:
    # Shop 0's second revision is out of the window: it stands nowhere, but takes the first one's place. When the third
    # came the second was forgotten, and the first, kept for the first release, was taken for what stood at the second.
    too_old = date(2024, 1, 1)
    market = [said for shop in range(12) for said in (member(shop), pay(shop))]
    raises = [pay(shop, 2, 2500) for shop in range(6, 11)]
    assert in_state(market, [pay(0, 2, effective=too_old), *raises], [pay(0, 3, effective=too_old)]) == [
        (1, 0), (2, 0), (2, 0),
    ]  # fmt: skip


def test_a_market_in_which_nothing_qualifies_is_released() -> None:
    history = History(2, (RULES,), (Step(((member(0), pay(0)),), DAY, "release", ""),) * 2)
    exchange = ByTheExchange(history)
    assert [exchange.take(step) for step in history.steps] == [{}, {}]

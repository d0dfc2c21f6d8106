"""What is shown of a cell, from shards of which some have no entry in it."""

from exchange.domain.disclosure import Figures, figures
from exchange.domain.policy import POLICIES
from exchange_rules import contents


def test_a_shard_without_an_entry_changes_nothing() -> None:
    two = [contents([(0, 2000), (1, 2100), (2, 2200)]), contents([(0, 2300), (1, 2400)])]
    wanted = [Figures({"p50": 2200}, {}, "5_9")]
    assert list(figures(two, POLICIES["pay-2026"])) == wanted
    assert list(figures([contents([]), *two, contents([])], POLICIES["pay-2026"])) == wanted

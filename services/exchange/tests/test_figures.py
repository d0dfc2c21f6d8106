"""What is shown of a cell, from shards of which some have no entry in it."""

import numpy as np
from exchange.domain.cell_book import Contents
from exchange.domain.disclosure import Figures, figures
from exchange.domain.policy import POLICIES


def shard(*entries: tuple[int, int]) -> Contents:
    """One shard's entries of one cell: (contributor, cents)."""
    ordered = sorted(entries)
    return Contents(
        np.array([len(ordered)], np.int64),
        np.array([contributor for contributor, _ in ordered], np.int32),
        np.array([cents for _, cents in ordered], np.int32),
    )


def test_a_shard_without_an_entry_changes_nothing() -> None:
    two = [shard((0, 2000), (1, 2100), (2, 2200)), shard((0, 2300), (1, 2400))]
    wanted = Figures({"p50": 2200}, {}, "5_9")
    assert figures(two, 0, POLICIES["pay"]) == wanted
    assert figures([shard(), *two, shard()], 0, POLICIES["pay"]) == wanted
